//! Postgres crashes under load and recovers: nothing is lost, and the work goes on when it is back.

use std::time::Duration;

use anyhow::ensure;
use harness::{
    Pipeline, eventually, private, report,
    send::Pace,
    servers::{End, Server},
};

use crate::{documents::send_at, outage::return_of_postgres};

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
    let after = return_of_postgres(&mut pipeline, &servers).await?;
    report::progress(&format!(
        "the work went on {after:?} after the return of Postgres, wanted 2 s"
    ));
    let tally = sending.await??;
    ensure!(tally.all_accepted(), "{}", tally.table());
    pipeline.stored_once(&tally).await?;
    pipeline.finish()
}
