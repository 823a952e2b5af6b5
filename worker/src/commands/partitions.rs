//! `partitions`: which days there are, with rows and size of each table.
//!
//! Rows are Postgres's estimate, so that it costs nothing; `-` where it has not looked yet.

use std::collections::BTreeMap;

use clap::Args;
use comfy_table::{CellAlignment, Table, presets};
use serde::Serialize;

use super::{Format, print};
use crate::config::WorkerConfig;

const LIST: &str = "SELECT right(c.relname, 8), p.relname::text, c.reltuples::bigint, \
         pg_total_relation_size(c.oid) \
     FROM pg_inherits h JOIN pg_class c ON c.oid = h.inhrelid JOIN pg_class p ON p.oid = h.inhparent \
     WHERE p.relname = ANY($1) AND c.relkind = 'r' ORDER BY 1, 2";
const TABLES: [&str; 4] = ["receipts", "alerts", "alert_occurrences", "alert_links"];

/// Arguments of `partitions`.
#[derive(Debug, Args)]
pub(super) struct Partitions {
    /// How to print them.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// One day.
#[derive(Debug, Default, Serialize)]
struct Day {
    /// `2026-11-24`.
    #[serde(rename = "day")]
    date: String,
    /// By table; none where Postgres has not looked yet.
    rows: BTreeMap<String, Option<i64>>,
    /// With indexes and what is stored outside of the rows.
    bytes: i64,
}

impl Partitions {
    pub(super) async fn run(self, config: WorkerConfig) -> anyhow::Result<()> {
        let client = config.database.pool("calseta-worker")?.get().await?;
        let mut days: BTreeMap<String, Day> = BTreeMap::new();
        for row in client.query(LIST, &[&TABLES.as_slice()]).await? {
            let name: String = row.get(0);
            let day = days.entry(name.clone()).or_insert_with(|| Day {
                date: dashed(&name),
                ..Day::default()
            });
            let rows: i64 = row.get(2);
            day.rows.insert(row.get(1), (rows >= 0).then_some(rows));
            day.bytes += row.get::<_, i64>(3);
        }
        match self.format {
            Format::Json => days
                .values()
                .try_for_each(|day| print(&format!("{}\n", serde_json::to_string(day)?))),
            Format::Text => print(&table(days.values())),
        }
    }
}

fn table<'a>(days: impl Iterator<Item = &'a Day>) -> String {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_header([
        "DAY",
        "RECEIPTS",
        "ALERTS",
        "OCCURRENCES",
        "LINKS",
        "SIZE",
    ]);
    for day in days {
        let rows = TABLES.map(|table| {
            let rows = day.rows.get(table).copied().flatten();
            rows.map_or_else(|| "-".to_owned(), |rows| rows.to_string())
        });
        let size = bytesize::ByteSize(day.bytes.unsigned_abs()).to_string();
        table.add_row([day.date.clone()].into_iter().chain(rows).chain([size]));
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    format!("{table}\n")
}

fn dashed(digits: &str) -> String {
    match (digits.get(..4), digits.get(4..6), digits.get(6..8)) {
        (Some(year), Some(month), Some(day)) => format!("{year}-{month}-{day}"),
        _ => digits.to_owned(),
    }
}
