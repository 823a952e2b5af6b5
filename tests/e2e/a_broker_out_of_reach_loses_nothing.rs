//! The connections to the broker break again and again under load: every request is accepted, and
//! everything accepted is stored once.

use std::time::Duration;

use anyhow::ensure;
use harness::{Network, Pipeline, eventually, send::Pace};

use crate::documents::send_at;

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_out_of_reach_loses_nothing() -> anyhow::Result<()> {
    let mut pipeline = Pipeline::with_workers(2).start().await?;
    let mut receipts = Vec::new();
    for _ in 0..3 {
        let client = pipeline.client.clone();
        let pace = Pace::Open {
            rate: 300.0,
            burst: 1,
        };
        let sending = tokio::spawn(async move { send_at(&client, pace, 600, 32).await });
        for network in [Network::Broken, Network::Up] {
            pipeline.broker.set(network);
            let gateway = pipeline.gateway()?;
            eventually(Duration::from_secs(20), "the gateway notices", async || {
                let (_, report) = gateway.admin("/readyz").await?;
                let report = String::from_utf8_lossy(&report);
                let well = !report.contains("not_ready") && !report.contains("degraded");
                Ok((well == (network == Network::Up)).then_some(()))
            })
            .await?;
        }
        let tally = sending.await??;
        ensure!(tally.all_accepted(), "{}", tally.table());
        receipts.extend(tally.receipts);
    }
    pipeline.settled(&receipts).await?;
    pipeline.finish()
}
