//! The whole measurement, against the limits of the same machine in the same run.
//!
//! In this order: rounds of two ceilings, accepting with no worker, another ceiling, and draining the queue that this
//! filled with one worker; then draining with two, and all together. Bounded: five minutes or so in all. Every
//! accepted receipt is checked.

mod accept;
mod disk;
mod drain;
mod end_to_end;
mod figures;
mod growth;
mod machine;
mod results;
mod round;
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
use round::Spread;
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
    /// How often what has a ceiling is measured, each time beside it; the median counts.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=9))]
    rounds: u8,
}

impl Bench {
    /// Measures everything and writes the results.
    ///
    /// # Errors
    /// When a part cannot be run, or an accepted alert is not stored.
    pub async fn run(&self, settings: &Settings) -> anyhow::Result<()> {
        let servers = Servers::of(settings);
        let ceilings = Ceilings::new(settings, CEILING);
        let mut stack = Stack::create(settings, options(&self.bin_dir)?).await?;
        stack.start_gateway().await?;
        let many = (usize::from(self.rounds), self.count);
        let rounds = round::measure(&mut stack, &ceilings, servers, many).await?;
        let again = accept::fill(&stack, self.count / 2).await?;
        let by_two = drain::measure(&mut stack, servers, &again, 2).await?;
        // Of the two the last goes: one is left for what follows.
        let left = stack.workers() - 2;
        stack.worker(left + 1)?.stop(GRACE).await?;
        let half = Spread::of(&rounds, |round| round.accepted.per_second).median / 2.0;
        let drained = Spread::of(&rounds, |round| round.drained.per_second).median;
        machine::settle()?;
        let steady = end_to_end::measure(&mut stack, left, 1_000.0).await?;
        let half = end_to_end::measure(&mut stack, left, half.min(drained * 0.8)).await?;
        let gateway_peak = mebibytes(stack.gateway()?.peak_kib()?);
        stack.remove()?;
        let figures = Figures {
            rounds,
            by_two,
            half,
            steady,
            gateway_peak,
        };
        report::result(&figures.table());
        results::write_json(&self.json, &figures)?;
        results::add_section(&self.results, &figures)
    }
}

fn mebibytes(kib: u32) -> f64 {
    f64::from(kib) / 1_024.0
}

fn options(binaries: &Path) -> anyhow::Result<Options> {
    let found = binaries.canonicalize();
    Ok(Options {
        binaries: found.with_context(|| format!("no folder {}", binaries.display()))?,
        purpose: "bench".into(),
        ..Options::default()
    })
}
