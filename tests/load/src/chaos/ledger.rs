//! Where every accepted document is: stored, an occurrence of an alert sent before, or a dead letter.
//!
//! Reads only, and looks for rows under the uuids that the gateway promised; nothing is taken from counts
//! that the programs keep. Counted once everything is at rest.

use std::collections::{BTreeMap, HashMap, HashSet};

use calseta_shared::ids::ReceiptId;
use tokio_postgres::Client;
use uuid::Uuid;

use super::sender::Accepted;

const CHUNK: usize = 2_000;
const STORED: &str = "SELECT uuid FROM alerts WHERE uuid = ANY($1)";
const OCCURRED: &str = "SELECT uuid FROM alert_occurrences WHERE uuid = ANY($1)";
const DEAD: &str = "SELECT o.receipt_id, o.position, l.reason \
    FROM dead_letter_occurrences o JOIN dead_letters l ON l.id = o.dead_letter_id \
    WHERE o.receipt_id = ANY($1)";
/// Of all alerts, also of those whose requests got no answer.
const TWICE: &str = "SELECT count(*) FROM \
    (SELECT 1 FROM alerts GROUP BY identity HAVING count(*) > 1) twice";

/// The fates of all accepted documents.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// Documents that were answered with 202.
    pub accepted: u64,
    /// Of these, rows of `alerts`.
    pub stored: u64,
    /// Occurrences of an alert that was sent before.
    pub duplicate: u64,
    /// Dead letters.
    pub dead_lettered: u64,
    /// Documents in none of the three.
    pub lost: u64,
    /// Documents in two of the three, and alerts with two rows.
    pub stored_twice: u64,
    /// Bad documents among the accepted.
    pub planned_dead: u64,
    /// Bad documents that are no dead letters.
    pub planned_alive: u64,
    /// Good documents that are dead letters, by reason.
    pub unplanned_dead: BTreeMap<String, u64>,
    /// Some of those lost or stored twice: receipt, position.
    pub examples: Vec<(Uuid, u32)>,
}

/// Rows under some uuids.
#[derive(Debug, Default)]
struct Rows {
    stored: HashSet<Uuid>,
    occurred: HashSet<Uuid>,
    /// Reasons by receipt and position; position -1 is the whole body.
    dead: HashMap<(Uuid, i32), String>,
}

impl Ledger {
    /// Counts the fates of everything accepted.
    ///
    /// # Errors
    /// When Postgres cannot be asked.
    pub(super) async fn of(database: &Client, accepted: &[Accepted]) -> anyhow::Result<Self> {
        let mut ledger = Self::default();
        for chunk in accepted.chunks(CHUNK) {
            let rows = Rows::of(database, chunk).await?;
            for request in chunk {
                for position in 0..request.documents {
                    ledger.add(request, position, &rows);
                }
            }
        }
        let twice: i64 = database.query_one(TWICE, &[]).await?.get(0);
        ledger.stored_twice += u64::try_from(twice)?;
        Ok(ledger)
    }

    /// Nothing lost, nothing twice, and every bad document a dead letter.
    pub fn holds(&self) -> bool {
        self.lost == 0 && self.stored_twice == 0 && self.planned_alive == 0
    }

    fn add(&mut self, request: &Accepted, position: u32, rows: &Rows) {
        let uuid = ReceiptId(request.id).alert_uuid(position);
        let part = i32::try_from(position).unwrap_or(i32::MAX);
        let (stored, occurred) = (rows.stored.contains(&uuid), rows.occurred.contains(&uuid));
        let alone = rows.dead.get(&(request.id, part));
        // A body that killed its workers behind the commit is a letter as a whole, and stored too.
        let whole = rows
            .dead
            .get(&(request.id, -1))
            .filter(|_| !stored && !occurred);
        let dead = alone.or(whole);
        self.accepted += 1;
        let bad = request.bad == Some(position);
        self.planned_dead += u64::from(bad);
        self.planned_alive += u64::from(bad && dead.is_none());
        match (stored, occurred, dead) {
            (true, false, None) => self.stored += 1,
            (false, true, None) => self.duplicate += 1,
            (false, false, Some(reason)) => {
                self.dead_lettered += 1;
                if !bad {
                    *self.unplanned_dead.entry(reason.clone()).or_default() += 1;
                }
            }
            (false, false, None) => {
                self.lost += 1;
                self.example(request.id, position);
            }
            _ => {
                self.stored_twice += 1;
                self.example(request.id, position);
            }
        }
    }

