//! `reconcile`: whether everything the receipts speak of is there. Exit code 1 when something is not.

use anyhow::Context;
use clap::Args;
use time::OffsetDateTime;

use super::{Format, print};
use crate::{
    config::WorkerConfig,
    dead_letters::parse_moment,
    reconcile::{Report, reconcile},
};

/// Arguments of `reconcile`.
#[derive(Debug, Args)]
pub(super) struct Reconcile {
    /// Only receipts since then: 2026-11-24T10:00:00Z, 2026-11-24, or an age such as 24h.
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Receipts to name at most when something is missing.
    #[arg(long, default_value_t = 100, value_name = "N")]
    limit: u32,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

impl Reconcile {
    pub(super) async fn run(self, config: WorkerConfig) -> anyhow::Result<()> {
        let now = OffsetDateTime::now_utc();
        let since = self.since.map(|text| parse_moment(&text, now));
        let since = since.transpose().map_err(anyhow::Error::msg)?;
        let pool = config.database.pool("calseta-worker")?;
        let report = reconcile(&pool, since, self.limit.into())
            .await
            .context("nothing was compared")?;
        match self.format {
            Format::Json => print(&format!("{}\n", serde_json::to_string(&report)?))?,
            Format::Text => print(&text(&report))?,
        }
        anyhow::ensure!(
            report.differences.is_empty(),
            "the rows of {} receipts are not those they should have",
            report.differences.len()
        );
        Ok(())
    }
}

fn text(report: &Report) -> String {
    let mut lines = vec![
        format!("receipts     {}", report.receipts),
        format!("documents    {}", report.documents),
        format!("alerts       {}", report.alerts),
        format!("duplicates   {}", report.duplicates),
        format!("dead letters {}", report.dead),
        format!("discarded    {}", report.discarded),
        format!(
            "dead bodies  {} (as a whole, of no receipt above)",
            report.dead_bodies
        ),
    ];
    for different in &report.differences {
        lines.push(format!(
            "receipt {}: {}",
            different.receipt_id,
            different.describe()
        ));
    }
    if report.differences.is_empty() {
        lines.push("nothing is missing".to_owned());
    }
    lines.join("\n") + "\n"
}
