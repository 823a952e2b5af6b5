//! SIGKILL of a worker that is writing: what it had not settled comes again, what it had is known.

use std::time::Duration;

use harness::{Pipeline, eventually};

use crate::documents::send_alerts;

const COUNT: u64 = 6_000;
const SETTLED: &str = "SELECT count(*) FROM receipts";

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_killed_in_the_middle_loses_and_repeats_nothing() -> anyhow::Result<()> {
    // Small batches: more commits for the kill to fall between one of them and its acknowledgment.
    let small = Pipeline::with_workers(2).worker("CALSETA__BATCH__MAX_ALERTS", "50");
    let mut pipeline = small.start().await?;
    let client = pipeline.client.clone();
    let sending = tokio::spawn(async move { send_alerts(&client, COUNT, 32).await });
    for (worker, share) in [(0, COUNT / 4), (1, COUNT / 2)] {
        let what = "a share of the alerts is stored";
        eventually(Duration::from_secs(60), what, async || {
            Ok((pipeline.count(SETTLED).await? >= share).then_some(()))
        })
        .await?;
        pipeline.worker(worker)?.kill()?;
        let settled = pipeline.count(SETTLED).await?;
        assert!(settled < COUNT, "the kill came too late to mean anything");
        pipeline.start_worker().await?;
    }
    let tally = sending.await??;
    assert_eq!(tally.accepted(), COUNT, "{}", tally.table());
    pipeline.stored_once(&tally).await?;
    pipeline.finish()
}
