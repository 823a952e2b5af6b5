//! RabbitMQ is killed and started again, time after time, under load: no answer is ever a 5xx.
//!
//! Ten times with `--ignored`; a few times otherwise, since each start takes seconds.

use std::time::Duration;

use anyhow::ensure;
use harness::{
    Pipeline, eventually, private,
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
    let sending = Sending::start(&pipeline.client, 200.0);
    for time in 0..times {
        servers.end(Server::RabbitMq, End::Kill).await?;
        servers.up().await?;
        let document = alert(&format!("after-restart-{time}"));
        let what = "an alert is accepted again";
        eventually(Duration::from_secs(60), what, async || {
            Ok(pipeline.accept(&document).await.ok())
        })
        .await?;
    }
    let tally = sending.end().await?;
    let well = tally.statuses.keys().all(|status| *status < 500);
    ensure!(well && tally.unanswered.is_empty(), "{}", tally.table());
    ensure!(tally.accepted() > 0, "nothing was accepted at all");
    pipeline.settled(&tally.receipts).await?;
    pipeline.finish()
}
