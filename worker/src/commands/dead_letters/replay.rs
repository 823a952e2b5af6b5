//! `dead-letters replay`: starts a run or goes on with one, and says at its end what became of it.

use anyhow::Context;
use calseta_shared::broker::Backoff;
use clap::Args;
use deadpool_postgres::Pool;
use uuid::Uuid;

use super::{
    super::{Format, print},
    Who,
    which::Which,
};
use crate::{
    config::WorkerConfig,
    dead_letters::{Replay, Run, Summary, Trial, trial},
    interpret::Interpreter,
    mappings,
    service::payload_limits,
    store::{Partitions, Seen, Store},
};

/// Dead letters that a dry run reads.
const SAMPLE: i64 = 10;

/// Arguments of `replay`.
#[derive(Debug, Args)]
pub(super) struct ReplayArgs {
    #[command(flatten)]
    which: Which,
    /// All open ones.
    #[arg(long, conflicts_with = "resume")]
    all: bool,
    /// Only count, and read a sample; nothing is changed.
    #[arg(long)]
    dry_run: bool,
    /// At most so many a second.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    rate: Option<u32>,
    /// Go on with a run that was killed, with its filter.
    #[arg(long, value_name = "RUN", conflicts_with = "dry_run")]
    resume: Option<Uuid>,
    #[command(flatten)]
    who: Who,
    /// How to print the outcome.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

impl ReplayArgs {
    pub(super) async fn run(
        self,
        config: &WorkerConfig,
        pool: Pool,
        account: String,
    ) -> anyhow::Result<()> {
        anyhow::ensure!(
            self.all || self.resume.is_some() || !self.which.is_everything(),
            "no filter: say which dead letters, or --all"
        );
        let loaded = mappings::load(&**pool.get().await?).await;
        let loaded = loaded.context("the field mappings cannot be read")?;
        let interpreter = Interpreter::new(&loaded.mappings, payload_limits(config))?;
        if self.dry_run {
            let found = trial(&pool, &interpreter, self.which.filter(), SAMPLE).await?;
            return match self.format {
                Format::Json => print(&format!("{}\n", serde_json::to_string(&found)?)),
                Format::Text => print(&expected(&found)),
            };
        }
        let run = match self.resume {
            Some(run) => Run::resume(&pool, run).await?,
            None => Run::start(&pool, self.which.filter(), &self.who.why(account)?).await?,
        };
        #[expect(clippy::print_stderr, reason = "what a killed run is resumed by")]
        {
            eprintln!("run {}", run.id);
        }
        let seen = Seen::default();
        let store = Store::new(
            pool.clone(),
            config.store.fingerprint_window,
            config.store.cache_entries,
            Partitions::default(),
            seen.clone(),
        );
        let replay = Replay {
            store,
            pool: pool.clone(),
            interpreter: &interpreter,
            run,
            rate: self.rate,
            backoff: Backoff::new(config.store.backoff_min, config.store.backoff_max),
        };
        let summary = replay.run().await?;
        seen.flush(&pool)
            .await
            .context("last_seen was not brought up to date")?;
        match self.format {
            Format::Json => print(&format!("{}\n", serde_json::to_string(&summary)?)),
            Format::Text => print(&outcome(&summary)),
        }
    }
}

fn expected(found: &Trial) -> String {
    let mut lines = vec![format!("{} would be replayed", found.matched)];
    for (reason, count) in &found.by_reason {
        lines.push(format!("  {count} {reason}"));
    }
    if !found.sample.is_empty() {
        lines.push(format!("the first {} read now:", found.sample.len()));
    }
    for sample in &found.sample {
        let says = match &sample.fails {
            Some(failure) => format!("fails again: {failure}"),
            None => format!("gives {} alerts", sample.alerts),
        };
        lines.push(format!("  {} {says}", sample.id));
    }
    lines.join("\n") + "\n"
}

fn outcome(summary: &Summary) -> String {
    format!(
        "{} replayed: {} stored, {} failed again, {} skipped (settled before, or by somebody else)\n",
        summary.matched, summary.stored, summary.failed, summary.skipped
    )
}
