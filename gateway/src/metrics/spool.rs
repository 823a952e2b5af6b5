//! What the spool shows of itself. Nothing is decided by these numbers.

use std::sync::atomic::AtomicU64;

use prometheus_client::{
    metrics::{counter::Counter, gauge::Gauge},
    registry::{Registry, Unit},
};

/// The spool's metrics; clones count together.
#[derive(Clone, Debug, Default)]
pub struct SpoolMetrics {
    /// Payloads in the spool.
    pub depth: Gauge,
    /// Bytes in the spool, and on their way there.
    pub bytes: Gauge,
    /// How long the oldest has waited.
    pub oldest_age: Gauge<f64, AtomicU64>,
    /// Payloads put in.
    pub appended: Counter,
    /// Payloads the broker has confirmed since.
    pub drained: Counter,
    /// Records set aside.
    pub unreadable: Counter,
    /// Transactions, each with one fsync.
    pub syncs: Counter,
}

impl SpoolMetrics {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        let gauges = [
            ("spool_depth", "Payloads in the spool", &metrics.depth),
            (
                "spool_bytes",
                "Bytes in the spool, of spool.max_bytes",
                &metrics.bytes,
            ),
        ];
        for (name, help, gauge) in gauges {
            registry.register(name, help, gauge.clone());
        }
        registry.register_with_unit(
            "spool_oldest_age",
            "How long the oldest payload of the spool has waited",
            Unit::Seconds,
            metrics.oldest_age.clone(),
        );
        let counters = [
            (
                "spool_appended",
                "Payloads put into the spool",
                &metrics.appended,
            ),
            (
                "spool_drained",
                "Payloads of the spool that the broker confirmed",
                &metrics.drained,
            ),
            (
                "spool_unreadable",
                "Records of the spool that were set aside",
                &metrics.unreadable,
            ),
            (
                "spool_syncs",
                "Transactions of the spool, each with one fsync",
                &metrics.syncs,
            ),
        ];
        for (name, help, counter) in counters {
            registry.register(name, help, counter.clone());
        }
        metrics
    }
}
