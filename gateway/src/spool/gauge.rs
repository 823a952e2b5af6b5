//! How full the spool is, and whether its disk is well: read by requests, metrics and readiness.
//!
//! What is being written counts at once, so that no burst passes the limit.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use arc_swap::ArcSwapOption;
use tokio::sync::Notify;

use super::{SpoolConfig, SpoolError, store::Contents};
use crate::metrics::SpoolMetrics;

/// Batches that may wait for the disk, in memory.
const WAITING_BATCHES: u64 = 4;
/// `oldest_ms` of an empty spool.
const NONE: i64 = i64::MIN;

/// What the spool holds now.
#[derive(Debug)]
pub(super) struct Gauge {
    max_bytes: u64,
    max_waiting: u64,
    append_timeout: Duration,
    /// Bytes on disk and on their way there.
    held: AtomicU64,
    waiting: AtomicU64,
    depth: AtomicU64,
    oldest_ms: AtomicI64,
    trouble: ArcSwapOption<SpoolError>,
    /// Something was put in.
    pub(super) filled: Notify,
    pub(super) metrics: SpoolMetrics,
}

impl Gauge {
    pub(super) fn new(config: &SpoolConfig, metrics: SpoolMetrics) -> Self {
        Self {
            max_bytes: config.max_bytes.as_u64(),
            max_waiting: config
                .sync_max_bytes
                .as_u64()
                .saturating_mul(WAITING_BATCHES),
            append_timeout: config.append_timeout,
            held: AtomicU64::new(0),
            waiting: AtomicU64::new(0),
            depth: AtomicU64::new(0),
            oldest_ms: AtomicI64::new(NONE),
            trouble: ArcSwapOption::empty(),
            filled: Notify::new(),
            metrics,
        }
    }

    /// Counts what is about to be written, or says that there is no room.
    pub(super) fn admit(self: &Arc<Self>, bytes: usize) -> Result<Admission, SpoolError> {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        if !raise(&self.held, bytes, self.max_bytes) {
            return Err(SpoolError::Full {
                limit: self.max_bytes,
            });
        }
        // One payload may be larger than a batch: it passes alone.
        let limit = self.max_waiting.max(bytes);
        if !raise(&self.waiting, bytes, limit) {
            self.held.fetch_sub(bytes, Ordering::Relaxed);
            return Err(SpoolError::Slow(self.append_timeout));
        }
        let gauge = self.clone();
        Ok(Admission {
            gauge,
            bytes,
            stored: false,
        })
    }

    /// What is on disk, as counted from the disk itself, and what was believed before.
    pub(super) fn found(&self, before: Contents, now: Contents) {
        self.depth.store(now.depth, Ordering::Relaxed);
        // By difference: others add to it meanwhile.
        self.held.fetch_add(now.bytes, Ordering::Relaxed);
        self.held.fetch_sub(before.bytes, Ordering::Relaxed);
        self.show();
    }

    pub(super) fn put(&self, payloads: u64) {
        self.depth.fetch_add(payloads, Ordering::Relaxed);
        self.metrics.appended.inc_by(payloads);
        self.show();
        self.filled.notify_one();
    }

    pub(super) fn taken(&self, taken: Contents) {
        self.depth.fetch_sub(taken.depth, Ordering::Relaxed);
        self.held.fetch_sub(taken.bytes, Ordering::Relaxed);
        self.show();
    }

    fn show(&self) {
        let shown = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        self.metrics.depth.set(shown(self.depth()));
        self.metrics.bytes.set(shown(self.bytes()));
    }

    pub(super) fn depth(&self) -> u64 {
        self.depth.load(Ordering::Relaxed)
    }

    pub(super) fn bytes(&self) -> u64 {
        self.held.load(Ordering::Relaxed)
    }

    /// Whether a payload of ordinary size finds no room.
    pub(super) fn is_full(&self) -> bool {
        self.bytes() > self.max_bytes - self.max_bytes / 64
    }

    pub(super) fn set_oldest(&self, received_at_ms: Option<i64>) {
        self.oldest_ms
            .store(received_at_ms.unwrap_or(NONE), Ordering::Relaxed);
    }

    pub(super) fn has_oldest(&self) -> bool {
        self.oldest_ms.load(Ordering::Relaxed) != NONE
    }

    /// How long the oldest payload has waited.
    pub(super) fn oldest_age(&self) -> Duration {
        let oldest = self.oldest_ms.load(Ordering::Relaxed);
        let Ok(oldest) = u64::try_from(oldest) else {
            return Duration::ZERO;
        };
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        now.saturating_sub(Duration::from_millis(oldest))
    }

    /// What is wrong with the disk, if anything is.
    pub(super) fn trouble(&self) -> Option<Arc<SpoolError>> {
        self.trouble.load_full()
    }

    pub(super) fn set_trouble(&self, trouble: Option<SpoolError>) {
        self.trouble.store(trouble.map(Arc::new));
    }
}

/// The room of one payload on its way to the disk; given back when it does not get there.
#[derive(Debug)]
pub(super) struct Admission {
    gauge: Arc<Gauge>,
    bytes: u64,
    stored: bool,
}

impl Admission {
    /// The payload is on disk and keeps its room.
    pub(super) fn keep(mut self) {
        self.stored = true;
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        self.gauge.waiting.fetch_sub(self.bytes, Ordering::Relaxed);
        if !self.stored {
            self.gauge.held.fetch_sub(self.bytes, Ordering::Relaxed);
        }
    }
}

/// Adds to a count unless it would pass the limit.
fn raise(count: &AtomicU64, by: u64, limit: u64) -> bool {
    let raised = |now: u64| now.checked_add(by).filter(|sum| *sum <= limit);
    count
        .fetch_update(Ordering::Relaxed, Ordering::Relaxed, raised)
        .is_ok()
}
