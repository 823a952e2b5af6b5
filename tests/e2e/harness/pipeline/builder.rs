//! What a test wants of its pipeline, and the start of it: ready when the test gets it.

use anyhow::Context;
use calseta_load::{
    database,
    settings::Settings,
    stack::{Options, Stack},
};

use super::{PATIENCE, Pipeline};
use crate::{ChaosProxy, binaries};

/// What a test wants.
#[derive(Clone, Debug, Default)]
pub struct Builder {
    workers: usize,
    gateway: Vec<(String, String)>,
    worker: Vec<(String, String)>,
    settings: Option<Settings>,
}

impl Builder {
    pub(super) fn new(workers: usize) -> Self {
        Self {
            workers,
            ..Self::default()
        }
    }

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
