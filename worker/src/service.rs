//! Owns the order of start and of shutdown, and nothing else.
//!
//! Start: schema, partitions, dead-letter publisher, pipeline, consumers. Shutdown: no new deliveries,
//! the last batches are stored and settled within the grace period, then connections close. What is not
//! settled by then was not acknowledged, and comes again.

use std::{net::TcpListener, sync::Arc};

use anyhow::Context;
use arc_swap::ArcSwap;
use calseta_shared::{
    admin,
    broker::{Backoff, Consumer, Publisher},
    health::{Health, State},
    payload::Limits as PayloadLimits,
    topology,
};
use deadpool_postgres::Pool;
use prometheus_client::registry::Registry;
use tokio::{sync::mpsc, task::JoinHandle, time::timeout};
use tokio_postgres_rustls::MakeRustlsConnect;
use tokio_util::sync::CancellationToken;

use crate::{
    batch::Limits,
    config::WorkerConfig,
    drain::Drain,
    interpret::Interpreter,
    metrics::Metrics,
    pipeline::Pipeline,
    settle::Settle,
    store::{self, Partitions, Seen, Store},
    upkeep,
    write::Writer,
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
pub async fn migrate(config: &WorkerConfig) -> anyhow::Result<Vec<String>> {
    let settings = config.database.settings(NAME)?;
    let tls = MakeRustlsConnect::new(calseta_shared::tls::client());
    Ok(store::migrate(&settings, tls).await?)
}

impl Service {
    /// Checks everything that can be checked, binds the admin port and brings the schema up to date.
    ///
    /// # Errors
    /// Says what cannot be used.
    pub async fn build(config: WorkerConfig) -> anyhow::Result<Self> {
        config.broker.check()?;
        let pool = config.database.pool(NAME)?;
        let admin = TcpListener::bind(&config.admin.listen)
            .with_context(|| format!("cannot listen on admin.listen = {}", config.admin.listen))?;
        if config.migrate.at_start {
            let steps = migrate(&config).await?;
            tracing::info!(steps = steps.len(), "the schema is up to date");
        }
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

    /// Runs until `stop`, then drains.
    ///
    /// # Errors
    /// When a part cannot be started.
    pub async fn run(self, stop: CancellationToken) -> anyhow::Result<()> {
        let ends = Ends {
            stop,
            ..Ends::default()
        };
        let admin = admin::serve(
            self.admin.try_clone()?,
            self.health.clone(),
            self.registry.clone(),
        )?;
        let admin_handle = admin.handle();
        tokio::spawn(admin);
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
        let working = self.work(&settle, upkeep.1, &ends)?;
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
        for task in consumers.into_iter().chain(upkeep.0).chain([supervisor]) {
            report(task.await);
        }
        admin_handle.stop(false).await;
        tracing::info!("the worker has ended");
        Ok(())
    }

    /// Partitions and `last_seen`.
    fn keep_up(&self, ends: &Ends) -> ([JoinHandle<()>; 2], (Partitions, Seen)) {
        let (partitions, seen) = (Partitions::default(), Seen::default());
        let tasks = [
            tokio::spawn(upkeep::keep_partitions(
                self.pool.clone(),
                partitions.clone(),
                self.config.partitions.clone(),
                self.health.part("partitions"),
                ends.stop.clone(),
            )),
            tokio::spawn(upkeep::keep_seen(
                self.pool.clone(),
                seen.clone(),
                self.config.store.clone(),
                ends.finished.clone(),
            )),
        ];
        (tasks, (partitions, seen))
    }

    /// The pipeline and the drain of dead letters, waiting for deliveries.
    fn work(
        &self,
        settle: &Settle,
        (partitions, seen): (Partitions, Seen),
        ends: &Ends,
    ) -> anyhow::Result<Working> {
        let config = &self.config;
        let backoff = Backoff::new(config.store.backoff_min, config.store.backoff_max);
        let database = self.health.part("database");
        // The schema was looked at a moment ago; from here on, every batch tells.
        database.set(State::Ready);
        let interpreter = Interpreter::new(&[], payload_limits(config))?;
        let store = Store::new(
            self.pool.clone(),
            config.store.fingerprint_window,
            config.store.cache_entries,
            partitions,
            seen,
        );
        let pipeline = Arc::new(Pipeline {
            interpreter: Arc::new(ArcSwap::from_pointee(interpreter)),
            writer: Writer {
                store,
                settle: settle.clone(),
                metrics: self.metrics.clone(),
                backoff: backoff.clone(),
                health: database,
                abandon: ends.abandon.clone(),
            },
            settle: settle.clone(),
            metrics: self.metrics.clone(),
            limits: Limits {
                alerts: config.batch.max_alerts,
                bytes: usize::try_from(config.batch.max_bytes.as_u64())?,
                age: config.batch.max_age,
            },
            writers: config.store.writers,
        });
        let drain = Arc::new(Drain {
            pool: self.pool.clone(),
            settle: settle.clone(),
            backoff,
            stop: ends.stop.clone(),
        });
        let (deliveries, incoming) = mpsc::channel(usize::from(config.consumer.prefetch));
        let (dead, incoming_dead) = mpsc::channel(100);
        let tasks = [
            tokio::spawn(pipeline.run(incoming, ends.stop.clone())),
            tokio::spawn(drain.run(incoming_dead)),
        ];
        Ok(Working {
            deliveries,
            dead,
            tasks,
        })
    }

    fn consume(
        &self,
        deliveries: mpsc::Sender<calseta_shared::broker::Delivery>,
        dead: mpsc::Sender<calseta_shared::broker::Delivery>,
        ends: &Ends,
    ) -> [JoinHandle<()>; 2] {
        let consumer = |queue, part| Consumer {
            broker: self.config.broker.clone(),
            topology: self.config.topology.clone(),
            queue,
            config: self.config.consumer.clone(),
            health: self.health.part(part),
            stop: ends.stop.clone(),
            finished: ends.finished.clone(),
        };
        [
            tokio::spawn(consumer(topology::RAW, "consumer").run(deliveries)),
            tokio::spawn(consumer(topology::DEAD, "dead_letter_consumer").run(dead)),
        ]
    }
}

struct Working {
    deliveries: mpsc::Sender<calseta_shared::broker::Delivery>,
    dead: mpsc::Sender<calseta_shared::broker::Delivery>,
    tasks: [JoinHandle<()>; 2],
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
