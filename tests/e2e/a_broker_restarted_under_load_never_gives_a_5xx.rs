//! RabbitMQ is stopped and started again, time after time, under load: no answer is ever a 5xx, and none but 202.
//!
//! Ten times with `--ignored`. In good order: RabbitMQ 3.10 now and then finds no leader for a young quorum queue
//! after it was killed, and then nothing but another start helps. `make chaos` kills it where the queue is older.

use anyhow::ensure;
use harness::{
    Pipeline, private, report,
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
    let receipt = pipeline.accept(&alert("before")).await?;
    pipeline.settled(&[receipt]).await?;
    let sending = Sending::start(&pipeline.client, 200.0);
    for time in 0..times {
        servers.end(Server::RabbitMq, End::Stop).await?;
        servers.up().await?;
        // The way through the broker is open again: nothing is in the way of the next restart.
        let receipt = pipeline.accept(&alert(&format!("restart-{time}"))).await?;
        pipeline.settled(&[receipt]).await?;
    }
    let tally = sending.end().await?;
    ensure!(tally.all_accepted(), "{}", tally.table());
    report::progress(&tally.table());
    pipeline.settled(&tally.receipts).await?;
    pipeline.finish()
}
