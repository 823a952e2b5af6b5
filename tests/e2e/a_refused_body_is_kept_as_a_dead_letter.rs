//! What a proven sender sent is never thrown away: the refusal names a dead letter that holds its bytes.

use std::time::Duration;

use anyhow::{Context, ensure};
use bytes::Bytes;
use harness::{Pipeline, eventually};
use uuid::Uuid;

const KEPT: &str = "SELECT reason, body, occurrences FROM dead_letters WHERE id = $1";

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_body_is_kept_as_a_dead_letter() -> anyhow::Result<()> {
    let pipeline = Pipeline::with_workers(1).start().await?;
    let refused = [
        (
            &b"{\"kibana.alert.uuid\": \"cut off"[..],
            400,
            "invalid_json",
        ),
        (&b"{\"hello\": \"world\"}"[..], 422, "not_an_alert"),
    ];
    for (body, status, reason) in refused {
        let mut id = Uuid::nil();
        // Twice: equal bodies are counted and not repeated.
        for _ in 0..2 {
            let answer = pipeline.client.post(Bytes::from_static(body)).await?;
            ensure!(
                answer.status == status,
                "{}: {}",
                answer.status,
                answer.json()
            );
            id = named(&answer.json())
                .with_context(|| format!("no dead letter named: {}", answer.json()))?;
        }
        let row = eventually(Duration::from_secs(30), "both are counted", async || {
            let row = pipeline.database.query_opt(KEPT, &[&id]).await?;
            Ok(row.filter(|row| row.get::<_, i64>(2) == 2))
        })
        .await?;
        assert_eq!(row.get::<_, String>(0), reason);
        assert_eq!(row.get::<_, Vec<u8>>(1), body);
    }
    ensure!(
        pipeline.count("SELECT count(*) FROM dead_letters").await? == 2,
        "more than these two"
    );
    pipeline.finish()
}

/// The one id in the details of a refusal.
fn named(answer: &serde_json::Value) -> Option<Uuid> {
    let details = answer["error"]["details"].as_object()?;
    details
        .values()
        .find_map(|value| value.as_str()?.parse().ok())
}
