//! Every metric of the worker, in one table; the help text is what a reader of `/metrics` sees.
//!
//! Labels come from closed enums, so that no sender can make a new series.

use std::sync::Arc;

use prometheus_client::{
    encoding::{EncodeLabelSet, EncodeLabelValue},
    metrics::{
        counter::Counter,
        family::Family,
        histogram::{Histogram, exponential_buckets},
    },
    registry::{Registry, Unit},
};

use crate::batch::FlushReason;

/// How a delivery was settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
pub enum Settlement {
    /// Stored and acknowledged.
    Ack,
    /// Handed to the dead letters and acknowledged.
    DeadLetter,
    /// Not acknowledged: its channel was gone, and it comes again.
    Stale,
}

/// What a document became.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
pub enum Outcome {
    /// A new alert.
    Stored,
    /// An occurrence of an alert that was sent before.
    Occurrence,
    /// A dead letter.
    Dead,
}

/// `settlement` label.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct BySettlement {
    /// The label.
    pub settlement: Settlement,
}

/// `outcome` label.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ByOutcome {
    /// The label.
    pub outcome: Outcome,
}

/// `flush_reason` label.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ByFlushReason {
    /// The label.
    pub flush_reason: FlushReason,
}

/// `reason` label.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ByReason {
    /// The label, of the closed list of reasons.
    pub reason: &'static str,
}

/// The worker's metrics.
pub struct Metrics {
    /// Deliveries by how they were settled.
    pub deliveries: Family<BySettlement, Counter>,
    /// Documents by what they became.
    pub alerts: Family<ByOutcome, Counter>,
    /// Dead letters by reason.
    pub dead_letters: Family<ByReason, Counter>,
    /// Alerts a batch.
    pub batch_alerts: Histogram,
    /// Batches by why they were closed.
    pub batches: Family<ByFlushReason, Counter>,
    /// Time of one transaction.
    pub store_duration: Histogram,
    /// Attempts to store a batch that failed, and were or will be tried again.
    pub store_retries: Counter,
    /// Receipt at the gateway to commit here: the one number users feel.
    pub alert_latency: Histogram,
}

impl Metrics {
    /// Registers every metric.
    pub fn register(registry: &mut Registry) -> Arc<Self> {
        let seconds = || Histogram::new(exponential_buckets(0.001, 2.0, 18));
        let metrics = Self {
            deliveries: Family::default(),
            alerts: Family::default(),
            dead_letters: Family::default(),
            batch_alerts: Histogram::new(exponential_buckets(1.0, 2.0, 12)),
            batches: Family::default(),
            store_duration: seconds(),
            store_retries: Counter::default(),
            alert_latency: seconds(),
        };
        let worker = registry.sub_registry_with_prefix("worker");
        worker.register(
            "deliveries",
            "Deliveries by how they were settled",
            metrics.deliveries.clone(),
        );
        worker.register(
            "alerts",
            "Documents by what they became",
            metrics.alerts.clone(),
        );
        worker.register(
            "dead_letters",
            "Dead letters by reason",
            metrics.dead_letters.clone(),
        );
        worker.register(
            "batch_alerts",
            "Alerts a batch",
            metrics.batch_alerts.clone(),
        );
        worker.register(
            "batches",
            "Batches by why they were closed",
            metrics.batches.clone(),
        );
        worker.register_with_unit(
            "store_duration",
            "Time of one transaction",
            Unit::Seconds,
            metrics.store_duration.clone(),
        );
        worker.register(
            "store_retries",
            "Failed attempts to store a batch",
            metrics.store_retries.clone(),
        );
        registry.register_with_unit(
            "alert_latency",
            "Receipt at the gateway to commit",
            Unit::Seconds,
            metrics.alert_latency.clone(),
        );
        Arc::new(metrics)
    }
}
