//! One gateway and some workers behind proxies, and what a test may ask and do to them.
//!
//! A test ends by `finish`, which fails when a vhost, a database or a program is left. A test that
//! failed before shows the ends of the programs' logs.

mod builder;

use std::time::Duration;

use anyhow::{Context, ensure};
use bytes::Bytes;
use calseta_load::{
    client::Client,
    database,
    send::{Receipt, Tally},
    stack::{Program, Stack},
    verify::{Ledger, verify},
};
use serde_json::Value;

pub use self::builder::Builder;
use crate::ChaosProxy;

/// How long a test waits for the pipeline to settle what it accepted.
const PATIENCE: Duration = Duration::from_secs(90);

/// The pipeline of one test.
#[derive(Debug)]
pub struct Pipeline {
    stack: Stack,
    /// Posts alerts, signed, with a key.
    pub client: Client,
    /// Asks Postgres, past the proxy.
    pub database: tokio_postgres::Client,
    /// Between the programs and the broker.
    pub broker: ChaosProxy,
    /// Between the programs and Postgres.
    pub postgres: ChaosProxy,
    finished: bool,
}

impl Pipeline {
    /// A gateway and this many workers.
    pub fn with_workers(workers: usize) -> Builder {
        Builder::new(workers)
    }

    /// Starts one more worker and waits until it is ready.
    ///
    /// # Errors
    /// When it is not ready in time.
    pub async fn start_worker(&mut self) -> anyhow::Result<()> {
        self.stack.start_worker().await.map(|_| ())
    }

    /// Starts a gateway where the one before was, and waits until it is ready.
    ///
    /// # Errors
    /// When it is not ready in time.
    pub async fn start_gateway(&mut self) -> anyhow::Result<()> {
        self.stack.start_gateway().await.map(|_| ())
    }

    /// The gateway.
    ///
    /// # Errors
    /// Never: it was started.
    pub fn gateway(&mut self) -> anyhow::Result<&mut Program> {
        self.stack.gateway()
    }

    /// A worker, in the order they were started.
    ///
    /// # Errors
    /// When so many were not started.
    pub fn worker(&mut self, index: usize) -> anyhow::Result<&mut Program> {
        self.stack.worker(index)
    }

    /// The vhost, to ask the broker itself.
    pub fn vhost(&self) -> &calseta_load::scratch::Vhost {
        &self.stack.vhost
    }

    /// A command of a program, ready to be run in the environment of the pipeline.
    pub fn prepare(&self, program: &str, arguments: &[&str]) -> std::process::Command {
        self.stack.prepare(program, arguments)
    }

    /// Posts one document, and returns its receipt.
    ///
    /// # Errors
    /// When it is not accepted.
    pub async fn accept(&self, document: &Value) -> anyhow::Result<Receipt> {
        let answer = self.client.post(Bytes::from(document.to_string())).await?;
        let accepted = answer
            .accepted()
            .with_context(|| format!("refused: {} {}", answer.status, answer.json()))?;
        Ok(Receipt {
            id: accepted.receipt_id,
            documents: accepted.documents,
        })
    }

    /// Waits until these are settled.
    ///
    /// # Errors
    /// When Postgres cannot be asked, or one is missing or counted wrong.
    pub async fn settled(&self, receipts: &[Receipt]) -> anyhow::Result<Ledger> {
        let ledger = verify(&self.database, receipts, PATIENCE).await?;
        ensure!(
            ledger.is_complete(),
            "accepted is not stored:\n{}{}",
            ledger.table(),
            self.stack.logs()
        );
        Ok(ledger)
    }

    /// Waits until all of a run is settled: every request accepted, every alert one row, no row more.
    ///
    /// # Errors
    /// When something was refused, lost, or stored twice.
    pub async fn stored_once(&self, tally: &Tally) -> anyhow::Result<()> {
        ensure!(
            tally.all_accepted(),
            "not all accepted:\n{}{}",
            tally.table(),
            self.stack.logs()
        );
        let ledger = self.settled(&tally.receipts).await?;
        ensure!(
            ledger.alerts == tally.accepted(),
            "not one alert a receipt:\n{}",
            ledger.table()
        );
        let rows = self.count("SELECT count(*) FROM alerts").await?;
        ensure!(
            rows == tally.accepted(),
            "{rows} rows for {} alerts",
            tally.accepted()
        );
        let occurrences = self.count("SELECT count(*) FROM alert_occurrences").await?;
        ensure!(
            occurrences == 0,
            "{occurrences} occurrences of alerts that were sent once"
        );
        let dead = self.count("SELECT count(*) FROM dead_letters").await?;
        ensure!(dead == 0, "{dead} dead letters of good alerts");
        Ok(())
    }

    /// Connects to Postgres anew, which ended all sessions.
    ///
    /// # Errors
    /// When it is not back yet.
    pub async fn reconnect(&mut self) -> anyhow::Result<()> {
        self.database = self.connect().await?;
        Ok(())
    }

    /// Another connection to Postgres, past the proxy.
    ///
    /// # Errors
    /// When it cannot be reached.
    pub async fn connect(&self) -> anyhow::Result<tokio_postgres::Client> {
        database::connect(&self.stack.database.config()).await
    }

    /// The one number a query gives.
    ///
    /// # Errors
    /// When the query fails.
    pub async fn count(&self, query: &str) -> anyhow::Result<u64> {
        let row = self.database.query_one(query, &[]).await?;
        Ok(u64::try_from(row.get::<_, i64>(0))?)
    }

    /// Ends everything, and asserts that nothing is left.
    ///
    /// # Errors
    /// When something is left.
    pub fn finish(mut self) -> anyhow::Result<()> {
        self.finished = true;
        self.stack.remove()
    }
}

impl Drop for Pipeline {
    fn drop(&mut self) {
        if !self.finished {
            calseta_load::report::progress(&self.stack.logs());
        }
    }
}
