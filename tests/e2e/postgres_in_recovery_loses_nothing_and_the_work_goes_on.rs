//! Postgres crashes under load and recovers: nothing is lost, and the work goes on when it is back.

use std::time::Duration;

use anyhow::ensure;
use harness::{
    Pipeline, eventually, private, report,
    send::Pace,
    servers::{End, Server},
};
use tokio::time::Instant;

use crate::documents::send_at;

const PACE: Pace = Pace::Open {
    rate: 200.0,
    burst: 1,
};
const SETTLED: &str = "SELECT count(*) FROM receipts";

#[tokio::test(flavor = "multi_thread")]
async fn postgres_in_recovery_loses_nothing_and_the_work_goes_on() -> anyhow::Result<()> {
    let servers = private("postgres", Some(Server::RabbitMq)).await?;
    let pipeline = Pipeline::with_workers(2).on(servers.settings()?);
    let mut pipeline = pipeline.start().await?;
    let client = pipeline.client.clone();
    let sending = tokio::spawn(async move { send_at(&client, PACE, 3_000, 64).await });
    eventually(
        Duration::from_secs(60),
        "the first alerts are stored",
        async || Ok((pipeline.count(SETTLED).await? > 100).then_some(())),
    )
    .await?;
    servers.end(Server::Postgres, End::Crash).await?;
    let (started, back) = tokio::join!(
        servers.up(),
        eventually(Duration::from_secs(60), "Postgres is back", async || Ok(
            pipeline.reconnect().await.ok()
        ))
    );
    started.and(back)?;
    let since = Instant::now();
    let before = pipeline.count(SETTLED).await?;
    eventually(Duration::from_secs(60), "the work goes on", async || {
        Ok((pipeline.count(SETTLED).await? > before).then_some(()))
    })
    .await?;
    report::progress(&format!(
        "the work went on {:?} after the return of Postgres, wanted 2 s",
        since.elapsed()
    ));
    let tally = sending.await??;
    ensure!(tally.all_accepted(), "{}", tally.table());
    pipeline.stored_once(&tally).await?;
    pipeline.finish()
}
