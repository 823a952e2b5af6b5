//! Puts each part of the worker together from its configuration.
//!
//! When a part starts and ends is said in `service` alone.

use std::sync::Arc;

use arc_swap::ArcSwap;
use bytesize::ByteSize;
use calseta_shared::{
    broker::{Backoff, Consumer, ConsumerConfig, Delivery},
    health::{Part, State},
    topology,
};
use tokio::{sync::mpsc, task::JoinHandle};

use super::{Ends, NAME, Service, payload_limits};
use crate::{
    batch::Limits,
    drain::Drain,
    interpret::Interpreter,
    mappings::Mappings,
    pipeline::Pipeline,
    settle::Settle,
    store::{Partitions, Seen, Store},
    upkeep,
    write::Writer,
};

/// Dead letters are few and may be large.
const DEAD_PREFETCH: u16 = 100;
/// Of the bytes that payloads may take, what dead letters may take beside them.
const DEAD_SHARE: u64 = 4;

impl Service {
    /// Partitions and `last_seen`.
    pub(super) fn keep_up(&self, ends: &Ends) -> ([JoinHandle<()>; 2], (Partitions, Seen)) {
        let (partitions, seen) = (Partitions::default(), Seen::default());
        let tasks = [
            tokio::spawn(upkeep::keep_partitions(
                self.pool.clone(),
                partitions.clone(),
                (self.config.partitions.clone(), self.retries()),
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

    /// The waits between attempts while Postgres is away.
    fn retries(&self) -> Backoff {
        Backoff::new(self.config.store.backoff_min, self.config.store.backoff_max)
    }

    /// The interpreter with the field mappings of the database, kept up to date. Without them no delivery is
    /// read: their indicators would be missing for good.
    pub(super) async fn keep_mappings(
        &self,
        ends: &Ends,
    ) -> anyhow::Result<(Arc<ArcSwap<Interpreter>>, JoinHandle<()>)> {
        let (config, limits) = (&self.config, payload_limits(&self.config));
        let interpreter = Arc::new(ArcSwap::from_pointee(Interpreter::new(&[], limits)?));
        let mappings = Mappings {
            settings: config.database.settings(NAME)?,
            interpreter: interpreter.clone(),
            limits,
            poll_interval: config.mappings.poll_interval,
            backoff: self.retries(),
            health: self.health.part("field_mappings"),
            stop: ends.stop.clone(),
        };
        Ok((interpreter, mappings.start().await))
    }

    /// The pipeline and the drain of dead letters, waiting for deliveries.
    pub(super) fn work(
        &self,
        interpreter: Arc<ArcSwap<Interpreter>>,
        (settle, (partitions, seen), database): (&Settle, (Partitions, Seen), Part),
        ends: &Ends,
    ) -> anyhow::Result<Working> {
        let config = &self.config;
        let backoff = self.retries();
        // The schema or the mappings were looked at a moment ago; from here on, every batch tells.
        database.set(State::Ready);
        let store = Store::new(
            self.pool.clone(),
            config.store.fingerprint_window,
            config.store.cache_entries,
            partitions,
            seen,
        );
        let pipeline = Arc::new(Pipeline {
            interpreter,
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
        let (dead, incoming_dead) = mpsc::channel(usize::from(DEAD_PREFETCH));
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

    pub(super) fn consume(
        &self,
        deliveries: mpsc::Sender<Delivery>,
        dead: mpsc::Sender<Delivery>,
        ends: &Ends,
    ) -> [JoinHandle<()>; 2] {
        let raw = self.config.consumer.clone();
        let dead_bytes = ByteSize(raw.max_bytes.as_u64() / DEAD_SHARE);
        let dead_config = ConsumerConfig::new(DEAD_PREFETCH, dead_bytes);
        let consumer = |queue, part, config| Consumer {
            broker: self.config.broker.clone(),
            topology: self.config.topology.clone(),
            queue,
            config,
            largest: self.config.payload.max_bytes,
            health: self.health.part(part),
            stop: ends.stop.clone(),
            finished: ends.finished.clone(),
        };
        [
            tokio::spawn(consumer(topology::RAW, "consumer", raw).run(deliveries)),
            tokio::spawn(consumer(topology::DEAD, "dead_letter_consumer", dead_config).run(dead)),
        ]
    }
}

/// The stages, and where their deliveries go in.
pub(super) struct Working {
    pub(super) deliveries: mpsc::Sender<Delivery>,
    pub(super) dead: mpsc::Sender<Delivery>,
    pub(super) tasks: [JoinHandle<()>; 2],
}
