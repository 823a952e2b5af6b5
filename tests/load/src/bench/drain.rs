//! Workers against a full queue: how many alerts they store a second, and what that costs.
//!
//! The rate is that of the rows themselves, from the first transaction to the last, so the programs'
//! start and the check are not in it.

use std::time::Duration;

use anyhow::ensure;
use uuid::Uuid;

use super::shares::{Mark, Servers, Shares};
use crate::{
    database, process,
    report::{self, us_each},
    send::Receipt,
    stack::Stack,
    verify::verify,
};

const PATIENCE: Duration = Duration::from_secs(300);
/// Receipts whose being stored means that the queue is about empty.
const LAST: usize = 200;
const SPAN: &str = "SELECT count(*), extract(epoch FROM max(stored_at) - min(stored_at))::float8 \
    FROM receipts WHERE receipt_id BETWEEN $1 AND $2";

/// What was measured.
#[derive(Clone, Copy, Debug)]
pub(super) struct Drained {
    pub(super) per_second: f64,
    pub(super) alerts: u64,
    pub(super) shares: Shares,
}

impl Drained {
    /// Of the workers, in microseconds an alert.
    pub(super) fn cpu_us(&self) -> f64 {
        us_each(self.shares.programs, self.alerts)
    }
}

/// Starts `workers` workers and waits until they have stored everything.
pub(super) async fn measure(
    stack: &mut Stack,
    servers: Servers,
    receipts: &[Receipt],
    workers: usize,
) -> anyhow::Result<Drained> {
    report::progress(&format!(
        "draining {} alerts with {workers} worker(s)",
        receipts.len()
    ));
    let database = database::connect(&stack.database.config()).await?;
    let mut ids: Vec<Receipt> = receipts.to_vec();
    ids.sort_unstable_by_key(|receipt| receipt.id);
    let bounds = (bound(ids.first()), bound(ids.last()));
    let before = Mark::now(servers)?;
    let mut pids = Vec::new();
    for _ in 0..workers {
        pids.push(stack.launch_worker()?.pid());
    }
    // Only the last of them are looked for: looking for all would take from what is measured.
    ids.drain(..ids.len().saturating_sub(LAST));
    verify(&database, &ids, PATIENCE).await?;
    let after = Mark::now(servers)?;
    let cpu = pids.iter().map(|pid| process::cpu(*pid));
    let cpu = cpu.sum::<anyhow::Result<Duration>>()?;
    let ledger = verify(&database, receipts, PATIENCE).await?;
    ensure!(
        ledger.is_complete(),
        "accepted is not stored:\n{}{}",
        ledger.table(),
        stack.logs()
    );
    let row = database.query_one(SPAN, &[&bounds.0, &bounds.1]).await?;
    let (count, seconds): (i64, f64) = (row.get(0), row.get(1));
    let alerts = u64::try_from(count)?;
    Ok(Drained {
        per_second: report::per_second(alerts, Duration::from_secs_f64(seconds)),
        alerts,
        shares: Shares::since(&before, &after, cpu),
    })
}

fn bound(receipt: Option<&Receipt>) -> Uuid {
    receipt.map_or_else(Uuid::nil, |receipt| receipt.id)
}
