//! RabbitMQ is killed and started again, time after time, under load: no answer is ever a 5xx, and none but 202.
//!
//! Ten times with `--ignored`; a few times otherwise, since each start takes seconds.

use anyhow::ensure;
use harness::{
    Pipeline, private,
    servers::{End, Server},
};

use crate::documents::{Sending, alert};

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_restarted_under_load_never_gives_a_5xx() -> anyhow::Result<()> {
    restarted("broker", 3).await
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes"]
async fn a_broker_restarted_ten_times_under_load_never_gives_a_5xx() -> anyhow::Result<()> {
    restarted("broker-ten-times", 10).await
}

async fn restarted(name: &str, times: usize) -> anyhow::Result<()> {
    let servers = private(name, Some(Server::Postgres)).await?;
    let pipeline = Pipeline::with_workers(1).on(servers.settings()?);
    let pipeline = pipeline.start().await?;
    // RabbitMQ 3.10 may find no leader for a quorum queue that was killed in the moment of its making.
    let receipt = pipeline.accept(&alert("before")).await?;
    pipeline.settled(&[receipt]).await?;
    let sending = Sending::start(&pipeline.client, 200.0);
    for time in 0..times {
        servers.end(Server::RabbitMq, End::Kill).await?;
        servers.up().await?;
        // The way through the broker is open again: nothing is in the way of the next restart.
        let receipt = pipeline.accept(&alert(&format!("restart-{time}"))).await?;
        pipeline.settled(&[receipt]).await?;
    }
    let tally = sending.end().await?;
    ensure!(tally.all_accepted(), "{}", tally.table());
    pipeline.settled(&tally.receipts).await?;
    pipeline.finish()
}
