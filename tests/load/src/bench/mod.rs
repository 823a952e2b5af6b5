//! The whole measurement, against the limits of the same machine in the same run.
//!
//! In this order: ceilings, accepting with no worker, draining the queue that this filled with one
//! worker, the same with two, then all together. Bounded: a few minutes in all. Every accepted receipt
//! is checked.

mod accept;
mod drain;
mod end_to_end;
mod figures;
mod growth;
mod machine;
mod results;
mod shares;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context;
use clap::Args;

use crate::{
    ceilings::Ceilings,
    report,
    settings::Settings,
    stack::{Options, Stack},
};

pub use growth::Growth;

use figures::Figures;
use shares::Servers;

/// How long each ceiling is measured.
const CEILING: Duration = Duration::from_secs(8);
/// How long a worker may take to end.
const GRACE: Duration = Duration::from_secs(60);

/// What to measure, and where the results go.
#[derive(Debug, Args)]
pub struct Bench {
    /// The folder of the release binaries.
    #[arg(long, default_value = "target/release")]
    bin_dir: PathBuf,
    /// The figures, flat.
    #[arg(long, default_value = "target/bench.json")]
    json: PathBuf,
    /// Gets a dated section at its top.
    #[arg(long, default_value = "tests/load/RESULTS.md")]
    results: PathBuf,
    /// Alerts that fill the queue, at most.
    #[arg(long, default_value_t = 120_000)]
    count: u64,
}

impl Bench {
    /// Measures everything and writes the results.
    ///
    /// # Errors
    /// When a part cannot be run, or an accepted alert is not stored.
    pub async fn run(&self, settings: &Settings) -> anyhow::Result<()> {
        let servers = Servers::of(settings);
        let ceilings = Ceilings::measure(settings, CEILING).await?;
        let mut stack = Stack::create(settings, options(&self.bin_dir)?).await?;
        let accepted = accept::measure(&mut stack, servers, self.count).await?;
        let drained = drain::measure(&mut stack, servers, &accepted.receipts, 1).await?;
        stack.worker(0)?.stop(GRACE).await?;
        let again = accept::fill(&stack, self.count / 2).await?;
        let by_two = drain::measure(&mut stack, servers, &again, 2).await?;
        // The first has ended, the last goes: one is left for what follows.
        stack.worker(2)?.stop(GRACE).await?;
        let limit = accepted.per_second / 2.0;
        let half = end_to_end::measure(&mut stack, limit.min(drained.per_second * 0.8)).await?;
        let steady = end_to_end::measure(&mut stack, 1_000.0).await?;
        let peaks = (
            f64::from(stack.gateway()?.peak_kib()?) / 1_024.0,
            f64::from(stack.worker(1)?.peak_kib()?) / 1_024.0,
        );
        stack.remove()?;
        let figures = Figures {
            ceilings,
            accepted,
            drained,
            by_two,
            half,
            steady,
            peaks,
        };
        report::result(&figures.table());
        results::write_json(&self.json, &figures)?;
        results::add_section(&self.results, &figures)
    }
}

fn options(binaries: &Path) -> anyhow::Result<Options> {
    let found = binaries.canonicalize();
    Ok(Options {
        binaries: found.with_context(|| format!("no folder {}", binaries.display()))?,
        purpose: "bench".into(),
        ..Options::default()
    })
}
