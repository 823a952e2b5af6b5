//! The spool against a real disk and a broker that answers as the test wants.

#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "tests")]

mod disk;
mod draining;
mod keeping;

use std::{path::Path, sync::Mutex, time::Duration};

use bytesize::ByteSize;
use calseta_shared::{
    broker::Route, config::Validate, envelope::Envelope, ids::ReceiptId, source::Source,
};
use tokio::time::{Instant, sleep};

use super::{Drain, Failure, Outlet, Spool, SpoolConfig};
use crate::metrics::SpoolMetrics;

fn config(dir: &Path) -> SpoolConfig {
    let config = SpoolConfig {
        dir: dir.into(),
        max_bytes: ByteSize::mib(64),
        reserve: ByteSize::mib(1),
        after: Duration::from_millis(500),
        append_timeout: Duration::from_secs(60),
        sync_max_payloads: 512,
        sync_max_bytes: ByteSize::mib(16),
        drain_per_second: 1_000_000,
        drain_window: 8,
    };
    config.validate().unwrap();
    config
}

fn open(dir: &Path) -> Spool {
    Spool::open(&config(dir), SpoolMetrics::default()).unwrap()
}

fn payload(body: impl Into<Vec<u8>>) -> Envelope {
    Envelope {
        receipt_id: ReceiptId::new(),
        source: Source::Elastic,
        received_at_ms: 1_780_000_000_000,
        content_type: None,
        key_prefix: "cai_abcdefgh".into(),
        verified_by: "signature".into(),
        traceparent: None,
        dead: None,
        body: body.into().into(),
    }
}

async fn fill(spool: &Spool, count: usize) -> Vec<ReceiptId> {
    let mut receipts = Vec::new();
    for number in 0..count {
        let payload = payload(format!("payload {number}"));
        receipts.push(payload.receipt_id);
        spool.append(&payload).await.unwrap();
    }
    receipts
}

async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !holds().await {
        assert!(Instant::now() < deadline, "it did not happen: {what}");
        sleep(Duration::from_millis(20)).await;
    }
}

/// A broker of the test: what it took, and how it answers.
struct Broker<F> {
    taken: Mutex<Vec<(Route, Envelope)>>,
    answer: F,
}

impl<F: Fn(&Envelope) -> Result<(), Failure>> Broker<F> {
    fn new(answer: F) -> Self {
        let taken = Mutex::default();
        Self { taken, answer }
    }

    fn receipts(&self) -> Vec<ReceiptId> {
        let taken = self.taken.lock().unwrap();
        taken
            .iter()
            .map(|(_, envelope)| envelope.receipt_id)
            .collect()
    }
}

impl<F: Fn(&Envelope) -> Result<(), Failure> + Send + Sync> Outlet for &Broker<F> {
    async fn publish(&self, route: Route, envelope: &Envelope) -> Result<(), Failure> {
        (self.answer)(envelope)?;
        self.taken.lock().unwrap().push((route, envelope.clone()));
        Ok(())
    }
}

/// Steps until the spool is empty, `most` times at most.
async fn drain<O: Outlet>(drain: &mut Drain<O>, spool: &Spool, most: usize) -> bool {
    for _ in 0..most {
        if spool.depth() == 0 {
            return true;
        }
        drain.step().await.unwrap();
    }
    spool.depth() == 0
}
