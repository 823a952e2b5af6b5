//! Keys by HTTP: made, used, changed, rotated and revoked by an admin key, and by no other.

use std::time::Duration;

use calseta_gateway::keys::{KeySecret, Scope};
use serde_json::{Value, json};

use crate::{
    http::{self, Answer},
    world::{World, eventually},
};

const ALERT: &[u8] = br#"{"_id": "a1", "kibana.alert.uuid": "a1"}"#;

async fn ask(world: &World, key: &KeySecret, request: &str, body: Value) -> Answer {
    http::ask(world.address, key, request, body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_lives_from_its_making_to_its_end_with_an_audit_of_each_step() {
    let world = World::ready(&[]).await;
    let (_, admin) = world.key(&[Scope::Admin]).await;
    let wanted = json!({"name": "kibana", "scopes": ["alerts:write"], "rate_per_second": 50});
    let made = ask(&world, &admin, "POST /v1/api-keys", wanted).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let data = &made.body["data"];
    let secret = KeySecret::parse(data["key"].as_str().unwrap()).unwrap();
    assert_eq!(data["key_prefix"], secret.prefix());
    assert_eq!(
        (&data["is_active"], &data["rate_burst"]),
        (&true.into(), &1_000.into())
    );
    assert_eq!(world.post(&secret, ALERT).await.status, 202);

    let path = format!("/v1/api-keys/{}", data["uuid"].as_str().unwrap());
    let shown = ask(&world, &admin, &format!("GET {path}"), Value::Null).await;
    assert_eq!(shown.body["data"]["name"], "kibana");
    assert_eq!(shown.body["data"].get("key"), None, "a key is shown once");
    let listed = ask(&world, &admin, "GET /v1/api-keys", Value::Null).await;
    assert_eq!(listed.body["meta"]["total"], 2);

    let none = json!({"allowed_sources": []});
    let changed = ask(&world, &admin, &format!("PATCH {path}"), none).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    eventually(Duration::from_secs(1), async || {
        world.post(&secret, ALERT).await.code() == "SOURCE_NOT_ALLOWED"
    })
    .await;
    let every = json!({"allowed_sources": null});
    ask(&world, &admin, &format!("PATCH {path}"), every).await;
    eventually(Duration::from_secs(1), async || {
        world.post(&secret, ALERT).await.status == 202
    })
    .await;

    let grace = json!({"grace_seconds": 60});
    let rotated = ask(&world, &admin, &format!("POST {path}/rotate"), grace).await;
    assert_eq!(rotated.status, 201, "{}", rotated.body);
    let next = KeySecret::parse(rotated.body["data"]["key"].as_str().unwrap()).unwrap();
    assert_eq!(world.post(&next, ALERT).await.status, 202);
    assert_eq!(world.post(&secret, ALERT).await.status, 202);

    let ended = ask(&world, &admin, &format!("DELETE {path}"), Value::Null).await;
    assert_eq!(ended.status, 204);
    eventually(Duration::from_secs(1), async || {
        world.post(&secret, ALERT).await.code() == "UNAUTHORIZED"
    })
    .await;
    assert_eq!(world.post(&next, ALERT).await.status, 202);
    let again = ask(&world, &admin, &format!("DELETE {path}"), Value::Null).await;
    assert_eq!(again.code(), "NOT_FOUND");
    let actions = "SELECT array_agg(action ORDER BY id) = \
                   ARRAY['created','created','changed','changed','rotated','created','revoked'] \
                   FROM api_key_audit";
    world
        .sql(&format!("DO $$ BEGIN ASSERT ({actions}); END $$"))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_an_admin_manages_keys_and_wrong_fields_are_named() {
    let world = World::ready(&[]).await;
    let (_, admin) = world.key(&[Scope::Admin]).await;
    let (_, writer) = world.key(&[Scope::AlertsWrite, Scope::AlertsRead]).await;
    for request in [
        "GET /v1/api-keys",
        "POST /v1/api-keys",
        "DELETE /v1/api-keys/x",
    ] {
        assert_eq!(
            ask(&world, &writer, request, Value::Null).await.code(),
            "FORBIDDEN"
        );
    }
    for (wanted, status, word) in [
        (json!({"name": "x"}), 422, "scopes"),
        (json!({"name": " ", "scopes": ["admin"]}), 422, "name"),
        (json!({"name": "x", "scopes": []}), 422, "scopes"),
        (json!({"name": "x", "scopes": ["root"]}), 422, "root"),
        (
            json!({"name": "x", "scopes": ["admin"], "color": 1}),
            422,
            "color",
        ),
        (
            json!({"name": "x", "scopes": ["admin"], "expires_at": "2020-01-01T00:00:00Z"}),
            422,
            "expires_at",
        ),
        (
            json!({"name": "x", "scopes": ["admin"], "allowed_sources": ["splunk"]}),
            422,
            "splunk",
        ),
        (Value::Null, 400, "EOF"),
    ] {
        let answer = ask(&world, &admin, "POST /v1/api-keys", wanted).await;
        assert_eq!(answer.status, status, "{}", answer.body);
        assert!(
            answer.body["message"].as_str().unwrap().contains(word),
            "{}",
            answer.body
        );
    }
    let nobody = format!("GET /v1/api-keys/{}", uuid::Uuid::now_v7());
    assert_eq!(
        ask(&world, &admin, &nobody, Value::Null).await.code(),
        "NOT_FOUND"
    );
}
