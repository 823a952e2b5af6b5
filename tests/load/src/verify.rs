//! Checks that what was accepted is stored: every receipt in Postgres, and as many alerts as it says.
//!
//! Reads only. Receipts are looked up in chunks by key, each until it is complete, so that a check of a
//! million of them costs the pipeline little. A receipt that is missing at the deadline is named.

use std::{collections::HashSet, time::Duration};

use calseta_shared::ids::ReceiptId;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};
use tokio_postgres::Client;
use uuid::Uuid;

use crate::{
    report::{self, grouped, table},
    send::Receipt,
};

const CHUNK: usize = 5_000;
const PAUSE: Duration = Duration::from_millis(100);

/// What Postgres says of a set of receipts.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    /// Accepted requests.
    pub accepted: u64,
    /// Alerts in them, as the gateway counted.
    pub documents: u64,
    /// Of the accepted, those with a row in `receipts`.
    pub settled: u64,
    /// Alerts those rows say were stored.
    pub alerts: u64,
    /// Documents that were sent before.
    pub duplicates: u64,
    /// Documents that are dead letters.
    pub dead: u64,
    /// Rows in `alerts` under the uuids the gateway promised.
    pub rows: u64,
    /// Accepted, and not in `receipts`.
    pub missing: Vec<Uuid>,
}

impl Ledger {
    /// Nothing missing, and as many rows as the receipts say.
    pub fn is_complete(&self) -> bool {
        self.missing.is_empty()
            && self.rows == self.alerts
            && self.alerts + self.duplicates + self.dead == self.documents
    }

    /// For people.
    pub fn table(&self) -> String {
        let mut table = table(["ledger", "count"]);
        let rows = [
            ("accepted", self.accepted),
            ("settled", self.settled),
            ("documents accepted", self.documents),
            ("stored as alerts", self.alerts),
            ("rows in alerts", self.rows),
            ("sent before", self.duplicates),
            ("dead letters", self.dead),
        ];
        for (name, count) in rows {
            table.add_row([name.to_owned(), grouped(count)]);
        }
        for receipt in self.missing.iter().take(10) {
            table.add_row(["MISSING".into(), receipt.to_string()]);
        }
        table.to_string()
    }

    /// For programs.
    pub fn json(&self) -> Value {
        json!({
            "accepted": self.accepted, "settled": self.settled, "documents": self.documents,
            "alerts": self.alerts, "rows": self.rows, "duplicates": self.duplicates,
            "dead": self.dead, "missing": self.missing,
        })
    }
}

/// Waits until every receipt is settled, `patience` at most, and counts.
///
/// # Errors
/// When Postgres cannot be asked; a missing receipt is in the ledger, not an error.
pub async fn verify(
    database: &Client,
    receipts: &[Receipt],
    patience: Duration,
) -> anyhow::Result<Ledger> {
    let deadline = Instant::now() + patience;
    let mut told = Instant::now();
    let mut ledger = Ledger::default();
    // In the order they were accepted, which is about the order they are stored in.
    let mut receipts = receipts.to_vec();
    receipts.sort_unstable_by_key(|receipt| receipt.id);
    for chunk in receipts.chunks(CHUNK) {
        let mut missing: HashSet<Uuid> = chunk.iter().map(|receipt| receipt.id).collect();
        loop {
            settle(database, &mut missing, &mut ledger).await?;
            if missing.is_empty() || Instant::now() >= deadline {
                break;
            }
            if told.elapsed() >= Duration::from_secs(1) {
                told = Instant::now();
                report::progress(&format!(
                    "        {:>10} of {} settled",
                    grouped(ledger.settled),
                    grouped(count(receipts.len()))
                ));
            }
            sleep(PAUSE).await;
        }
        ledger.missing.extend(missing);
        ledger.accepted += count(chunk.len());
        ledger.documents += chunk
            .iter()
            .map(|receipt| u64::from(receipt.documents))
            .sum::<u64>();
        ledger.rows += rows(database, chunk).await?;
    }
    Ok(ledger)
}

/// Takes the settled ones out of `missing`.
async fn settle(
    database: &Client,
    missing: &mut HashSet<Uuid>,
    ledger: &mut Ledger,
) -> anyhow::Result<()> {
    const SETTLED: &str =
        "SELECT receipt_id, alerts, duplicates, dead FROM receipts WHERE receipt_id = ANY($1)";
    let ids: Vec<Uuid> = missing.iter().copied().collect();
    for row in database.query(SETTLED, &[&ids]).await? {
        let column = |index| u64::try_from(row.get::<_, i32>(index)).unwrap_or_default();
        missing.remove(&row.get(0));
        ledger.settled += 1;
        ledger.alerts += column(1);
        ledger.duplicates += column(2);
        ledger.dead += column(3);
    }
    Ok(())
}

async fn rows(database: &Client, receipts: &[Receipt]) -> anyhow::Result<u64> {
    let uuids: Vec<Uuid> = receipts
        .iter()
        .flat_map(|receipt| {
            (0..receipt.documents).map(|position| ReceiptId(receipt.id).alert_uuid(position))
        })
        .collect();
    let row = database
        .query_one(
            "SELECT count(*) FROM alerts WHERE uuid = ANY($1)",
            &[&uuids],
        )
        .await?;
    Ok(u64::try_from(row.get::<_, i64>(0))?)
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
