//! The broker itself is restarted ten times under load, or blocks publishing for want of memory: every
//! request is accepted, and stored once. Ignored, since every test of the same broker would feel it:
//! `cargo test -p calseta-e2e -- --ignored --test-threads 1 a_broker_that_restarts`

use std::time::Duration;

use harness::{
    Pipeline, eventually, report,
    send::{Pace, Tally},
};
use tokio::task::JoinHandle;

use crate::documents::send_at;

const PATIENCE: Duration = Duration::from_secs(60);
const RATE: f64 = 100.0;

fn sending(pipeline: &Pipeline, count: u64) -> JoinHandle<anyhow::Result<Tally>> {
    let client = pipeline.client.clone();
    let pace = Pace::Open {
        rate: RATE,
        burst: 1,
    };
    tokio::spawn(async move { send_at(&client, pace, count, 256).await })
}

/// Waits until the gateway has drained its spool, or holds something in it.
async fn spool(pipeline: &mut Pipeline, holds: bool) -> anyhow::Result<()> {
    let gateway = pipeline.gateway()?;
    let what = if holds {
        "the spool fills"
    } else {
        "the spool is empty"
    };
    eventually(PATIENCE, what, async || {
        let depth = gateway.metric("gateway_spool_depth").await?;
        Ok(((depth > 0.0) == holds).then_some(()))
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "restarts the broker of all tests"]
async fn a_broker_that_restarts_ten_times_costs_no_request() -> anyhow::Result<()> {
    let mut pipeline = Pipeline::with_workers(1).start().await?;
    let sending = sending(&pipeline, 12_000);
    for _ in 0..10 {
        pipeline.vhost().evaluate("rabbit:stop().")?;
        spool(&mut pipeline, true).await?;
        pipeline.vhost().evaluate("rabbit:start().")?;
        spool(&mut pipeline, false).await?;
    }
    let tally = sending.await??;
    report::progress(&tally.table());
    pipeline.stored_once(&tally).await?;
    pipeline.finish()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "blocks the broker of all tests"]
async fn a_broker_that_blocks_publishing_costs_no_request() -> anyhow::Result<()> {
    let mut pipeline = Pipeline::with_workers(1).start().await?;
    let sending = sending(&pipeline, 2_000);
    let mark = |share: &str| format!("vm_memory_monitor:set_vm_memory_high_watermark({share}).");
    pipeline.vhost().evaluate(&mark("0.00001"))?;
    let filled = spool(&mut pipeline, true).await;
    pipeline.vhost().evaluate(&mark("0.4"))?;
    filled?;
    let tally = sending.await??;
    report::progress(&tally.table());
    pipeline.stored_once(&tally).await?;
    pipeline.finish()
}
