//! Postgres is away for 60 s under 200 alerts a second: all are accepted, the worker holds what its prefetch lets in
//! and no more, nothing is dead-lettered, and the work goes on soon after the return. Ignored, for its length; its
//! figures are printed: `cargo test --release -p calseta-e2e -- --ignored --nocapture postgres_away_for_a_minute`

use std::time::Duration;

use crate::{documents::send_at, outage::return_of_postgres};
use anyhow::ensure;
use harness::{
    Pipeline, eventually, private, report,
    send::Pace,
    servers::{End, Server},
};

const PACE: Pace = Pace::Open {
    rate: 200.0,
    burst: 1,
};
/// A minute, and what is before and after it.
const COUNT: u64 = 16_000;
const AWAY: Duration = Duration::from_secs(60);
/// The default of `consumer.prefetch`.
const PREFETCH: u64 = 2_000;
/// What a worker may use at its default configuration.
const MOST_MIB: u32 = 200;
const RAW: &str = "calseta.raw";
const STORED: &str = "SELECT count(*) FROM receipts";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes two minutes"]
async fn postgres_away_for_a_minute_holds_the_work() -> anyhow::Result<()> {
    let servers = private("postgres-minute", Some(Server::RabbitMq)).await?;
    let pipeline = Pipeline::with_workers(1).on(servers.settings()?);
    let mut pipeline = pipeline.start().await?;
    let client = pipeline.client.clone();
    let sending = tokio::spawn(async move { send_at(&client, PACE, COUNT, 64).await });
    let what = "the first alerts are stored";
    eventually(Duration::from_secs(30), what, async || {
        Ok((pipeline.count(STORED).await? > 500).then_some(()))
    })
    .await?;

    servers.end(Server::Postgres, End::Stop).await?;
    tokio::time::sleep(AWAY).await;
    let memory = pipeline.worker(0)?.peak_kib()? / 1_024;
    let held = pipeline.vhost().unsettled(RAW)?;
    ensure!(held <= PREFETCH, "the worker holds {held} deliveries");
    ensure!(memory <= MOST_MIB, "the worker uses {memory} MiB");

    let after = return_of_postgres(&mut pipeline, &servers).await?;
    report::progress(&format!(
        "held {held} deliveries in {memory} MiB; went on {after:?} after the return of Postgres, wanted 2 s"
    ));
    let tally = sending.await??;
    report::progress(&tally.table());
    ensure!(tally.all_accepted(), "{}", tally.table());
    pipeline.stored_once(&tally).await?;
    pipeline.finish()
}
