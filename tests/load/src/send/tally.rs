//! What became of the requests: statuses, latencies, and the receipts of those accepted.

use std::{collections::BTreeMap, time::Duration};

use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    client::{Answer, PostError},
    latency::Latencies,
    report::{grouped, per_second, rate, table},
};

/// One accepted request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Its id.
    pub id: Uuid,
    /// How many alerts it holds.
    pub documents: u32,
}

/// The outcome of a run, or of a part of it.
#[derive(Clone, Debug)]
pub struct Tally {
    /// Answers by status.
    pub statuses: BTreeMap<u16, u64>,
    /// Requests that got no answer, by why.
    pub unanswered: BTreeMap<String, u64>,
    /// Latencies of the answered.
    pub latencies: Latencies,
    /// Receipts of the accepted.
    pub receipts: Vec<Receipt>,
    /// How long the run took.
    pub elapsed: Duration,
}

impl Tally {
    /// Nothing yet.
    ///
    /// # Errors
    /// Never.
    pub fn new() -> anyhow::Result<Self> {
        Ok(Self {
            statuses: BTreeMap::new(),
            unanswered: BTreeMap::new(),
            latencies: Latencies::new()?,
            receipts: Vec::new(),
            elapsed: Duration::ZERO,
        })
    }

    /// Adds one request; returns whether it was accepted.
    pub fn record(&mut self, answer: &Result<Answer, PostError>, latency: Duration) -> bool {
        match answer {
            Ok(answer) => {
                *self.statuses.entry(answer.status).or_default() += 1;
                self.latencies.record(latency);
                let receipt = answer.accepted().map(|accepted| Receipt {
                    id: accepted.receipt_id,
                    documents: accepted.documents,
                });
                self.receipts.extend(receipt);
                receipt.is_some()
            }
            Err(error) => {
                *self.unanswered.entry(error.to_string()).or_default() += 1;
                false
            }
        }
    }

    /// Adds another part of the same run.
    ///
    /// # Errors
    /// Never.
    pub fn add(&mut self, other: Self) -> anyhow::Result<()> {
        for (status, count) in other.statuses {
            *self.statuses.entry(status).or_default() += count;
        }
        for (reason, count) in other.unanswered {
            *self.unanswered.entry(reason).or_default() += count;
        }
        self.latencies.add(&other.latencies)?;
        self.receipts.extend(other.receipts);
        Ok(())
    }

    /// How many were accepted.
    pub fn accepted(&self) -> u64 {
        u64::try_from(self.receipts.len()).unwrap_or(u64::MAX)
    }

    /// How many were accepted a second.
    pub fn accepted_per_second(&self) -> f64 {
        per_second(self.accepted(), self.elapsed)
    }

    /// Whether every request was accepted.
    pub fn all_accepted(&self) -> bool {
        self.unanswered.is_empty() && self.statuses.keys().all(|status| *status == 202)
    }

    /// For people.
    pub fn table(&self) -> String {
        let mut table = table(["what", "figure"]);
        for (status, count) in &self.statuses {
            table.add_row([format!("answered {status}"), grouped(*count)]);
        }
        for (reason, count) in &self.unanswered {
            table.add_row([reason.clone(), grouped(*count)]);
        }
        table.add_row(["accepted a second".into(), rate(self.accepted_per_second())]);
        table.add_row([
            "seconds".into(),
            format!("{:.1}", self.elapsed.as_secs_f64()),
        ]);
        table.add_row(["latency".into(), self.latencies.line()]);
        table.to_string()
    }

    /// For programs.
    pub fn json(&self) -> Value {
        json!({
            "statuses": self.statuses, "unanswered": self.unanswered, "accepted": self.accepted(),
            "accepted_per_s": self.accepted_per_second(), "seconds": self.elapsed.as_secs_f64(),
            "latency": self.latencies.json(),
        })
    }
}
