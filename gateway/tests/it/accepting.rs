//! What a right sender gets: 202 and its exact bytes on the queue, or a clear error and its bytes kept.

use std::io::Write;

use calseta_gateway::keys::Scope;
use calseta_shared::{
    dead_letter::{self, Reason},
    topology,
};
use flate2::{Compression, write::GzEncoder};
use uuid::Uuid;

use crate::world::World;

/// Headers of a request.
type Headers<'a> = &'a [(&'a str, &'a str)];

const ALERT: &str = r#"{"_id": "a1", "kibana.alert.uuid": "a1", "kibana.alert.rule.name": "One"}"#;

#[tokio::test(flavor = "multi_thread")]
async fn an_accepted_body_is_on_the_queue_byte_for_byte_with_its_receipt() {
    let world = World::ready(&[]).await;
    let (key, secret) = world.key(&[Scope::AlertsWrite]).await;
    let mut queue = world.deliveries(topology::RAW);
    let two = format!("[{ALERT},\r\n {}]", ALERT.replace("a1", "a2"));
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(two.as_bytes()).unwrap();
    let zipped = encoder.finish().unwrap();
    let zipped_zstd = zstd::encode_all(two.as_bytes(), 3).unwrap();
    let bodies: [(&[u8], Headers<'_>); 4] = [
        (two.as_bytes(), &[]),
        (&zipped, &[("content-encoding", "gzip")]),
        (&zipped_zstd, &[("content-encoding", "zstd")]),
        (
            two.as_bytes(),
            &[("content-type", "application/x-www-form-urlencoded")],
        ),
    ];
    for (body, headers) in bodies {
        let answer = world.post_with(&secret, headers, body).await;
        assert_eq!(answer.status, 202, "{}", answer.body);
        assert_eq!(answer.header("x-calseta-durability"), Some("broker"));
        let data = &answer.body["data"];
        assert_eq!(
            (&data["documents"], &data["status"]),
            (&2.into(), &"queued".into())
        );
        assert_eq!(data["alert_uuid"], data["receipt_id"]);
        let request_id = answer.header("x-request-id").unwrap();
        assert_eq!(answer.body["meta"]["request_id"], request_id);

        let envelope = queue.recv().await.unwrap().envelope.unwrap();
        assert_eq!(envelope.body, two);
        assert_eq!(data["receipt_id"], envelope.receipt_id.to_string());
        let second = envelope.receipt_id.alert_uuid(1).to_string();
        assert_eq!(data["alert_uuids"][1], second);
        assert_eq!(envelope.key_prefix, key.prefix);
        assert_eq!(envelope.verified_by, "secret_header");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_is_kept_as_a_dead_letter_that_the_error_names() {
    let world = World::ready(&[]).await;
    let (_, secret) = world.key(&[Scope::AlertsWrite]).await;
    let mut queue = world.deliveries(topology::DEAD);
    let template = "error rendering mustache template \"{{x}\": Unclosed tag at 4";
    let cases: [(&[u8], u16, &str, Reason); 4] = [
        (b"{\"alerts\": [}", 400, "INVALID_JSON", Reason::InvalidJson),
        (b"\xff\xfe\x00", 400, "INVALID_JSON", Reason::InvalidJson),
        (
            template.as_bytes(),
            400,
            "INVALID_JSON",
            Reason::TemplateError,
        ),
        (
            b"{\"rule\": \"x\"}",
            422,
            "INVALID_PAYLOAD",
            Reason::NotAnAlert,
        ),
    ];
    for (body, status, code, reason) in cases {
        let answer = world.post(&secret, body).await;
        assert_eq!(
            (answer.status, answer.code()),
            (status, code),
            "{}",
            answer.body
        );
        assert_eq!(answer.body["message"], answer.body["error"]["message"]);
        let details = &answer.body["error"]["details"];
        assert_eq!(details["dead_letter_id"], dead_letter::id(body).to_string());
        if reason == Reason::InvalidJson {
            assert!(
                details["line"].is_u64() && details["column"].is_u64(),
                "{details}"
            );
        }
        let envelope = queue.recv().await.unwrap().envelope.unwrap();
        assert_eq!(envelope.dead.map(|(reason, _)| reason), Some(reason));
        assert_eq!(envelope.body, body);
    }
    let answer = world.post(&secret, b"").await;
    assert_eq!((answer.status, answer.code()), (400, "INVALID_JSON"));
    assert_eq!(answer.body["error"]["details"].get("dead_letter_id"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_envelope_without_alerts_is_accepted_and_leaves_nothing() {
    let world = World::ready(&[]).await;
    let (_, secret) = world.key(&[Scope::AlertsWrite]).await;
    let answer = world.post(&secret, b"{\"alerts\": []}").await;
    assert_eq!(answer.status, 202);
    let data = &answer.body["data"];
    assert_eq!(
        (&data["documents"], &data["status"]),
        (&0.into(), &"empty".into())
    );
    assert!(data["receipt_id"].is_null());
    assert_eq!(answer.header("x-calseta-durability"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_requests_are_told_apart_by_status_and_code() {
    let world = World::ready(&[("http.body_limit", "\"1KiB\"")]).await;
    let (_, secret) = world.key(&[Scope::AlertsWrite]).await;
    let (_, reader) = world.key(&[Scope::AlertsRead]).await;
    let post = "POST /v1/ingest/elastic";
    let key = ("x-api-key", secret.expose());
    let proof = ("x-elastic-webhook-secret", crate::world::SECRET);
    let large = vec![b' '; 1_025];
    let alert = ALERT.as_bytes();
    let id = Uuid::now_v7().to_string();
    let id = ("x-request-id", id.as_str());
    let read_only = ("x-api-key", reader.expose());
    let wrong = ("x-elastic-webhook-secret", "x");
    let br = ("content-encoding", "br");
    let cases: [(&str, Headers<'_>, &[u8], &str); 9] = [
        (post, &[proof], alert, "401 UNAUTHORIZED"),
        (post, &[key], alert, "401 INVALID_SIGNATURE"),
        (post, &[key, wrong], alert, "401 INVALID_SIGNATURE"),
        (post, &[read_only, proof], alert, "403 FORBIDDEN"),
        (
            "POST /v1/ingest/splunk",
            &[key, proof],
            alert,
            "404 UNKNOWN_SOURCE",
        ),
        (
            "GET /v1/ingest/elastic",
            &[key, proof],
            b"",
            "404 NOT_FOUND",
        ),
        ("POST /nowhere", &[], b"", "404 NOT_FOUND"),
        (post, &[key, proof], &large, "413 PAYLOAD_TOO_LARGE"),
        (post, &[key, proof, id, br], alert, "400 INVALID_JSON"),
    ];
    for (request, headers, body, expected) in cases {
        let answer = crate::http::send(world.address, request, headers, body).await;
        let told = format!("{} {}", answer.status, answer.code());
        assert_eq!(told, expected, "{request} {}", answer.body);
        let sent = headers.iter().find(|(name, _)| *name == "x-request-id");
        let returned = answer
            .header("x-request-id")
            .expect("every answer has an id");
        assert!(sent.is_none_or(|(_, id)| *id == returned));
    }
}
