//! The network takes everything and brings nothing: every request is accepted all the same, and what
//! the broker has twice is stored once.

use std::time::Duration;

use harness::{Network, Pipeline, eventually, send::Pace};

use crate::documents::send_at;

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_swallows_everything_loses_nothing() -> anyhow::Result<()> {
    let mut pipeline = Pipeline::with_workers(1).start().await?;
    let client = pipeline.client.clone();
    let pace = Pace::Open {
        rate: 200.0,
        burst: 1,
    };
    let sending = tokio::spawn(async move { send_at(&client, pace, 1_000, 256).await });
    let what = "the first alerts are stored";
    eventually(Duration::from_secs(30), what, async || {
        Ok((pipeline.count("SELECT count(*) FROM receipts").await? > 50).then_some(()))
    })
    .await?;
    pipeline.broker.set(Network::Blackhole);
    let tally = sending.await??;
    let gateway = pipeline.gateway()?;
    assert!(gateway.metric("gateway_spool_depth").await? > 0.0);
    pipeline.broker.set(Network::Up);
    pipeline.stored_once(&tally).await?;
    pipeline.finish()
}