    fn example(&mut self, receipt: Uuid, position: u32) {
        if self.examples.len() < 10 {
            self.examples.push((receipt, position));
        }
    }
}

impl Rows {
    async fn of(database: &Client, requests: &[Accepted]) -> anyhow::Result<Self> {
        let uuids: Vec<Uuid> = requests
            .iter()
            .flat_map(|request| {
                let receipt = ReceiptId(request.id);
                (0..request.documents).map(move |position| receipt.alert_uuid(position))
            })
            .collect();
        let receipts: Vec<Uuid> = requests.iter().map(|request| request.id).collect();
        let stored = database.query(STORED, &[&uuids]).await?;
        let occurred = database.query(OCCURRED, &[&uuids]).await?;
        let dead = database.query(DEAD, &[&receipts]).await?;
        Ok(Self {
            stored: stored.iter().map(|row| row.get(0)).collect(),
            occurred: occurred.iter().map(|row| row.get(0)).collect(),
            dead: dead
                .iter()
                .map(|row| ((row.get(0), row.get(1)), row.get(2)))
                .collect(),
        })
    }
}

/// The requests of which a document is nowhere yet.
///
/// # Errors
/// When Postgres cannot be asked.
pub(super) async fn missing(
    database: &Client,
    accepted: &[Accepted],
) -> anyhow::Result<Vec<Accepted>> {
    let mut missing = Vec::new();
    for chunk in accepted.chunks(CHUNK) {
        let rows = Rows::of(database, chunk).await?;
        missing.extend(chunk.iter().copied().filter(|request| {
            let mut ledger = Ledger::default();
            (0..request.documents).for_each(|position| ledger.add(request, position, &rows));
            ledger.lost > 0
        }));
    }
    Ok(missing)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(documents: u32, bad: Option<u32>) -> Accepted {
        Accepted {
            id: Uuid::now_v7(),
            documents,
            bad,
        }
    }

    fn count(request: &Accepted, rows: &Rows) -> Ledger {
        let mut ledger = Ledger::default();
        (0..request.documents).for_each(|position| ledger.add(request, position, rows));
        ledger
    }

    #[test]
    fn every_document_has_one_fate_or_is_named() {
        let request = request(5, Some(2));
        let uuid = |position| ReceiptId(request.id).alert_uuid(position);
        let rows = Rows {
            stored: [uuid(0), uuid(4)].into(),
            occurred: [uuid(1), uuid(4)].into(),
            dead: [((request.id, 2), "constraint".to_owned())].into(),
        };
        let ledger = count(&request, &rows);
        assert_eq!(
            (ledger.accepted, ledger.stored, ledger.duplicate),
            (5, 1, 1)
        );
        assert_eq!((ledger.dead_lettered, ledger.planned_dead), (1, 1));
        assert_eq!((ledger.lost, ledger.stored_twice), (1, 1));
        assert_eq!(ledger.examples, [(request.id, 3), (request.id, 4)]);
        assert!(ledger.unplanned_dead.is_empty() && !ledger.holds());
    }

    #[test]
    fn a_body_that_is_a_dead_letter_as_a_whole_accounts_for_what_is_nowhere_else() {
        let request = request(2, None);
        let rows = Rows {
            stored: [ReceiptId(request.id).alert_uuid(0)].into(),
            dead: [((request.id, -1), "delivery_limit".to_owned())].into(),
            ..Rows::default()
        };
        let ledger = count(&request, &rows);
        assert_eq!((ledger.stored, ledger.dead_lettered), (1, 1));
        assert_eq!(ledger.unplanned_dead["delivery_limit"], 1);
        assert!(ledger.holds());
    }

    #[test]
    fn a_bad_document_that_was_stored_breaks_the_promise() {
        let request = request(1, Some(0));
        let rows = Rows {
            stored: [request.id].into(),
            ..Rows::default()
        };
        assert!(!count(&request, &rows).holds());
    }
}
