//! What the tool can be asked to do.

mod chaos;
mod send;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use clap::{Parser, Subcommand};
use serde_json::json;

use crate::{
    bench::{Bench, Growth},
    ceilings::Ceilings,
    report::{self, rate, table},
    samples,
    settings::Settings,
};
use chaos::Chaos;
use send::Send;

/// Sends alerts to this machine's own gateway, and measures.
#[derive(Debug, Parser)]
#[command(name = "calseta-load", version)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Post the sample alerts, wait until they are stored, show them.
    Samples,
    /// Post many alerts, in a closed loop or at a rate.
    Send(Send),
    /// Measure what this machine's servers can do on their own.
    Ceilings {
        /// Seconds each.
        #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u64).range(1..=60))]
        seconds: u64,
        /// Write the result as JSON.
        #[arg(long, value_name = "FILE")]
        json: Option<PathBuf>,
    },
    /// Start the programs on servers of AMQP_URL and DATABASE_URL, and measure everything.
    Bench(Bench),
    /// Break everything under load, on servers of its own, and account for every accepted alert.
    Chaos(Chaos),
    /// The same servers, with more and more alerts stored.
    Growth(Growth),
}

impl Cli {
    /// Runs the command to its end.
    ///
    /// # Errors
    /// One readable line.
    pub fn run(self) -> anyhow::Result<()> {
        let settings = Settings::of_process();
        tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()?
            .block_on(async move {
                match self.command {
                    Command::Samples => samples::run(&settings).await,
                    Command::Send(send) => send.run(&settings).await,
                    Command::Ceilings { seconds, json } => {
                        ceilings(&settings, seconds, json.as_deref()).await
                    }
                    Command::Bench(bench) => bench.run(&settings).await,
                    Command::Chaos(chaos) => chaos.run().await,
                    Command::Growth(growth) => growth.run(&settings).await,
                }
            })
    }
}

async fn ceilings(settings: &Settings, seconds: u64, json: Option<&Path>) -> anyhow::Result<()> {
    let ceilings = Ceilings::new(settings, Duration::from_secs(seconds));
    let (publishes, [one, two]) = (ceilings.publishes().await?, ceilings.copies().await?);
    let requests = ceilings.requests().await?;
    let mut shown = table(["ceiling", "a second"]);
    for (name, figure) in [
        ("confirmed publishes", publishes),
        ("rows by COPY, one connection", one),
        ("rows by COPY, two connections", two),
        ("requests answered", requests.per_second),
    ] {
        shown.add_row([name, &rate(figure)]);
    }
    report::result(&shown.to_string());
    if let Some(file) = json {
        let figures = json!({
            "publishes_per_s": publishes,
            "rows_per_s": one,
            "rows_by_two_per_s": two,
            "requests_per_s": requests.per_second,
            "request_cpu_us": requests.cpu_us,
        });
        let text = serde_json::to_string_pretty(&figures)?;
        std::fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(())
}
