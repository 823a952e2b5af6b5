//! The whole measurement, against the limits of the same machine in the same run.
//!
//! In this order: ceilings, accepting with no worker, draining the queue that this filled with one
//! worker, then both together. Bounded: a few minutes in all. Every accepted receipt is checked.

mod accept;
mod drain;
mod end_to_end;
mod figures;
mod machine;
mod process;
mod results;

use std::{path::PathBuf, time::Duration};

use anyhow::Context;
use clap::Args;

use crate::{
    ceilings::Ceilings,
    report,
    settings::Settings,
    stack::{Options, Stack},
};

use figures::Figures;

/// How long each ceiling is measured.
const CEILING: Duration = Duration::from_secs(8);

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
        let binaries = self.bin_dir.canonicalize();
        let options = Options {
            binaries: binaries.with_context(|| format!("no folder {}", self.bin_dir.display()))?,
            purpose: "bench".into(),
            ..Options::default()
        };
        let ceilings = Ceilings::measure(settings, CEILING).await?;
        let mut stack = Stack::create(settings, options).await?;
        let accepted = accept::measure(&mut stack, self.count).await?;
        let drained = drain::measure(&mut stack, &accepted.receipts).await?;
        let limit = accepted.per_second / 2.0;
        let half = end_to_end::measure(&mut stack, limit.min(drained.per_second * 0.8)).await?;
        let steady = end_to_end::measure(&mut stack, 1_000.0).await?;
        let peaks = (
            process::peak_mib(stack.gateway()?.pid())?,
            process::peak_mib(stack.worker(0)?.pid())?,
        );
        stack.remove()?;
        let figures = Figures {
            ceilings,
            accepted,
            drained,
            half,
            steady,
            peaks,
        };
        report::result(&figures.table());
        results::write_json(&self.json, &figures)?;
        results::add_section(&self.results, &figures)
    }
}
