//! Ends a delivery, in one of two ways: acknowledged after its commit, or dead-lettered and acknowledged.
//!
//! It alone acknowledges. A dead letter is acknowledged only when the broker has confirmed it; when the
//! channel of a delivery is gone, the broker sends it again and its receipt makes that harmless.

use std::sync::Arc;

use calseta_shared::{
    broker::{Acknowledged, Backoff, Publisher, Receipt, Route},
    envelope::Envelope,
};
use tokio_util::sync::CancellationToken;

use crate::metrics::{ByReason, BySettlement, Metrics, Settlement};

/// The one that acknowledges.
#[derive(Clone)]
pub struct Settle {
    publisher: Publisher,
    metrics: Arc<Metrics>,
    backoff: Backoff,
    /// Cancelled when the grace period is over: what is not settled by then comes again.
    abandon: CancellationToken,
}

impl Settle {
    /// Dead letters go out over `publisher`, tried again with `backoff` until `abandon`.
    pub fn new(
        publisher: Publisher,
        metrics: Arc<Metrics>,
        backoff: Backoff,
        abandon: CancellationToken,
    ) -> Self {
        Self {
            publisher,
            metrics,
            backoff,
            abandon,
        }
    }

    /// Acknowledges deliveries whose records are committed.
    pub async fn acknowledge(&self, receipts: Vec<Receipt>) {
        self.ack(receipts, Settlement::Ack).await;
    }

    /// Hands `envelope`, which says why it is dead, to the dead letters; acknowledges when that is certain.
    #[expect(clippy::disallowed_methods, reason = "dead letters are published here")]
    pub async fn dead_letter(&self, envelope: &Envelope, receipt: Receipt) {
        let mut backoff = self.backoff.clone();
        while let Err(error) = self.publisher.publish(Route::Dead, envelope).await {
            let wait = backoff.next_wait();
            tracing::warn!(%error, receipt_id = %envelope.receipt_id, wait_ms = wait.as_millis(),
                "a dead letter was not confirmed, trying again");
            tokio::select! {
                () = self.abandon.cancelled() => return,
                () = tokio::time::sleep(wait) => {}
            }
        }
        if let Some((reason, _)) = &envelope.dead {
            let reason = reason.name();
            self.metrics
                .dead_letters
                .get_or_create(&ByReason { reason })
                .inc();
        }
        self.ack(vec![receipt], Settlement::DeadLetter).await;
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that acknowledges")]
    async fn ack(&self, receipts: Vec<Receipt>, settlement: Settlement) {
        let Acknowledged { settled, stale } = Receipt::acknowledge(receipts).await;
        for (settlement, count) in [(settlement, settled), (Settlement::Stale, stale)] {
            self.metrics
                .deliveries
                .get_or_create(&BySettlement { settlement })
                .inc_by(count as u64);
        }
    }
}
