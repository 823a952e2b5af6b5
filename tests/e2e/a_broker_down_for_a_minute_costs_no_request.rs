//! The broker is away for 60 s under 500 requests a second: every one is accepted, and stored after it
//! is back. Ignored, for its length; its figures are printed:
//! `cargo test --release -p calseta-e2e -- --ignored --nocapture a_minute`

use std::time::Duration;

use harness::{Network, Pipeline, eventually, report, send::Pace};

use crate::documents::send_at;

const RATE: f64 = 500.0;

async fn away_for_a_minute(network: Network) -> anyhow::Result<()> {
    let mut pipeline = Pipeline::with_workers(2).start().await?;
    let client = pipeline.client.clone();
    let pace = Pace::Open {
        rate: RATE,
        burst: 1,
    };
    let sending = tokio::spawn(async move { send_at(&client, pace, 35_000, 512).await });
    let what = "the first alerts are stored";
    eventually(Duration::from_secs(30), what, async || {
        Ok((pipeline.count("SELECT count(*) FROM receipts").await? > 500).then_some(()))
    })
    .await?;
    pipeline.broker.set(network);
    tokio::time::sleep(Duration::from_secs(60)).await;
    let gateway = pipeline.gateway()?;
    let depth = gateway.metric("gateway_spool_depth").await?;
    let syncs = gateway.metric("gateway_spool_syncs_total").await?;
    pipeline.broker.set(Network::Up);
    let tally = sending.await??;
    report::progress(&format!(
        "{network:?}: spooled {depth} by {syncs} syncs\n{}",
        tally.table()
    ));
    pipeline.stored_once(&tally).await?;
    pipeline.finish()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes two minutes"]
async fn a_broker_down_for_a_minute_costs_no_request() -> anyhow::Result<()> {
    away_for_a_minute(Network::Broken).await
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes two minutes"]
async fn a_broker_silent_for_a_minute_costs_no_request() -> anyhow::Result<()> {
    away_for_a_minute(Network::Blackhole).await
}
