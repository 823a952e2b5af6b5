//! Field mappings by HTTP: made, tried, changed and deleted, and in use by a worker within a second.

use std::{sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use calseta_gateway::keys::{KeySecret, Scope};
use calseta_shared::{broker::Backoff, health::Health, payload::Limits};
use calseta_worker::{interpret::Interpreter, mappings::Mappings};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::{
    http::{Answer, ask},
    world::{World, eventually},
};

const PATH: &str = "/v1/indicator-mappings";

fn document() -> Value {
    json!({"kibana.alert.uuid": "a", "kibana.alert.rule.name": "R", "source.ip": "203.0.113.7",
           "acme": {"gateway": ["203.0.113.9", "10.0.0.0/8"]}})
}

async fn make(world: &World, key: &KeySecret, mapping: Value) -> Answer {
    ask(world.address, key, &format!("POST {PATH}"), mapping).await
}

async fn total(world: &World, key: &KeySecret, query: &str) -> Value {
    let listed = ask(
        world.address,
        key,
        &format!("GET {PATH}{query}"),
        Value::Null,
    )
    .await;
    listed.body["meta"]["total"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mapping_is_made_listed_changed_and_deleted_in_calsetas_shapes() {
    let world = World::ready(&[]).await;
    let (_, admin) = world.key(&[Scope::Admin]).await;
    let mapping = json!({"field_path": "acme.gateway", "indicator_type": "ip", "description": "VPN",
                         "source_name": null, "extraction_target": "raw_payload"});
    let made = make(&world, &admin, mapping.clone()).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let data = &made.body["data"];
    for (name, value) in [
        ("field_path", json!("acme.gateway")),
        ("indicator_type", json!("ip")),
        ("extraction_target", json!("raw_payload")),
        ("is_system", json!(false)),
        ("is_active", json!(true)),
        ("description", json!("VPN")),
        ("source_name", Value::Null),
    ] {
        assert_eq!(data[name], value, "{name}");
    }
    let again = make(&world, &admin, mapping).await;
    assert_eq!((again.status, again.code()), (422, "INVALID_PAYLOAD"));
    let one = format!("{PATH}/{}", data["uuid"].as_str().unwrap());
    let change = json!({"is_active": false, "description": null});
    let changed = ask(world.address, &admin, &format!("PATCH {one}"), change).await;
    assert_eq!(changed.body["data"]["is_active"], false, "{}", changed.body);
    assert_eq!(changed.body["data"]["description"], Value::Null);
    let bad = json!({"field_path": "a..b"});
    let refused = ask(world.address, &admin, &format!("PATCH {one}"), bad).await;
    assert_eq!(refused.status, 422);
    let shown = ask(world.address, &admin, &format!("GET {one}"), Value::Null).await;
    assert_eq!(shown.body["data"], changed.body["data"]);

    make(
        &world,
        &admin,
        json!({"field_path": "acme.user", "indicator_type": "account"}),
    )
    .await;
    for (query, expected) in [
        ("", 2),
        ("?page=2&page_size=1", 2),
        ("?is_active=true", 1),
        ("?indicator_type=ip", 1),
        ("?is_system=true", 0),
        ("?extraction_target=normalized", 0),
    ] {
        assert_eq!(total(&world, &admin, query).await, expected, "{query}");
    }
    let gone = ask(world.address, &admin, &format!("DELETE {one}"), Value::Null).await;
    assert_eq!(gone.status, 204);
    assert_eq!(total(&world, &admin, "").await, 1);
    let built_in = format!("GET {PATH}/source-plugin-fields");
    let built_in = ask(world.address, &admin, &built_in, Value::Null).await;
    let fields = built_in.body["data"].as_array().unwrap();
    assert!(
        fields
            .iter()
            .any(|field| field["field_path"] == "source.ip")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_extraction_shows_pass_by_pass_what_is_found_and_dropped() {
    let world = World::ready(&[]).await;
    let (_, admin) = world.key(&[Scope::Admin]).await;
    let test = format!("POST {PATH}/test-extraction");
    let mapping = json!({"field_path": "acme.gateway", "indicator_type": "ip"});
    let own = json!({"source_name": "elastic", "raw_payload": document(), "mappings": [mapping]});
    let without = json!({"raw_payload": document()});

    let tried = ask(world.address, &admin, &test, without.clone()).await;
    assert_eq!(tried.status, 200, "{}", tried.body);
    assert_eq!(tried.body["data"]["deduplicated_count"], 1);

    let tried = ask(world.address, &admin, &test, own).await;
    let data = &tried.body["data"];
    assert_eq!(
        (&data["success"], &data["deduplicated_count"]),
        (&json!(true), &json!(2))
    );
    assert_eq!(data["normalization_preview"]["title"], "R");
    let [built_in, custom] = [0, 1].map(|pass| &data["passes"][pass]);
    assert_eq!(built_in["pass_name"], "built_in");
    let source = json!([{"type": "ip", "value": "203.0.113.7", "source_field": "source.ip"}]);
    assert_eq!(built_in["indicators"], source);
    let gateway = json!([{"type": "ip", "value": "203.0.113.9", "source_field": "acme.gateway"}]);
    assert_eq!(
        (&custom["pass_name"], &custom["indicators"]),
        (&json!("custom"), &gateway)
    );
    assert_eq!(custom["dropped"], json!({"cidr": 1}));

    make(&world, &admin, mapping).await;
    let saved = ask(world.address, &admin, &test, without).await;
    assert_eq!(saved.body["data"]["passes"][1]["indicators"], gateway);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_by_http_is_in_use_by_a_worker_within_a_second() {
    let world = World::ready(&[]).await;
    let (_, admin) = world.key(&[Scope::Admin]).await;
    let built_in = Interpreter::new(&[], Limits::default()).unwrap();
    let interpreter = Arc::new(ArcSwap::from_pointee(built_in));
    let stop = CancellationToken::new();
    let watch = Mappings {
        settings: world.settings.database.settings("test").unwrap(),
        interpreter: interpreter.clone(),
        limits: Limits::default(),
        // Only being told can be quick enough.
        poll_interval: Duration::from_secs(3_600),
        backoff: Backoff::new(Duration::from_millis(10), Duration::from_millis(100)),
        health: Health::new().part("field_mappings"),
        stop: stop.clone(),
    };
    let task = watch.start().await;
    let body = document().to_string();
    let until_found = async |count: usize| {
        eventually(Duration::from_secs(1), async || {
            let interpreter = interpreter.load_full();
            let payload = interpreter.read(body.as_bytes()).unwrap();
            let found = interpreter.document(&payload.documents[0], None).unwrap();
            found.1.indicators.len() == count
        })
        .await;
    };
    until_found(1).await;
    let mapping = json!({"field_path": "acme.gateway", "indicator_type": "ip"});
    let made = make(&world, &admin, mapping).await;
    until_found(2).await;
    let one = format!("{PATH}/{}", made.body["data"]["uuid"].as_str().unwrap());
    ask(
        world.address,
        &admin,
        &format!("PATCH {one}"),
        json!({"is_active": false}),
    )
    .await;
    until_found(1).await;
    ask(
        world.address,
        &admin,
        &format!("PATCH {one}"),
        json!({"is_active": true}),
    )
    .await;
    until_found(2).await;
    ask(world.address, &admin, &format!("DELETE {one}"), Value::Null).await;
    until_found(1).await;
    stop.cancel();
    task.await.unwrap();
}
