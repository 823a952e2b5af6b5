//! The end of an outage that several promises share.

use std::time::Duration;

use harness::{Pipeline, eventually, servers::Servers};
use tokio::time::Instant;

const PATIENCE: Duration = Duration::from_secs(60);
const STORED: &str = "SELECT count(*) FROM receipts";

/// Starts Postgres again, and returns how long after its first answer something more was stored.
pub(crate) async fn return_of_postgres(
    pipeline: &mut Pipeline,
    servers: &Servers,
) -> anyhow::Result<Duration> {
    let (started, back) = tokio::join!(
        servers.up(),
        eventually(PATIENCE, "Postgres is back", async || Ok(pipeline
            .reconnect()
            .await
            .ok()))
    );
    started.and(back)?;
    let returned = Instant::now();
    let before = pipeline.count(STORED).await?;
    eventually(PATIENCE, "the work goes on", async || {
        Ok((pipeline.count(STORED).await? > before).then_some(()))
    })
    .await?;
    Ok(returned.elapsed())
}
