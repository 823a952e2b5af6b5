//! SIGSTOP of a worker that is writing: others do its work, and when it goes on it repeats nothing.

use std::time::Duration;

use harness::{Pipeline, eventually};

use crate::documents::send_alerts;

const COUNT: u64 = 4_000;
const SETTLED: &str = "SELECT count(*) FROM receipts";

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_frozen_and_continued_stores_nothing_twice() -> anyhow::Result<()> {
    // A short heartbeat: the broker gives the frozen one's deliveries to the other while it is frozen.
    let frozen = Pipeline::with_workers(2)
        .worker("CALSETA__BATCH__MAX_ALERTS", "50")
        .worker("CALSETA__BROKER__HEARTBEAT", "2s");
    let mut pipeline = frozen.start().await?;
    let client = pipeline.client.clone();
    let sending = tokio::spawn(async move { send_alerts(&client, COUNT, 32).await });
    eventually(
        Duration::from_secs(60),
        "a share of the alerts is stored",
        async || Ok((pipeline.count(SETTLED).await? >= COUNT / 4).then_some(())),
    )
    .await?;
    pipeline.worker(0)?.signal("STOP")?;
    let tally = sending.await??;
    // Every alert but those in the frozen one's open transactions, which nobody else can know of.
    eventually(
        Duration::from_secs(60),
        "the other worker stores the rest",
        async || {
            let settled = pipeline.count(SETTLED).await?;
            Ok((settled + 1_000 >= COUNT).then_some(()))
        },
    )
    .await?;
    pipeline.worker(0)?.signal("CONT")?;
    assert_eq!(tally.accepted(), COUNT, "{}", tally.table());
    pipeline.stored_once(&tally).await?;
    pipeline.finish()
}
