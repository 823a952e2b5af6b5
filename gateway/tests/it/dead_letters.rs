//! Dead letters by HTTP: found, shown byte for byte, exported, edited and given up, by an admin alone.

use calseta_gateway::keys::{KeySecret, Scope};
use calseta_shared::{
    dead_letter::{self, Reason},
    envelope::Envelope,
    ids::ReceiptId,
    source::Source,
};
use calseta_worker::{
    record::DeadDocument,
    store::{DeadLetter, insert_dead_letters},
};
use serde_json::{Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    http::{Answer, ask, send},
    world::World,
};

/// A body of one alert.
pub(crate) fn alert(id: &str) -> Vec<u8> {
    format!(r#"{{"kibana.alert.uuid":"{id}","kibana.alert.rule.name":"Rule {id}","source.ip":"203.0.113.7"}}"#)
        .into_bytes()
}

/// Buries bodies as the worker does; the ids of their dead letters.
pub(crate) async fn bury(world: &World, reason: Reason, bodies: &[Vec<u8>]) -> Vec<Uuid> {
    let now = OffsetDateTime::now_utc();
    let pool = world.settings.database.pool("test").unwrap();
    let mut client = pool.get().await.unwrap();
    let transaction = client.transaction().await.unwrap();
    for body in bodies {
        let envelope = Envelope {
            receipt_id: ReceiptId::new(),
            source: Source::Elastic,
            received_at_ms: now.unix_timestamp() * 1_000,
            content_type: None,
            key_prefix: "cai_12345678".into(),
            verified_by: "none".into(),
            traceparent: None,
            dead: None,
            body: body.clone().into(),
        };
        let document = DeadDocument {
            position: None,
            reason,
            detail: "a fault of a test".into(),
            body: body.clone(),
            context: None,
        };
        let letter = DeadLetter {
            envelope: &envelope,
            received_at: now,
            document: &document,
        };
        insert_dead_letters(&transaction, vec![letter])
            .await
            .unwrap();
    }
    transaction.commit().await.unwrap();
    bodies.iter().map(|body| dead_letter::id(body)).collect()
}

async fn get(world: &World, key: &KeySecret, path: &str) -> Answer {
    ask(world.address, key, &format!("GET {path}"), Value::Null).await
}

fn ids(answer: &Answer) -> Vec<Uuid> {
    let found = answer.body["data"].as_array().expect("a list").iter();
    found
        .map(|letter| letter["id"].as_str().unwrap().parse().unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_letters_are_found_by_every_condition_and_page_by_page() {
    let world = World::ready(&[]).await;
    let (_, admin) = world.key(&[Scope::Admin]).await;
    let broken = bury(
        &world,
        Reason::InvalidJson,
        &[b"{\"rule\": Phishing".to_vec()],
    )
    .await;
    let others: Vec<_> = (0..5).map(|n| alert(&n.to_string())).collect();
    let others = bury(&world, Reason::Constraint, &others).await;
    let sha256 = get(&world, &admin, &format!("/v1/dead-letters/{}", broken[0])).await;
    let sha256 = sha256.body["data"]["sha256"].as_str().unwrap()[..12].to_owned();
    for (query, expected) in [
        (String::new(), 6),
        ("reason=invalid_json".into(), 1),
        ("reason=invalid_json,constraint".into(), 6),
        ("reason=normalize".into(), 0),
        ("since=1h&source=elastic".into(), 6),
        ("until=2020-01-01".into(), 0),
        ("text=phishing".into(), 1),
        (format!("sha256={sha256}"), 1),
        (format!("id={},{}", broken[0], others[0]), 2),
        ("status=resolved".into(), 0),
        ("status=any".into(), 6),
    ] {
        let found = get(&world, &admin, &format!("/v1/dead-letters?{query}")).await;
        assert_eq!(found.status, 200, "{query}: {}", found.body);
        assert_eq!(ids(&found).len(), expected, "{query}");
        assert_eq!(found.body["meta"]["total"], expected, "{query}");
    }
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("/v1/dead-letters?limit=4{cursor}");
        let page = get(&world, &admin, &path).await;
        seen.extend(ids(&page));
        match page.body["meta"]["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen.len(), 6);
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 6, "a page repeats another");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_is_shown_exported_and_edited_byte_for_byte() {
    let world = World::ready(&[]).await;
    let (_, admin) = world.key(&[Scope::Admin]).await;
    let (binary, text) = (vec![0xff, 0x00, b'{'], b"{\"a\": \xc3\xa4".to_vec());
    let found = bury(&world, Reason::InvalidJson, &[binary.clone(), text.clone()]).await;
    let path = format!("/v1/dead-letters/{}/body", found[0]);
    let shown = get(&world, &admin, &path).await;
    assert_eq!((shown.status, shown.bytes), (200, binary));
    assert!(shown.head.contains("nosniff"));

    let exported = get(&world, &admin, "/v1/dead-letters/export").await;
    let lines = String::from_utf8(exported.bytes).unwrap();
    let lines: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 2);
    assert!(
        lines.iter().any(|line| line["body_base64"] == "/wB7"),
        "{lines:?}"
    );
    assert!(
        lines.iter().any(|line| line["body"] == "{\"a\": ä"),
        "{lines:?}"
    );

    let bearer = format!("Bearer {}", admin.expose());
    let edit = format!("PUT {path}?why=a%20comma%20was%20missing");
    let edited = send(
        world.address,
        &edit,
        &[("authorization", &bearer)],
        &alert("edited"),
    )
    .await;
    assert_eq!(edited.status, 200, "{}", edited.body);
    assert!(edited.body["data"]["edited_at"].is_string());
    assert_eq!(get(&world, &admin, &path).await.bytes, alert("edited"));
    let runs = get(&world, &admin, "/v1/dead-letters/replays").await;
    let run = &runs.body["data"][0];
    assert_eq!(
        (&run["action"], &run["state"]),
        (&json!("edit"), &json!("finished"))
    );
    assert_eq!(run["why"], "a comma was missing");
    let actor = format!("test ({})", admin.prefix());
    assert_eq!(run["actor"], actor);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_discard_is_counted_first_and_says_why() {
    let world = World::ready(&[]).await;
    let (_, admin) = world.key(&[Scope::Admin]).await;
    bury(
        &world,
        Reason::InvalidJson,
        &[b"{1".to_vec(), b"{2".to_vec()],
    )
    .await;
    bury(&world, Reason::Constraint, &[alert("stays")]).await;
    let discard = "POST /v1/dead-letters/discard";
    let which = json!({"filter": {"reason": ["invalid_json"]}, "dry_run": true});
    let counted = ask(world.address, &admin, discard, which).await;
    assert_eq!(counted.body["data"], json!({"matched": 2, "dry_run": true}));
    let which = json!({"filter": {"reason": "invalid_json"}, "why": "a test of the proxy"});
    let done = ask(world.address, &admin, discard, which).await;
    assert_eq!(done.body["data"], json!({"matched": 2, "dry_run": false}));
    assert_eq!(ids(&get(&world, &admin, "/v1/dead-letters").await).len(), 1);
    let given_up = get(&world, &admin, "/v1/dead-letters?status=discarded").await;
    assert_eq!(ids(&given_up).len(), 2);
}
