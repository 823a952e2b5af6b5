//! From when an alert was due to be sent until a reader of Postgres sees it, under a steady load.
//!
//! A few alerts a second are probes: sent like all others, then looked for by their receipt. What is
//! measured is an upper bound: it holds the way to the gateway and up to one look of the watcher.

use std::time::Duration;

use anyhow::{Context, ensure};
use bytes::Bytes;
use time::OffsetDateTime;
use tokio::{
    sync::mpsc::{self, error::TryRecvError},
    time::{Instant, interval, sleep_until, timeout},
};
use uuid::Uuid;

use super::accept;
use crate::{
    client::Client, database, generate::Generator, latency::Latencies, report, send::Pace,
    stack::Stack, verify::verify,
};

const LENGTH: Duration = Duration::from_secs(15);
/// Probes a second.
const PROBES: u32 = 40;
const LOOK: Duration = Duration::from_millis(5);
const PATIENCE: Duration = Duration::from_secs(60);
const SEEN: &str = "SELECT receipt_id FROM receipts WHERE receipt_id = ANY($1)";

/// What was measured.
#[derive(Debug)]
pub(super) struct EndToEnd {
    /// Alerts a second that were sent.
    pub(super) rate: f64,
    pub(super) latencies: Latencies,
}

/// With the worker of this number alone.
pub(super) async fn measure(
    stack: &mut Stack,
    worker: usize,
    rate: f64,
) -> anyhow::Result<EndToEnd> {
    report::progress(&format!("end to end at {}/s", report::rate(rate)));
    stack.worker(worker)?.ready(PATIENCE).await?;
    let database = database::connect(&stack.database.config()).await?;
    let (probes, sent) = mpsc::unbounded_channel();
    let probing = tokio::spawn(probe(stack.kibana()?, probes));
    let watching = tokio::spawn(watch(database, sent));
    let pace = Pace::Open {
        rate: rate - f64::from(PROBES),
        burst: 1,
    };
    let tally = accept::run(stack, pace, u64::MAX, LENGTH).await?;
    probing.await?;
    let latencies = timeout(PATIENCE, watching)
        .await
        .context("probes are not stored")???;
    let database = database::connect(&stack.database.config()).await?;
    let ledger = verify(&database, &tally.receipts, PATIENCE).await?;
    ensure!(
        ledger.is_complete(),
        "accepted is not stored:\n{}",
        ledger.table()
    );
    Ok(EndToEnd { rate, latencies })
}

type Probe = (Uuid, Instant);

/// Sends probes by the clock; one that waits does not hold up the next.
async fn probe(client: Client, probes: mpsc::UnboundedSender<Probe>) {
    let generator = Generator::fresh(OffsetDateTime::now_utc());
    let started = Instant::now();
    // The load starts and ends before the first and after the last probe.
    for n in PROBES..PROBES * 14 {
        let due = started + Duration::from_secs(n.into()) / PROBES;
        sleep_until(due).await;
        tokio::spawn(post(
            client.clone(),
            generator.body(n.into()),
            due,
            probes.clone(),
        ));
    }
}

async fn post(client: Client, body: Bytes, due: Instant, probes: mpsc::UnboundedSender<Probe>) {
    let accepted = client
        .post(body)
        .await
        .ok()
        .and_then(|answer| answer.accepted());
    if let Some(accepted) = accepted {
        // The watcher ends only after the last sender.
        probes.send((accepted.receipt_id, due)).ok();
    }
}

async fn watch(
    database: tokio_postgres::Client,
    mut sent: mpsc::UnboundedReceiver<Probe>,
) -> anyhow::Result<Latencies> {
    let seen = database.prepare(SEEN).await?;
    let mut latencies = Latencies::new()?;
    let mut waiting: Vec<Probe> = Vec::new();
    let mut look = interval(LOOK);
    loop {
        look.tick().await;
        let ended = loop {
            match sent.try_recv() {
                Ok(probe) => waiting.push(probe),
                Err(reason) => break reason == TryRecvError::Disconnected,
            }
        };
        if waiting.is_empty() && ended {
            return Ok(latencies);
        }
        if waiting.is_empty() {
            continue;
        }
        let ids: Vec<Uuid> = waiting.iter().map(|(id, _)| *id).collect();
        for row in database.query(&seen, &[&ids]).await? {
            let found: Uuid = row.get(0);
            if let Some(position) = waiting.iter().position(|(id, _)| *id == found) {
                latencies.record(waiting.swap_remove(position).1.elapsed());
            }
        }
    }
}
