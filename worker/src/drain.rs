//! Moves the dead-letter queue into its table, where dead letters can be listed and replayed.
//!
//! A dead letter is acknowledged after its commit. While Postgres is away they stay in the queue.

use std::sync::Arc;

use calseta_shared::{
    broker::{Backoff, Delivery, Receipt},
    dead_letter::Reason,
    envelope::Envelope,
};
use deadpool_postgres::Pool;
use time::OffsetDateTime;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::{
    pipeline::unknown,
    record::DeadDocument,
    settle::Settle,
    store::{DeadLetter, StoreError, insert_dead_letters},
};

/// Dead letters a transaction at most.
const BATCH: usize = 100;

/// Drains the dead-letter queue.
pub struct Drain {
    /// Where they go.
    pub pool: Pool,
    /// Ends their deliveries.
    pub settle: Settle,
    /// Waits between attempts.
    pub backoff: Backoff,
    /// Cancelled when no new ones are wanted.
    pub stop: CancellationToken,
}

impl Drain {
    /// Runs until `stop`, then until what is here is stored or one attempt has failed.
    pub async fn run(self: Arc<Self>, mut deliveries: mpsc::Receiver<Delivery>) {
        let mut batch = Vec::new();
        loop {
            let received = tokio::select! {
                biased;
                () = self.stop.cancelled(), if !deliveries.is_closed() => {
                    deliveries.close();
                    continue;
                }
                received = deliveries.recv_many(&mut batch, BATCH) => received,
            };
            if received == 0 {
                return;
            }
            self.store(batch.drain(..).map(dead).collect()).await;
        }
    }

    async fn store(&self, letters: Vec<(Envelope, DeadDocument, Receipt)>) {
        let mut backoff = self.backoff.clone();
        while let Err(error) = self.insert(&letters).await {
            let wait = backoff.next_wait();
            tracing::warn!(
                detail = error.detail(),
                wait_ms = wait.as_millis(),
                "dead letters were not stored, trying again"
            );
            tokio::select! {
                () = self.stop.cancelled() => return,
                () = tokio::time::sleep(wait) => {}
            }
        }
        let receipts = letters.into_iter().map(|(_, _, receipt)| receipt).collect();
        self.settle.acknowledge(receipts).await;
    }

    async fn insert(
        &self,
        letters: &[(Envelope, DeadDocument, Receipt)],
    ) -> Result<(), StoreError> {
        let mut client = self.pool.get().await?;
        let transaction = client.transaction().await?;
        let rows = letters.iter().map(|(envelope, document, _)| DeadLetter {
            envelope,
            received_at: received_at(envelope),
            document,
        });
        insert_dead_letters(&transaction, rows.collect()).await?;
        transaction.commit().await?;
        Ok(())
    }
}

fn dead(delivery: Delivery) -> (Envelope, DeadDocument, Receipt) {
    let envelope = delivery
        .envelope
        .unwrap_or_else(|error| unknown(delivery.body, error.to_string()));
    let (reason, detail) = envelope
        .dead
        .clone()
        .unwrap_or((Reason::UnknownEnvelope, "no reason came with it".into()));
    let document = DeadDocument {
        position: None,
        reason,
        detail,
        body: envelope.body.to_vec(),
        context: None,
    };
    (envelope, document, delivery.receipt)
}

fn received_at(envelope: &Envelope) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(envelope.received_at_ms) * 1_000_000)
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
}
