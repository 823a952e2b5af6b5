//! The drain rate beside the number of alerts that are stored: none, one million, five million.
//!
//! What is stored already is made by Postgres itself from running numbers: every key as random as a real
//! one, a million alerts a day, and short documents, since no query of the worker reads them again.

use std::{fs, path::PathBuf};

use anyhow::Context;
use clap::Args;
use serde_json::{Map, Value, json};
use tokio::task::JoinSet;
use tokio_postgres::{Client, Config};

use super::{GRACE, accept, drain, drain::Drained, options, shares::Servers};
use crate::{
    database,
    report::{self, grouped, rate, ratio, table},
    settings::Settings,
    stack::Stack,
};

const DAY: &str = include_str!("growth/day.sql");
const ALERTS: &str = include_str!("growth/alerts.sql");
/// Alerts a day.
const DAILY: i64 = 1_000_000;
/// Alerts a transaction.
const CHUNK: i64 = 50_000;
/// Connections that share the alerts of a day.
const LOADERS: usize = 2;

/// Measure the drain rate of one worker at 0, 1 and 5 million stored alerts.
#[derive(Debug, Args)]
pub struct Growth {
    /// The folder of the release binaries.
    #[arg(long, default_value = "target/release")]
    bin_dir: PathBuf,
    /// The figures.
    #[arg(long, default_value = "target/bench-growth.json")]
    json: PathBuf,
    /// Alerts that are drained each time.
    #[arg(long, default_value_t = 60_000)]
    count: u64,
    /// Millions of alerts that are stored, each time, in rising order.
    #[arg(long, value_delimiter = ',', default_values_t = [0, 1, 5])]
    millions: Vec<i32>,
}

impl Growth {
    /// Measures, prints a table and writes the JSON.
    ///
    /// # Errors
    /// When a part cannot be run, or an accepted alert is not stored.
    pub async fn run(&self, settings: &Settings) -> anyhow::Result<()> {
        let servers = Servers::of(settings);
        let mut stack = Stack::create(settings, options(&self.bin_dir)?).await?;
        stack.start_gateway().await?;
        let database = database::connect(&stack.database.config()).await?;
        let mut days = 0;
        let mut measured = Vec::new();
        for millions in &self.millions {
            while days < *millions {
                days += 1;
                store_day(&stack.database.config(), days).await?;
            }
            if days > 0 {
                database.batch_execute("VACUUM ANALYZE").await?;
            }
            database.batch_execute("CHECKPOINT").await?;
            // After a checkpoint every page is logged whole once more; most of the time is not after a checkpoint.
            self.drain(&mut stack, servers).await?;
            measured.push((*millions, self.drain(&mut stack, servers).await?));
        }
        drop(database);
        stack.remove()?;
        self.show(&measured)
    }

    /// One worker against a queue of its own.
    async fn drain(&self, stack: &mut Stack, servers: Servers) -> anyhow::Result<Drained> {
        let receipts = accept::fill(stack, self.count).await?;
        let drained = drain::measure(stack, servers, &receipts, 1).await?;
        let last = stack.workers() - 1;
        stack.worker(last)?.stop(GRACE).await?;
        Ok(drained)
    }

    fn show(&self, measured: &[(i32, Drained)]) -> anyhow::Result<()> {
        let first = measured
            .first()
            .map_or(0.0, |(_, drained)| drained.per_second);
        let mut shown = table([
            "alerts stored",
            "drained a second",
            "of the first",
            "CPU of worker / Postgres / RabbitMQ, µs an alert",
        ]);
        let mut figures = Map::new();
        for (millions, drained) in measured {
            let part = ratio(drained.per_second, first);
            shown.add_row([
                grouped(u64::try_from(*millions)? * 1_000_000),
                rate(drained.per_second),
                format!("{part:.2}"),
                drained.shares.of_drain(drained.alerts),
            ]);
            figures.insert(
                format!("at_{millions}_million"),
                json!({"drain_per_s": drained.per_second, "ratio": part}),
            );
        }
        report::result(&shown.to_string());
        let text = serde_json::to_string_pretty(&Value::Object(figures))? + "\n";
        fs::write(&self.json, text).with_context(|| format!("cannot write {}", self.json.display()))
    }
}

/// Stores the alerts of the day that is `days` days ago.
async fn store_day(config: &Config, days: i32) -> anyhow::Result<()> {
    report::progress(&format!("storing the alerts of {days} day(s) ago"));
    let mut loaders = JoinSet::new();
    for loader in 0..LOADERS {
        let database = database::connect(config).await?;
        // The first makes the partitions; what else is in it is each connection's own.
        database
            .batch_execute(&format!("SET calseta.days = {days}; {DAY}"))
            .await?;
        loaders.spawn(async move {
            let chunks = (0..DAILY / CHUNK).skip(loader).step_by(LOADERS);
            store_chunks(&database, days, chunks).await
        });
    }
    while let Some(loaded) = loaders.join_next().await {
        loaded??;
    }
    Ok(())
}

async fn store_chunks(
    database: &Client,
    days: i32,
    chunks: impl Iterator<Item = i64>,
) -> anyhow::Result<()> {
    let statements: Vec<&str> = ALERTS
        .split(";\n")
        .filter(|text| !text.trim().is_empty())
        .collect();
    for chunk in chunks {
        let (first, last) = (chunk * CHUNK, (chunk + 1) * CHUNK - 1);
        database.batch_execute("BEGIN").await?;
        for statement in &statements {
            database
                .execute(*statement, &[&days, &first, &last])
                .await?;
        }
        database.batch_execute("COMMIT").await?;
    }
    Ok(())
}
