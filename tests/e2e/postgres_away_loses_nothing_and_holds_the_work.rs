//! Without Postgres alerts are still accepted; nothing is dead-lettered, and all is stored at its return.

use std::time::{Duration, Instant};

use anyhow::ensure;
use harness::{Network, Pipeline, eventually};

use crate::documents::send_alerts;

#[tokio::test(flavor = "multi_thread")]
async fn postgres_away_loses_nothing_and_holds_the_work() -> anyhow::Result<()> {
    let mut pipeline = Pipeline::with_workers(1).start().await?;
    pipeline.postgres.set(Network::Broken);
    let tally = send_alerts(&pipeline.client, 3_000, 32).await?;
    ensure!(tally.all_accepted(), "{}", tally.table());
    let worker = pipeline.worker(0)?;
    eventually(
        Duration::from_secs(30),
        "the worker says that it cannot store",
        async || Ok((worker.admin("/readyz").await?.0 == 503).then_some(())),
    )
    .await?;
    ensure!(
        pipeline.count("SELECT count(*) FROM receipts").await? == 0,
        "stored without Postgres"
    );

    pipeline.postgres.set(Network::Up);
    let returned = Instant::now();
    eventually(Duration::from_secs(30), "work goes on", async || {
        let receipts = pipeline.count("SELECT count(*) FROM receipts").await?;
        Ok((receipts > 0).then_some(()))
    })
    .await?;
    harness::report::progress(&format!(
        "work went on {:?} after the return of Postgres",
        returned.elapsed()
    ));
    pipeline.stored_once(&tally).await?;
    let worker = pipeline.worker(0)?;
    eventually(
        Duration::from_secs(10),
        "the worker is ready again",
        async || Ok((worker.admin("/readyz").await?.0 == 200).then_some(())),
    )
    .await?;
    pipeline.finish()
}
