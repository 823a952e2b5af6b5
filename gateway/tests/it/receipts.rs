//! What became of a request, told from what the workers wrote.

use calseta_gateway::keys::{KeySecret, Scope};
use calseta_shared::ids::ReceiptId;

use crate::{
    http::{Answer, send},
    world::World,
};

async fn receipt(world: &World, key: &KeySecret, id: &str) -> Answer {
    let request = format!("GET /v1/ingest/receipts/{id}");
    send(world.address, &request, &[("x-api-key", key.expose())], b"").await
}

/// A row as a worker writes it: alerts, duplicates, dead.
fn settled(receipt_id: ReceiptId, counts: [i32; 3]) -> String {
    let [alerts, duplicates, dead] = counts;
    let documents = alerts + duplicates + dead;
    format!(
        "INSERT INTO receipts (receipt_id, source, received_at, stored_at, key_prefix, verified_by, \
         documents, alerts, duplicates, dead, mended) VALUES ('{receipt_id}', 'elastic', now(), now(), 'cai_', 'none', \
         {documents}, {alerts}, {duplicates}, {dead}, '{{trailing_comma}}');"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_is_queued_until_a_worker_settled_it_and_then_tells_how() {
    let world = World::ready(&[]).await;
    let (_, key) = world.key(&[Scope::AlertsRead]).await;
    let [waiting, stored, again, dead] = [(); 4].map(|()| ReceiptId::new());
    world
        .sql(
            "CREATE TABLE receipts_test PARTITION OF receipts DEFAULT;
             CREATE TABLE occurrences_test PARTITION OF alert_occurrences DEFAULT;",
        )
        .await;
    world.sql(&settled(stored, [1, 1, 0])).await;
    world.sql(&settled(again, [0, 1, 0])).await;
    world.sql(&settled(dead, [0, 0, 1])).await;
    let occurrence = |uuid, receipt_id: ReceiptId| {
        format!(
            "INSERT INTO alert_occurrences (uuid, alert_uuid, receipt_id, received_at) VALUES ('{uuid}', '{stored}', '{receipt_id}', now());"
        )
    };
    world.sql(&occurrence(stored.alert_uuid(1), stored)).await;
    world.sql(&occurrence(again.alert_uuid(0), again)).await;
    world
        .sql(&format!(
            "INSERT INTO dead_letters (id, sha256, reason, detail, source, receipt_id, received_at, \
             key_prefix, verified_by, body) VALUES (gen_random_uuid(), '', 'not_an_alert', '', \
             'elastic', '{dead}', now(), '', '', '')"
        ))
        .await;

    for (id, status) in [
        (waiting, "queued"),
        (stored, "stored"),
        (again, "duplicate"),
        (dead, "dead_lettered"),
    ] {
        let answer = receipt(&world, &key, &id.to_string()).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(answer.body["data"]["status"], status, "{}", answer.body);
    }
    let answer = receipt(&world, &key, &stored.to_string()).await;
    let data = &answer.body["data"];
    assert_eq!(
        (&data["documents"], &data["mended"][0]),
        (&2.into(), &"trailing_comma".into())
    );
    assert_eq!(data["alerts"][0]["duplicate_of"], stored.to_string());
    let answer = receipt(&world, &key, &dead.to_string()).await;
    assert_eq!(
        answer.body["data"]["dead_letters"][0]["reason"],
        "not_an_alert"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_needs_the_scope_and_an_id_that_can_be_one() {
    let world = World::ready(&[]).await;
    let (_, reader) = world.key(&[Scope::AlertsRead]).await;
    let (_, writer) = world.key(&[Scope::AlertsWrite]).await;
    let id = ReceiptId::new().to_string();
    assert_eq!(receipt(&world, &writer, &id).await.code(), "FORBIDDEN");
    for wrong in ["x", "6ba7b810-9dad-11d1-80b4-00c04fd430c8"] {
        assert_eq!(receipt(&world, &reader, wrong).await.code(), "NOT_FOUND");
    }
}
