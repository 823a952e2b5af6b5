//! What everybody may know of the spool without asking its thread: sizes, age, and whether it works.
//!
//! Bytes are reserved before a payload is handed over and given back once its fate is in the totals, so
//! that stored and reserved bytes together never fall short of what the disk may hold.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering::SeqCst},
    },
    time::Duration,
};

use arc_swap::ArcSwapOption;
use tokio::sync::{Notify, watch};

use super::disk::Totals;

const NONE: i64 = i64::MIN;

/// Whether the spool takes payloads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// The last write was synced.
    Works,
    /// The disk failed or has no room. Every append is refused until a probe was written and synced.
    Fails,
}

#[derive(Debug)]
pub(super) struct Gauge {
    depth: AtomicU64,
    bytes: AtomicU64,
    reserved: AtomicU64,
    oldest_ms: AtomicI64,
    pub(super) unreadable: AtomicU64,
    pub(super) syncs: AtomicU64,
    failing: AtomicBool,
    fault: ArcSwapOption<redb::Error>,
    condition: watch::Sender<Condition>,
    /// Rung when a payload was added.
    pub(super) arrived: Notify,
}

impl Gauge {
    pub(super) fn new(totals: Totals) -> Arc<Self> {
        let gauge = Self {
            depth: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            reserved: AtomicU64::new(0),
            oldest_ms: AtomicI64::new(NONE),
            unreadable: AtomicU64::new(0),
            syncs: AtomicU64::new(0),
            failing: AtomicBool::new(false),
            fault: ArcSwapOption::empty(),
            condition: watch::Sender::new(Condition::Works),
            arrived: Notify::new(),
        };
        gauge.set(totals);
        Arc::new(gauge)
    }

    pub(super) fn set(&self, totals: Totals) {
        self.depth.store(totals.depth, SeqCst);
        self.bytes.store(totals.bytes, SeqCst);
        self.oldest_ms
            .store(totals.oldest_ms.unwrap_or(NONE), SeqCst);
    }

    pub(super) fn depth(&self) -> u64 {
        self.depth.load(SeqCst)
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes.load(SeqCst)
    }

    pub(super) fn oldest_age(&self, now_ms: i64) -> Option<Duration> {
        let oldest = self.oldest_ms.load(SeqCst);
        let age = u64::try_from(now_ms.saturating_sub(oldest)).unwrap_or(0);
        (oldest != NONE).then(|| Duration::from_millis(age))
    }

    /// Room for `bytes` more under `limit`, or nothing.
    pub(super) fn reserve(self: &Arc<Self>, bytes: u64, limit: u64) -> Option<Reservation> {
        let reserved = self.reserved.fetch_add(bytes, SeqCst) + bytes;
        let reservation = Reservation {
            gauge: self.clone(),
            bytes,
        };
        // Read after the reservation: stored bytes rise before their reservation ends.
        (reserved.saturating_add(self.bytes()) <= limit).then_some(reservation)
    }

    pub(super) fn condition(&self) -> watch::Receiver<Condition> {
        self.condition.subscribe()
    }

    /// The error that stopped the spool, until a probe succeeds.
    pub(super) fn fault(&self) -> Option<Arc<redb::Error>> {
        if !self.failing.load(SeqCst) {
            return None;
        }
        self.fault.load_full()
    }

    pub(super) fn fail(&self, fault: Arc<redb::Error>) {
        self.fault.store(Some(fault));
        self.failing.store(true, SeqCst);
        self.condition.send_replace(Condition::Fails);
    }

    pub(super) fn recover(&self) {
        self.failing.store(false, SeqCst);
        self.fault.store(None);
        self.condition.send_replace(Condition::Works);
    }
}

/// Room for one payload, given back when dropped.
#[derive(Debug)]
pub(super) struct Reservation {
    gauge: Arc<Gauge>,
    bytes: u64,
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.gauge.reserved.fetch_sub(self.bytes, SeqCst);
    }
}
