//! What the back office refuses: every case with its status and the word its message must hold.

use calseta_gateway::keys::Scope;
use calseta_shared::dead_letter::Reason;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{dead_letters::bury, http::ask, world::World};

/// A request, its body, the status and a word of the message.
type Case = (String, Value, u16, &'static str);

/// Asks as an admin and as a key without that scope.
async fn assert_refused(world: &World, cases: Vec<Case>) {
    let (_, admin) = world.key(&[Scope::Admin]).await;
    let (_, reader) = world.key(&[Scope::AlertsWrite, Scope::AlertsRead]).await;
    for (request, body, status, word) in cases {
        let answer = ask(world.address, &admin, &request, body.clone()).await;
        let said = answer.body["message"].as_str().unwrap_or_default();
        assert_eq!(answer.status, status, "{request} {body}: {said}");
        assert!(said.contains(word), "{request} {body}: {said}");
        // Where nothing is, nobody is asked for a key's scope.
        if word != "nothing" {
            let refused = ask(world.address, &reader, &request, body).await;
            assert_eq!(refused.code(), "FORBIDDEN", "{request}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_letter_that_cannot_be_meant_is_refused_by_name() {
    let world = World::ready(&[]).await;
    let letter = bury(&world, Reason::InvalidJson, &[b"{".to_vec()]).await[0];
    let nobody = Uuid::now_v7();
    let none = Value::Null;
    #[rustfmt::skip]
    let cases = vec![
        ("GET /v1/dead-letters?reason=bad_luck".to_owned(), none.clone(), 422, "bad_luck"),
        ("GET /v1/dead-letters?status=lost".into(), none.clone(), 422, "status"),
        ("GET /v1/dead-letters?since=soon".into(), none.clone(), 422, "since"),
        ("GET /v1/dead-letters?source=splunk".into(), none.clone(), 422, "splunk"),
        ("GET /v1/dead-letters?sha256=xyz".into(), none.clone(), 422, "sha256"),
        ("GET /v1/dead-letters?id=1".into(), none.clone(), 422, "id"),
        ("GET /v1/dead-letters?limit=0".into(), none.clone(), 422, "limit"),
        ("GET /v1/dead-letters?limit=501".into(), none.clone(), 422, "limit"),
        ("GET /v1/dead-letters?cursor=x".into(), none.clone(), 422, "cursor"),
        ("GET /v1/dead-letters?color=red".into(), none.clone(), 422, "color"),
        ("GET /v1/dead-letters?text=a&text=b".into(), none.clone(), 422, "twice"),
        ("GET /v1/dead-letters?text=%00".into(), none.clone(), 422, "Postgres"),
        ("GET /v1/dead-letters/export?reason=x".into(), none.clone(), 422, "reason"),
        ("GET /v1/dead-letters/x".into(), none.clone(), 404, "nothing"),
        (format!("GET /v1/dead-letters/{nobody}"), none.clone(), 404, "no dead letter"),
        (format!("GET /v1/dead-letters/{nobody}/body"), none.clone(), 404, "no dead letter"),
        (format!("PUT /v1/dead-letters/{letter}/body"), json!({}), 422, "why"),
        (format!("PUT /v1/dead-letters/{letter}/body?why=x&y=1"), json!({}), 422, "y"),
        (format!("PUT /v1/dead-letters/{letter}/body?why=x"), none.clone(), 422, "empty"),
        (format!("PUT /v1/dead-letters/{nobody}/body?why=x"), json!({}), 404, "no dead letter"),
        ("POST /v1/dead-letters/discard".into(), json!({"why": "x"}), 422, "filter"),
        ("POST /v1/dead-letters/discard".into(), json!({"all": true}), 422, "why"),
        ("POST /v1/dead-letters/discard".into(), json!({"all": true, "why": " "}), 422, "why"),
        ("POST /v1/dead-letters/discard".into(), json!({"filter": {"colour": 1}}), 422, "colour"),
        ("POST /v1/dead-letters/discard".into(), none.clone(), 400, "EOF"),
        ("POST /v1/dead-letters/replays".into(), json!({"why": "x"}), 422, "filter"),
        ("POST /v1/dead-letters/replays".into(), json!({"all": true}), 422, "why"),
        ("POST /v1/dead-letters/replays".into(), json!({"all": true, "why": "x", "rate": 0}), 422, "zero"),
        ("POST /v1/dead-letters/replays".into(), json!({"all": true, "speed": 1}), 422, "speed"),
        ("GET /v1/dead-letters/replays?cursor=1".into(), none.clone(), 422, "cursor"),
        ("GET /v1/dead-letters/replays?text=1".into(), none.clone(), 422, "text"),
        (format!("GET /v1/dead-letters/replays/{nobody}"), none.clone(), 404, "no run"),
        (format!("POST /v1/dead-letters/replays/{nobody}/resume"), json!({}), 404, "no run"),
        (format!("POST /v1/dead-letters/{letter}/replay"), json!({}), 422, "why"),
        (format!("POST /v1/dead-letters/{nobody}/replay"), json!({"why": "x"}), 404, "no dead letter"),
        (format!("DELETE /v1/dead-letters/{letter}"), none.clone(), 404, "nothing"),
    ];
    assert_refused(&world, cases).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mapping_that_cannot_be_used_is_refused_by_name() {
    let world = World::ready(&[]).await;
    let nobody = Uuid::now_v7();
    let none = Value::Null;
    let post = || "POST /v1/indicator-mappings".to_owned();
    let test = || "POST /v1/indicator-mappings/test-extraction".to_owned();
    let mapping = |path: &str, kind: &str| json!({"field_path": path, "indicator_type": kind});
    let deep = vec!["a"; 500].join(".");
    let alert = json!({"kibana.alert.uuid": "a"});
    #[rustfmt::skip]
    let cases = vec![
        (post(), mapping("", "ip"), 422, "empty"),
        (post(), mapping("a..b", "ip"), 422, "empty segment"),
        (post(), mapping("a.b.", "ip"), 422, "empty segment"),
        (post(), mapping("a.b*", "ip"), 422, "whole segment"),
        (post(), mapping(&deep, "ip"), 422, "segments"),
        (post(), mapping(&"a".repeat(1_001), "ip"), 422, "1000"),
        (post(), mapping("a.\u{0}b", "ip"), 422, "Postgres"),
        (post(), mapping("a.b", "phone"), 422, "hash_sha512"),
        (post(), json!({"field_path": "a.b"}), 422, "indicator_type"),
        (post(), json!({"field_path": 1, "indicator_type": "ip"}), 422, "string"),
        (post(), json!({"field_path": "a", "indicator_type": "ip", "color": 1}), 422, "color"),
        (post(), json!({"field_path": "a", "indicator_type": "ip", "extraction_target": "normalized"}), 422, "raw_payload"),
        (post(), json!({"field_path": "a", "indicator_type": "ip", "source_name": "splunk"}), 422, "splunk"),
        (post(), none.clone(), 400, "EOF"),
        ("GET /v1/indicator-mappings?page=0".into(), none.clone(), 422, "page"),
        ("GET /v1/indicator-mappings?page_size=501".into(), none.clone(), 422, "page_size"),
        ("GET /v1/indicator-mappings?is_active=maybe".into(), none.clone(), 422, "is_active"),
        ("GET /v1/indicator-mappings?color=red".into(), none.clone(), 422, "color"),
        ("GET /v1/indicator-mappings/x".into(), none.clone(), 404, "nothing"),
        (format!("GET /v1/indicator-mappings/{nobody}"), none.clone(), 404, "no field mapping"),
        (format!("PATCH /v1/indicator-mappings/{nobody}"), json!({"is_active": false}), 404, "no field mapping"),
        (format!("PATCH /v1/indicator-mappings/{nobody}"), json!({"uuid": "x"}), 422, "uuid"),
        (format!("DELETE /v1/indicator-mappings/{nobody}"), none.clone(), 404, "no field mapping"),
        (format!("PUT /v1/indicator-mappings/{nobody}"), json!({}), 404, "nothing"),
        (test(), json!({}), 422, "raw_payload"),
        (test(), json!({"raw_payload": {"a": 1}}), 422, "alert"),
        (test(), json!({"raw_payload": [alert, {"kibana.alert.uuid": "b"}]}), 422, "2 are in it"),
        (test(), json!({"raw_payload": alert, "source_name": "splunk"}), 422, "splunk"),
        (test(), json!({"raw_payload": alert, "mappings": [{"field_path": "a..b", "indicator_type": "ip"}]}), 422, "empty segment"),
        (test(), json!({"raw_payload": alert, "mappings": [{"field_path": "a", "indicator_type": "phone"}]}), 422, "phone"),
    ];
    assert_refused(&world, cases).await;
}
