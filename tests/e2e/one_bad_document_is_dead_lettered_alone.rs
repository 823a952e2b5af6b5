//! A document that Postgres can never take does not cost its neighbors anything.

use anyhow::ensure;
use harness::Pipeline;
use serde_json::json;

use crate::documents::alert;

#[tokio::test(flavor = "multi_thread")]
async fn one_bad_document_is_dead_lettered_alone() -> anyhow::Result<()> {
    let pipeline = Pipeline::with_workers(1).start().await?;
    // A btree row holds 2,704 bytes: no index can take this rule's uuid, whatever is tried.
    let mut bad = alert("bad");
    bad["kibana.alert.rule.uuid"] = incompressible(3_000).into();
    let mut body: Vec<_> = (0..20).map(|n| alert(&format!("good-{n}"))).collect();
    body.insert(7, bad.clone());
    let receipt = pipeline.accept(&json!(body)).await?;
    assert_eq!(receipt.documents, 21);

    let ledger = pipeline.settled(&[receipt]).await?;
    assert_eq!((ledger.alerts, ledger.dead, ledger.rows), (20, 1, 20));
    let query = "SELECT reason, position, receipt_id, body FROM dead_letters";
    let row = pipeline.database.query_one(query, &[]).await?;
    assert_eq!(
        (row.get::<_, String>(0).as_str(), row.get::<_, i32>(1)),
        ("constraint", 7)
    );
    assert_eq!(row.get::<_, uuid::Uuid>(2), receipt.id);
    let kept: serde_json::Value = serde_json::from_slice(row.get(3))?;
    ensure!(kept == bad, "the dead letter is another document");
    pipeline.finish()
}

/// Letters without a pattern, since Postgres compresses what it can before it gives up.
fn incompressible(count: usize) -> String {
    let mut state = 7_u64;
    let letters = (0..count).map(|_| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        char::from(b'a' + u8::try_from((state >> 33) % 26).unwrap_or_default())
    });
    letters.collect()
}
