//! `chaos`: breaks everything for a while, prints the ledger, and fails when a promise was broken.
//!
//! SIGINT and SIGTERM end it early: its programs end with it, the servers stay for whoever started them.

use std::{path::PathBuf, time::Duration};

use anyhow::{Context, bail, ensure};
use clap::Args;
use time::OffsetDateTime;
use tokio::signal::unix::{SignalKind, signal};

use crate::{
    chaos::{self, Fault},
    report,
    servers::Servers,
};

#[derive(Debug, Args)]
pub(super) struct Chaos {
    /// Makes the same faults and the same alerts again; by default each run makes others.
    #[arg(long)]
    seed: Option<u32>,
    /// How long faults strike.
    #[arg(long, default_value_t = 120, value_parser = clap::value_parser!(u64).range(1..=3_500))]
    seconds: u64,
    /// Requests a second.
    #[arg(long, default_value_t = 200.0)]
    rate: f64,
    /// Workers.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=16))]
    workers: u8,
    /// The folder of the binaries.
    #[arg(long, default_value = "target/release")]
    bin_dir: PathBuf,
    /// The script that starts and kills the servers.
    #[arg(long, default_value = "deploy/services.sh")]
    services: PathBuf,
    /// The folder of servers that may be killed.
    #[arg(long, default_value = "target/chaos/services")]
    services_dir: PathBuf,
    /// The ledger, as JSON.
    #[arg(long, default_value = "target/chaos.json")]
    json: PathBuf,
}

impl Chaos {
    pub(super) async fn run(&self) -> anyhow::Result<()> {
        ensure!(
            self.rate > 0.0 && self.rate <= 10_000.0,
            "--rate must be above 0, and 10000 at most"
        );
        let binaries = self.bin_dir.canonicalize();
        let run = chaos::Chaos {
            seed: self.seed.unwrap_or_else(fresh_seed).into(),
            length: Duration::from_secs(self.seconds),
            rate: self.rate,
            kinds: Fault::ALL.into(),
            workers: self.workers.into(),
            binaries: binaries.with_context(|| format!("no folder {}", self.bin_dir.display()))?,
        };
        report::progress(&format!("seed {}", run.seed));
        let servers = Servers::running(&self.services, &self.services_dir);
        let mut terminate = signal(SignalKind::terminate())?;
        let outcome = tokio::select! {
            outcome = run.run(&servers) => outcome.with_context(|| format!("seed {}", run.seed))?,
            _ = terminate.recv() => bail!("ended early"),
            ended = tokio::signal::ctrl_c() => { ended?; bail!("ended early") }
        };
        outcome.write(&self.json)?;
        report::result(&outcome.text());
        ensure!(outcome.holds(), "a promise was broken");
        Ok(())
    }
}

/// Short enough to be typed again.
fn fresh_seed() -> u32 {
    OffsetDateTime::now_utc().microsecond()
}
