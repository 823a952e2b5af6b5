//! Sends bodies in a closed loop (as fast as answers come) or an open one (at a rate, come what may).
//!
//! Bounded in count and in time, always. In an open loop a request is late when nobody was free to send
//! it, and its latency counts from when it was due.

mod bodies;
mod plan;
mod progress;
mod tally;

use std::sync::Arc;

use tokio::{task::JoinSet, time::Instant};

use crate::client::Client;

pub use bodies::Bodies;
pub use plan::{Pace, Plan};
pub use tally::{Receipt, Tally};

use progress::Progress;

/// Sends what `plan` says and returns what became of it.
///
/// # Errors
/// When a sender ended before its time; refusals and lost connections are counted, not errors.
pub async fn run(plan: &Plan, client: &Client, bodies: &Arc<Bodies>) -> anyhow::Result<Tally> {
    let progress = Arc::new(Progress::start(plan.quiet));
    let mut senders = JoinSet::new();
    for _ in 0..plan.connections.max(1) {
        senders.spawn(send(
            plan.clone(),
            progress.clone(),
            client.clone(),
            bodies.clone(),
        ));
    }
    let mut total = Tally::new()?;
    while let Some(tally) = senders.join_next().await {
        total.add(tally??)?;
    }
    total.elapsed = progress.started.elapsed();
    progress.end();
    Ok(total)
}

/// One sender: takes the next number, waits until it is due, posts its body.
async fn send(
    plan: Plan,
    progress: Arc<Progress>,
    client: Client,
    bodies: Arc<Bodies>,
) -> anyhow::Result<Tally> {
    let mut tally = Tally::new()?;
    loop {
        let n = progress.take();
        let Some(due) = plan.due(n, progress.started.elapsed()) else {
            return Ok(tally);
        };
        let due = progress.started + due;
        tokio::time::sleep_until(due).await;
        let from = if plan.is_open() { due } else { Instant::now() };
        let answer = client.post(bodies.body(n)).await;
        let accepted = tally.record(&answer, from.elapsed());
        progress.count(accepted);
    }
}
