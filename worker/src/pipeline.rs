//! The order of the stages: consume, normalize, extract, batch, store, settle.
//!
//! One task reads deliveries into batches while others write them, so that the next batch is built while
//! one is committed. Memory is bounded by the prefetch: a batch that waits for Postgres holds its
//! deliveries, and no more come.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use arc_swap::ArcSwap;
use calseta_shared::{
    broker::{Delivery, Receipt},
    dead_letter::Reason,
    envelope::Envelope,
    ids::ReceiptId,
    source::Source,
};
use time::OffsetDateTime;
use tokio::{
    sync::{Mutex, mpsc},
    task::JoinSet,
    time::sleep_until,
};
use tokio_util::sync::CancellationToken;

use crate::{
    batch::{Batch, FlushReason, Limits},
    interpret::Interpreter,
    metrics::{ByFlushReason, Metrics},
    record::Record,
    settle::Settle,
    write::Writer,
};

/// A record and the delivery it came by.
pub type Item = (Record, Receipt);

/// Bodies over this many bytes are read where other tasks do not wait for it.
const LARGE: usize = 256 * 1024;

/// What the stages share.
pub struct Pipeline {
    /// Reads documents; replaced when the field mappings change.
    pub interpreter: Arc<ArcSwap<Interpreter>>,
    /// Writes batches.
    pub writer: Writer,
    /// Ends deliveries.
    pub settle: Settle,
    /// Counts.
    pub metrics: Arc<Metrics>,
    /// When a batch closes.
    pub limits: Limits,
    /// Batches written at a time.
    pub writers: usize,
}

impl Pipeline {
    /// Runs until `stop`, then until every delivery in hand is settled or the writer gives up.
    pub async fn run(
        self: Arc<Self>,
        deliveries: mpsc::Receiver<Delivery>,
        stop: CancellationToken,
    ) {
        let (batches, incoming) = mpsc::channel(1);
        let incoming = Arc::new(Mutex::new(incoming));
        let mut writers = JoinSet::new();
        for _ in 0..self.writers {
            writers.spawn(self.clone().write(incoming.clone()));
        }
        self.gather(deliveries, batches, stop).await;
        while let Some(ended) = writers.join_next().await {
            if let Err(error) = ended {
                tracing::error!(%error, "a writer ended early, its deliveries come again");
            }
        }
    }

    async fn gather(
        &self,
        mut deliveries: mpsc::Receiver<Delivery>,
        batches: mpsc::Sender<Vec<Item>>,
        stop: CancellationToken,
    ) {
        let mut batch = Batch::new(self.limits);
        loop {
            let due = batch
                .due()
                .unwrap_or_else(|| Instant::now() + Duration::from_secs(3_600));
            let reason = tokio::select! {
                biased;
                () = stop.cancelled(), if !deliveries.is_closed() => {
                    // What is already here is still read; nothing new gets in.
                    deliveries.close();
                    None
                }
                delivery = deliveries.recv() => match delivery {
                    Some(delivery) => self.add(&mut batch, delivery).await,
                    None => Some(FlushReason::Shutdown),
                },
                () = sleep_until(due.into()) => (!batch.is_empty()).then_some(FlushReason::Age),
            };
            let Some(flush_reason) = reason else { continue };
            if !batch.is_empty() {
                self.metrics
                    .batches
                    .get_or_create(&ByFlushReason { flush_reason })
                    .inc();
                if batches.send(batch.take()).await.is_err() {
                    return;
                }
            }
            if flush_reason == FlushReason::Shutdown {
                return;
            }
        }
    }

    async fn add(&self, batch: &mut Batch<Item>, delivery: Delivery) -> Option<FlushReason> {
        let envelope = match delivery.envelope {
            Ok(envelope) => envelope,
            Err(error) => {
                let envelope = unknown(delivery.body, error.to_string());
                self.settle.dead_letter(&envelope, delivery.receipt).await;
                return None;
            }
        };
        let interpreter = self.interpreter.load_full();
        let record = if envelope.body.len() > LARGE {
            tokio::task::block_in_place(|| interpreter.record(envelope))
        } else {
            interpreter.record(envelope)
        };
        let weight = record.weight();
        batch.push((record, delivery.receipt), weight, Instant::now())
    }

    async fn write(self: Arc<Self>, batches: Arc<Mutex<mpsc::Receiver<Vec<Item>>>>) {
        loop {
            // The lock is held only until the next batch is here: writers take turns.
            let batch = batches.lock().await.recv().await;
            match batch {
                Some(batch) => self.writer.write(batch).await,
                None => return,
            }
        }
    }
}

/// A message that is not one of ours, as a dead letter.
pub(crate) fn unknown(body: bytes::Bytes, detail: String) -> Envelope {
    let now = OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000_000;
    Envelope {
        receipt_id: ReceiptId::new(),
        source: Source::Elastic,
        received_at_ms: i64::try_from(now).unwrap_or_default(),
        content_type: None,
        key_prefix: String::new(),
        verified_by: String::new(),
        traceparent: None,
        dead: Some((Reason::UnknownEnvelope, detail)),
        body,
    }
}
