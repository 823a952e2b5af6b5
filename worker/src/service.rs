//! Owns the order of start and of shutdown, and nothing else.
//!
//! Start: admin port, schema, partitions, dead-letter publisher, field mappings, pipeline, consumers. Shutdown: no new deliveries,
//! the last batches are stored and settled within the grace period, then connections close. What is not
//! settled by then was not acknowledged, and comes again.

mod parts;
mod schema;

use std::{net::TcpListener, sync::Arc};

use anyhow::Context;
use calseta_shared::{
    admin,
    broker::{Backoff, Publisher},
    health::{Health, Part},
    payload::Limits as PayloadLimits,
};
use deadpool_postgres::Pool;
use prometheus_client::registry::Registry;
use tokio::time::timeout;
use tokio_postgres_rustls::MakeRustlsConnect;
use tokio_util::sync::CancellationToken;

use crate::{
    config::WorkerConfig,
    metrics::Metrics,
    settle::Settle,
    store::{self, MigrateError},
};

const NAME: &str = "calseta-worker";

/// A worker that is ready to run.
pub struct Service {
    config: WorkerConfig,
    health: Health,
    metrics: Arc<Metrics>,
    registry: Arc<Registry>,
    pool: Pool,
    admin: TcpListener,
}

/// The three moments of an end.
#[derive(Clone, Default)]
struct Ends {
    /// No new deliveries.
    stop: CancellationToken,
    /// The grace period is over.
    abandon: CancellationToken,
    /// Nothing will be acknowledged any more.
    finished: CancellationToken,
}

/// Brings the schema up to date; returns the names of the steps that were missing.
///
/// # Errors
/// When Postgres cannot be reached or a step fails.
pub async fn migrate(config: &WorkerConfig) -> Result<Vec<String>, MigrateError> {
    let settings = config.database.settings(NAME)?;
    let tls = MakeRustlsConnect::new(calseta_shared::tls::client());
    store::migrate(&settings, tls).await
}

impl Service {
    /// Checks everything that can be checked without a server, and binds the admin port.
    ///
    /// # Errors
    /// Says what cannot be used.
    pub fn build(config: WorkerConfig) -> anyhow::Result<Self> {
        config.broker.check()?;
        let pool = config.database.pool(NAME)?;
        let admin = TcpListener::bind(&config.admin.listen)
            .with_context(|| format!("cannot listen on admin.listen = {}", config.admin.listen))?;
        let mut registry = Registry::default();
        let metrics = Metrics::register(&mut registry);
        Ok(Self {
            config,
            health: Health::new(),
            metrics,
            registry: Arc::new(registry),
            pool,
            admin,
        })
    }

    /// Waits for Postgres if it must, runs until `stop`, then drains. The admin port answers throughout.
    ///
    /// # Errors
    /// When a part cannot be started.
    pub async fn run(self, stop: CancellationToken) -> anyhow::Result<()> {
        let admin = admin::serve(
            self.admin.try_clone()?,
            self.health.clone(),
            self.registry.clone(),
        )?;
        let admin_handle = admin.handle();
        tokio::spawn(admin);
        let database = self.health.part("database");
        let outcome = match schema::bring_up_to_date(&self.config, &database, &stop).await {
            Ok(true) => self.work_until(stop, database).await,
            Ok(false) => Ok(()),
            Err(error) => Err(error),
        };
        admin_handle.stop(false).await;
        if outcome.is_ok() {
            tracing::info!("the worker has ended");
        }
        outcome
    }

    async fn work_until(&self, stop: CancellationToken, database: Part) -> anyhow::Result<()> {
        let ends = Ends {
            stop,
            ..Ends::default()
        };
        let (publisher, supervisor) = Publisher::start(
            self.config.broker.clone(),
            self.config.topology.clone(),
            self.config.publisher.clone(),
            self.health.part("dead_letter_publisher"),
            ends.finished.clone(),
        );
        let settle = Settle::new(
            publisher,
            self.metrics.clone(),
            Backoff::new(
                self.config.broker.backoff_min,
                self.config.broker.backoff_max,
            ),
            ends.abandon.clone(),
        );
        let upkeep = self.keep_up(&ends);
        let (interpreter, mappings) = self.keep_mappings(&ends).await?;
        let working = self.work(interpreter, (&settle, upkeep.1, database), &ends)?;
        let consumers = self.consume(working.deliveries, working.dead, &ends);

        ends.stop.cancelled().await;
        let drained = async {
            for task in working.tasks {
                report(task.await);
            }
        };
        if timeout(self.config.shutdown.grace, drained).await.is_err() {
            tracing::warn!("the grace period is over, what is not settled comes again");
        }
        ends.abandon.cancel();
        ends.finished.cancel();
        for task in consumers
            .into_iter()
            .chain(upkeep.0)
            .chain([mappings, supervisor])
        {
            report(task.await);
        }
        Ok(())
    }
}

/// What the worker reads of one body at most.
pub fn payload_limits(config: &WorkerConfig) -> PayloadLimits {
    PayloadLimits {
        documents: config.payload.max_documents,
        ..PayloadLimits::default()
    }
}

fn report(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "a part of the worker ended early");
    }
}
