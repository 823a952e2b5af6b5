//! Breaks everything that can break, at random and again by its seed, while alerts come in.
//!
//! What was accepted must be stored, an occurrence, or a dead letter, each document once; no answer may
//! be a 5xx. Needs servers that nobody else uses: it kills them.

mod bodies;
mod fault;
mod faults;
mod ledger;
pub mod network;
mod outcome;
mod plan;
mod sender;
mod settle;

use std::{path::PathBuf, time::Duration};

use time::OffsetDateTime;
use tokio::time::Instant;

pub use fault::{Fault, Link};
pub use ledger::Ledger;
pub use outcome::Outcome;

use crate::{
    report,
    servers::Servers,
    stack::{Options, Stack},
};

use bodies::Bodies;
use faults::{Links, Plans, Record, Scene};
use plan::Acts;
use sender::{Senders, Sent};

/// One run.
#[derive(Clone, Debug)]
pub struct Chaos {
    /// What makes the same faults and the same alerts again.
    pub seed: u64,
    /// How long faults strike.
    pub length: Duration,
    /// Requests a second.
    pub rate: f64,
    /// The kinds of fault.
    pub kinds: Vec<Fault>,
    /// Workers.
    pub workers: usize,
    /// The folder of the binaries.
    pub binaries: PathBuf,
}

impl Chaos {
    /// Runs it on `servers`, waits until everything is at rest, and counts.
    ///
    /// # Errors
    /// When it could not be run to its end; a broken promise is part of the outcome.
    pub async fn run(&self, servers: &Servers) -> anyhow::Result<Outcome> {
        let settings = servers.settings()?;
        let links = Links::start(&settings).await?;
        let options = Options {
            binaries: self.binaries.clone(),
            purpose: "chaos".into(),
            broker: Some(links.gateway_broker.address()),
            worker_broker: Some(links.worker_broker.address()),
            postgres: Some(links.postgres.address()),
            ..Options::default()
        };
        let mut stack = Stack::create(&settings, options).await?;
        stack.start_gateway().await?;
        for _ in 0..self.workers {
            stack.start_worker().await?;
        }
        let mut scene = Scene {
            stack: &mut stack,
            servers,
            links: &links,
        };
        let mut record = Record::default();
        let sent = self.break_everything(&mut scene, &mut record).await?;
        report::progress("        no more faults: waiting until everything is at rest");
        faults::rest(&mut scene, &mut record).await?;
        let ledger = settle::settle(&mut scene, &mut record, &sent.accepted).await?;
        let mut outcome = self.outcome(sent, ledger);
        settle::reconcile(scene.stack, &mut record);
        outcome.note(record);
        stack.remove()?;
        Ok(outcome)
    }

    /// Faults under load until the time is over; between two acts everything may settle.
    async fn break_everything(
        &self,
        scene: &mut Scene<'_>,
        record: &mut Record,
    ) -> anyhow::Result<Sent> {
        let started = Instant::now();
        let bodies = Bodies::new(self.seed, OffsetDateTime::now_utc());
        let senders = Senders::start(&scene.stack.client()?, bodies, self.rate);
        let mut plans = Plans::new(self.seed, &self.kinds);
        for length in Acts::new(self.seed) {
            let left = self.length.saturating_sub(started.elapsed());
            if left.is_zero() {
                break;
            }
            report::progress(&format!("{:>5} s", started.elapsed().as_secs()));
            faults::act(scene, &mut plans, record, length.min(left)).await?;
            faults::rest(scene, record).await?;
        }
        senders.end().await
    }

    fn outcome(&self, sent: Sent, ledger: Ledger) -> Outcome {
        Outcome {
            seed: self.seed,
            seconds: self.length.as_secs(),
            rate: self.rate,
            ledger,
            tally: sent.tally,
            given_up: sent.given_up,
            kills: [].into(),
            ended: [].into(),
            broken: Vec::new(),
        }
    }
}
