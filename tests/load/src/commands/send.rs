//! `send`: alerts in a closed loop or at a rate, and the check that they are stored.
//!
//! Fails when one was refused or is missing, so that a script can rely on its exit code.

use std::{path::PathBuf, sync::Arc, time::Duration};

use anyhow::{Context, ensure};
use clap::Args;
use serde_json::json;
use time::OffsetDateTime;

use crate::{
    client::Client,
    database,
    generate::Generator,
    report,
    send::{self, Bodies, Pace, Plan, Tally},
    settings::Settings,
    verify::{self, Ledger},
};

#[derive(Debug, Args)]
pub(super) struct Send {
    /// Requests a second, come what may (an open loop); without it as fast as answers come.
    #[arg(long)]
    rate: Option<f64>,
    /// Requests that are due at once; with --rate.
    #[arg(long, default_value_t = 1, requires = "rate")]
    burst: u64,
    /// Connections at most.
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// Requests at most.
    #[arg(long)]
    count: Option<u64>,
    /// Seconds at most; 10 when neither is given.
    #[arg(long)]
    seconds: Option<f64>,
    /// Send the secret as a header, as Kibana can, instead of a signature.
    #[arg(long)]
    secret_header: bool,
    /// Send the files of this folder instead of made alerts.
    #[arg(long, value_name = "DIR")]
    bodies: Option<PathBuf>,
    /// Makes the same alerts again; by default each run makes others.
    #[arg(long)]
    seed: Option<u64>,
    /// Write the receipt ids, one a line.
    #[arg(long, value_name = "FILE")]
    receipts: Option<PathBuf>,
    /// Wait until every accepted receipt is in Postgres, and compare the counts.
    #[arg(long)]
    verify: bool,
    /// How long --verify waits, in seconds.
    #[arg(long, default_value_t = 120)]
    patience: u64,
    /// Write the result as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

impl Send {
    pub(super) async fn run(&self, settings: &Settings) -> anyhow::Result<()> {
        let proof = if self.secret_header {
            settings.secret_header()
        } else {
            settings.signature()
        };
        let client = Client::new(
            &settings.gateway()?,
            Some(settings.api_key()?.to_owned()),
            proof,
        );
        let bodies = Arc::new(self.bodies()?);
        let tally = send::run(&self.plan()?, &client, &bodies).await?;
        report::result(&tally.table());
        if let Some(file) = &self.receipts {
            let ids: Vec<String> = tally
                .receipts
                .iter()
                .map(|receipt| receipt.id.to_string())
                .collect();
            std::fs::write(file, ids.join("\n"))
                .with_context(|| format!("cannot write {}", file.display()))?;
        }
        let ledger = self.check(settings, &tally).await?;
        if let Some(file) = &self.json {
            let result = json!({"sent": tally.json(), "ledger": ledger.as_ref().map(Ledger::json)});
            std::fs::write(file, serde_json::to_string_pretty(&result)?)
                .with_context(|| format!("cannot write {}", file.display()))?;
        }
        ensure!(tally.all_accepted(), "not every request was accepted");
        ensure!(
            ledger.is_none_or(|ledger| ledger.is_complete()),
            "not everything accepted is stored"
        );
        Ok(())
    }

    async fn check(&self, settings: &Settings, tally: &Tally) -> anyhow::Result<Option<Ledger>> {
        if !self.verify {
            return Ok(None);
        }
        report::progress("checking every receipt in Postgres …");
        let database = database::connect(&settings.database()?).await?;
        let patience = Duration::from_secs(self.patience);
        let ledger = verify::verify(&database, &tally.receipts, patience).await?;
        report::result(&ledger.table());
        Ok(Some(ledger))
    }

    fn bodies(&self) -> anyhow::Result<Bodies> {
        if let Some(folder) = &self.bodies {
            return Bodies::of_folder(folder);
        }
        let now = OffsetDateTime::now_utc();
        let generator = match self.seed {
            Some(seed) => Generator::new(seed, now),
            None => Generator::fresh(now),
        };
        report::progress(&format!("seed {}", generator.seed()));
        Ok(Bodies::Generated(generator))
    }

    fn plan(&self) -> anyhow::Result<Plan> {
        let seconds = match (self.count, self.seconds) {
            (None, None) => Some(10.0),
            (_, seconds) => seconds,
        };
        let pace = match self.rate {
            None => Pace::Closed,
            Some(rate) => {
                ensure!(
                    rate > 0.0 && rate <= 100_000.0,
                    "--rate must be above 0, and 100000 at most"
                );
                Pace::Open {
                    rate,
                    burst: self.burst,
                }
            }
        };
        Ok(Plan {
            pace,
            connections: self.connections.clamp(1, 2_000),
            count: self.count,
            duration: seconds
                .map(Duration::try_from_secs_f64)
                .transpose()
                .context("--seconds")?,
            quiet: false,
        })
    }
}
