//! One gateway and some workers behind proxies, and what a test may ask and do to them.
//!
//! A test ends by `finish`, which fails when a vhost, a database or a program is left. A test that
//! failed before shows the ends of the programs' logs.

use std::time::Duration;

use anyhow::{Context, ensure};
use bytes::Bytes;
use calseta_load::{
    client::Client,
    database,
    send::{Receipt, Tally},
    settings::Settings,
    stack::{Options, Program, Stack},
    verify::{Ledger, verify},
};
use serde_json::Value;

use crate::{ChaosProxy, binaries};

/// How long a test waits for the pipeline to settle what it accepted.
const PATIENCE: Duration = Duration::from_secs(90);

/// What a test wants.
#[derive(Clone, Debug, Default)]
pub struct Builder {
    workers: usize,
    gateway: Vec<(String, String)>,
    worker: Vec<(String, String)>,
    settings: Option<Settings>,
}

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
        Builder {
            workers,
            ..Builder::default()
        }
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
        self.database = database::connect(&self.stack.database.config()).await?;
        Ok(())
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

impl Builder {
    /// A setting of the gateway, by its name in the environment.
    #[must_use]
    pub fn gateway(mut self, name: &str, value: &str) -> Self {
        self.gateway.push((name.into(), value.into()));
        self
    }

    /// A setting of the workers, by its name in the environment.
    #[must_use]
    pub fn worker(mut self, name: &str, value: &str) -> Self {
        self.worker.push((name.into(), value.into()));
        self
    }

    /// On these servers instead of those of the environment.
    #[must_use]
    pub fn on(mut self, settings: Settings) -> Self {
        self.settings = Some(settings);
        self
    }

    /// Starts it all and waits until it is ready.
    ///
    /// # Errors
    /// Says what is not there, and what to run.
    pub async fn start(self) -> anyhow::Result<Pipeline> {
        let settings = self.settings.unwrap_or_else(Settings::of_process);
        let broker = settings.broker_address().context(MAKE_TEST)?;
        let postgres = settings.postgres_address().context(MAKE_TEST)?;
        let broker = ChaosProxy::start(broker).await?;
        let postgres = ChaosProxy::start(postgres).await?;
        let options = Options {
            binaries: binaries::folder()?,
            purpose: "e2e".into(),
            broker: Some(broker.address()),
            worker_broker: None,
            postgres: Some(postgres.address()),
            gateway: self.gateway,
            worker: self.worker,
        };
        let mut stack = Stack::create(&settings, options).await?;
        for _ in 0..self.workers {
            stack.launch_worker()?;
        }
        stack.start_gateway().await?;
        for index in 0..self.workers {
            stack.worker(index)?.ready(PATIENCE).await?;
        }
        Ok(Pipeline {
            client: stack.client()?,
            database: database::connect(&stack.database.config()).await?,
            stack,
            broker,
            postgres,
            finished: false,
        })
    }
}

const MAKE_TEST: &str = "end-to-end tests need servers: run `make test`, or `make services` and load target/services/services.env";
