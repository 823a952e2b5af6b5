//! SIGKILL of a gateway while it spools: every payload it answered 202 for is stored by the next one.

use std::time::Duration;

use anyhow::ensure;
use harness::{Network, Pipeline, eventually};

use crate::documents::send_alerts;

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_killed_with_a_spool_loses_nothing() -> anyhow::Result<()> {
    let mut pipeline = Pipeline::with_workers(1).start().await?;
    pipeline.broker.set(Network::Broken);
    let client = pipeline.client.clone();
    let sending = tokio::spawn(async move { send_alerts(&client, 20_000, 16).await });
    let gateway = pipeline.gateway()?;
    eventually(
        Duration::from_secs(60),
        "the spool holds some",
        async || Ok((gateway.metric("gateway_spool_depth").await? > 500.0).then_some(())),
    )
    .await?;
    gateway.kill()?;

    // The rest of the run finds no gateway; what was answered 202 before is what counts.
    let tally = sending.await??;
    let accepted = tally.statuses.keys().all(|status| *status == 202);
    ensure!(accepted && !tally.receipts.is_empty(), "{}", tally.table());
    pipeline.broker.set(Network::Up);
    pipeline.start_gateway().await?;
    let ledger = pipeline.settled(&tally.receipts).await?;
    assert_eq!(ledger.alerts, tally.accepted());
    pipeline.finish()
}
