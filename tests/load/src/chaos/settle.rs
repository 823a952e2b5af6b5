//! The end of a run: waits until nothing is on its way any more, and asks the worker's own `reconcile`.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::{
    faults::{self, Record, Scene},
    ledger::{self, Ledger},
    sender::Accepted,
};
use crate::{
    database,
    report::{self, grouped},
    stack::Stack,
};

/// How long nothing may change before what is missing counts as lost.
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK: Duration = Duration::from_millis(500);

/// Waits until every accepted document is somewhere and the queues are empty, then counts.
///
/// # Errors
/// When the servers cannot be asked.
pub(super) async fn settle(
    scene: &mut Scene<'_>,
    record: &mut Record,
    accepted: &[Accepted],
) -> anyhow::Result<Ledger> {
    let database = database::connect(&scene.stack.database.config()).await?;
    let mut missing = accepted.to_vec();
    let (mut before, mut changed) = (None, Instant::now());
    loop {
        faults::revive(scene.stack, record)?;
        missing = ledger::missing(&database, &missing).await?;
        // What was stored without an answer must be there too before anything is counted.
        let spooled = scene.stack.gateway()?.metric("gateway_spool_depth").await;
        let queued = faults::queued(scene.servers, &scene.stack.vhost).await?;
        // A gateway that does not answer may have a payload left.
        let left = (missing.len(), spooled.unwrap_or(1.0), queued);
        if left.0 == 0 && left.1 < 1.0 && left.2 == 0 {
            break;
        }
        if before != Some(left) {
            (before, changed) = (Some(left), Instant::now());
            report::progress(&format!(
                "        {} of {} not settled, {} spooled, {} in the queues",
                grouped(u64::try_from(left.0).unwrap_or_default()),
                grouped(u64::try_from(accepted.len()).unwrap_or_default()),
                left.1,
                grouped(left.2)
            ));
        }
        if changed.elapsed() >= PATIENCE {
            report::progress(&scene.stack.logs());
            break;
        }
        sleep(LOOK).await;
    }
    Ledger::of(&database, accepted).await
}

/// Asks whether `calseta-worker reconcile` agrees, and records when it does not.
pub(super) fn reconcile(stack: &Stack, record: &mut Record) {
    match stack.command("worker", &["reconcile"]) {
        Ok(said) => report::progress(&format!("reconcile says:\n{}", said.trim_end())),
        Err(error) => record.broken.push(format!("{error:#}")),
    }
}
