//! How a run ended, for a tired operator and for programs, and whether every promise held.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::Context;
use serde_json::{Value, json};

use super::{faults::Record, ledger::Ledger};
use crate::{
    report::{grouped, table},
    send::Tally,
};

/// Everything that is known of a run.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// What makes it again.
    pub seed: u64,
    /// Seconds of load and faults.
    pub seconds: u64,
    /// Requests a second that were due.
    pub rate: f64,
    /// Where every accepted document is.
    pub ledger: Ledger,
    /// Answers and latencies.
    pub tally: Tally,
    /// Bodies that were not accepted at any try.
    pub given_up: u64,
    /// Faults by name.
    pub kills: BTreeMap<&'static str, u64>,
    /// Programs that ended though nothing ended them.
    pub ended: BTreeMap<String, u64>,
    /// Promises that were broken besides the ledger.
    pub broken: Vec<String>,
}

impl Outcome {
    pub(super) fn note(&mut self, record: Record) {
        self.kills = record.kills;
        self.ended = record.ended;
        self.broken.extend(record.broken);
        for (reason, count) in &self.ledger.unplanned_dead {
            // A payload that met too many faults is parked by the delivery limit, as it should be.
            if reason != "delivery_limit" {
                let text = format!("{count} good documents are dead letters: {reason}");
                self.broken.push(text);
            }
        }
        let faults = self.tally.statuses.range(500..).map(|(_, count)| count);
        let faults: u64 = faults.sum();
        if faults > 0 {
            self.broken.push(format!("{faults} answers of 5xx"));
        }
    }

    /// Whether nothing was lost, nothing is there twice, and no other promise was broken.
    pub fn holds(&self) -> bool {
        self.ledger.holds() && self.broken.is_empty()
    }

    /// For people.
    pub fn text(&self) -> String {
        let ledger = &self.ledger;
        let mut fates = table(["documents", "count"]);
        let rows = [
            ("accepted", ledger.accepted),
            ("stored", ledger.stored),
            ("duplicate", ledger.duplicate),
            ("dead-lettered", ledger.dead_lettered),
            ("  of them planned", ledger.planned_dead),
            ("lost", ledger.lost),
            ("stored twice", ledger.stored_twice),
        ];
        for (name, count) in rows {
            fates.add_row([name.to_owned(), grouped(count)]);
        }
        for (reason, count) in &ledger.unplanned_dead {
            fates.add_row([format!("  not planned: {reason}"), grouped(*count)]);
        }
        let mut faults = table(["faults", "count"]);
        for (name, count) in &self.kills {
            faults.add_row([(*name).to_owned(), grouped(*count)]);
        }
        faults.add_row(["all".to_owned(), grouped(self.kills.values().sum())]);
        for (name, count) in &self.ended {
            faults.add_row([format!("{name} ended by itself"), grouped(*count)]);
        }
        let mut lines = vec![format!("\n{fates}\n\n{faults}\n\n{}\n", self.tally.table())];
        let examples = ledger.examples.iter();
        lines.extend(
            examples.map(|(receipt, position)| {
                format!("look at receipt {receipt}, document {position}")
            }),
        );
        lines.extend(self.broken.iter().map(|broken| format!("BROKEN: {broken}")));
        lines.push(self.verdict());
        lines.join("\n")
    }

    fn verdict(&self) -> String {
        let verdict = if self.holds() {
            "nothing lost, nothing twice"
        } else {
            "A PROMISE WAS BROKEN"
        };
        format!(
            "{verdict}; again: make chaos SEED={} SECONDS={} RATE={}",
            self.seed, self.seconds, self.rate
        )
    }

    /// For programs.
    pub fn json(&self) -> Value {
        let ledger = &self.ledger;
        json!({
            "accepted": ledger.accepted, "stored": ledger.stored, "duplicate": ledger.duplicate,
            "dead_lettered": ledger.dead_lettered, "lost": ledger.lost,
            "stored_twice": ledger.stored_twice, "kills": self.kills, "seed": self.seed,
            "seconds": self.seconds, "rate": self.rate, "planned_dead": ledger.planned_dead,
            "unplanned_dead": ledger.unplanned_dead, "given_up": self.given_up,
            "ended_by_themselves": self.ended, "broken": self.broken, "answers": self.tally.json(),
        })
    }

    /// Writes it as JSON.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, file: &Path) -> anyhow::Result<()> {
        let text = serde_json::to_string_pretty(&self.json())? + "\n";
        fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))
    }
}
