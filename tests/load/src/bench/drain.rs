//! One worker against a full queue: how many alerts it stores a second, and what that costs.
//!
//! The rate is that of the rows themselves, from the first transaction to the last, so the program's
//! start and the check are not in it.

use std::time::{Duration, Instant};

use anyhow::ensure;

use super::{accept::per_alert_us, process};
use crate::{database, report, send::Receipt, stack::Stack, verify::verify};

const PATIENCE: Duration = Duration::from_secs(150);
/// Receipts whose being stored means that the queue is about empty.
const LAST: usize = 200;
const SPAN: &str =
    "SELECT count(*), extract(epoch FROM max(stored_at) - min(stored_at))::float8 FROM receipts";

/// What was measured.
#[derive(Debug)]
pub(super) struct Drained {
    pub(super) per_second: f64,
    /// Of the worker, in microseconds an alert.
    pub(super) cpu_us: f64,
    /// Processors that were busy, of the whole machine.
    pub(super) busy: f64,
    /// Processors that the worker itself kept busy.
    pub(super) busy_worker: f64,
}

pub(super) async fn measure(stack: &mut Stack, receipts: &[Receipt]) -> anyhow::Result<Drained> {
    report::progress(&format!(
        "draining {} alerts with one worker",
        receipts.len()
    ));
    let database = database::connect(&stack.database.config()).await?;
    let (started, busy_before) = (Instant::now(), process::machine_busy()?);
    let pid = stack.launch_worker()?.pid();
    // Only the last of them are looked for: looking for all would take from what is measured.
    let mut last = receipts.to_vec();
    last.sort_unstable_by_key(|receipt| receipt.id);
    last.drain(..last.len().saturating_sub(LAST));
    verify(&database, &last, PATIENCE).await?;
    let (elapsed, busy) = (
        started.elapsed(),
        process::machine_busy()?.saturating_sub(busy_before),
    );
    let cpu = process::cpu(pid)?;
    let ledger = verify(&database, receipts, PATIENCE).await?;
    ensure!(
        ledger.is_complete(),
        "accepted is not stored:\n{}{}",
        ledger.table(),
        stack.logs()
    );
    let row = database.query_one(SPAN, &[]).await?;
    let (count, seconds): (i64, f64) = (row.get(0), row.get(1));
    let count = u64::try_from(count)?;
    Ok(Drained {
        per_second: report::per_second(count, Duration::from_secs_f64(seconds)),
        cpu_us: per_alert_us(cpu, count),
        busy: busy.as_secs_f64() / elapsed.as_secs_f64(),
        busy_worker: cpu.as_secs_f64() / elapsed.as_secs_f64(),
    })
}
