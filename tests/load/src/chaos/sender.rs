//! Sends at a steady rate, as a client that tries again: nothing counts as accepted but a 202.
//!
//! A request without an answer may have been stored all the same; its next try is then an occurrence.
//! Every body is tried a few times, never after the end of the run.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Instant, sleep, sleep_until},
};
use uuid::Uuid;

use super::bodies::{Bodies, Body};
use crate::{
    client::Client,
    send::{Pace, Plan, Tally},
};

/// Requests under way at most.
const CONNECTIONS: usize = 256;
/// Kibana's number of tries, with less of its patience between.
const TRIES: u32 = 3;
const PAUSE: Duration = Duration::from_secs(1);

/// One accepted request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Accepted {
    pub(super) id: Uuid,
    pub(super) documents: u32,
    /// The position of its bad document.
    pub(super) bad: Option<u32>,
}

/// What became of all requests.
#[derive(Debug)]
pub(super) struct Sent {
    pub(super) accepted: Vec<Accepted>,
    /// Answers by status, and latencies, of every try.
    pub(super) tally: Tally,
    /// Bodies that were not accepted at any try.
    pub(super) given_up: u64,
}

/// Senders at work.
#[derive(Debug)]
pub(super) struct Senders {
    tasks: JoinSet<anyhow::Result<Sent>>,
    end: watch::Sender<bool>,
    started: Instant,
}

impl Senders {
    /// Starts them.
    pub(super) fn start(client: &Client, bodies: Bodies, rate: f64) -> Self {
        let (end, _) = watch::channel(false);
        let started = Instant::now();
        let shared = Arc::new(Shared {
            next: AtomicU64::new(0),
            bodies,
            plan: Plan {
                pace: Pace::Open { rate, burst: 1 },
                connections: CONNECTIONS,
                count: None,
                duration: None,
                quiet: true,
            },
            started,
        });
        let mut tasks = JoinSet::new();
        for _ in 0..CONNECTIONS {
            tasks.spawn(send(shared.clone(), client.clone(), end.subscribe()));
        }
        Self {
            tasks,
            end,
            started,
        }
    }

    /// Ends them, and waits for the answers that are still to come.
    pub(super) async fn end(mut self) -> anyhow::Result<Sent> {
        self.end.send_replace(true);
        let elapsed = self.started.elapsed();
        let mut all = Sent::new()?;
        while let Some(sent) = self.tasks.join_next().await {
            let sent = sent??;
            all.accepted.extend(sent.accepted);
            all.tally.add(sent.tally)?;
            all.given_up += sent.given_up;
        }
        all.tally.elapsed = elapsed;
        Ok(all)
    }
}

/// What all senders share.
#[derive(Debug)]
struct Shared {
    next: AtomicU64,
    bodies: Bodies,
    plan: Plan,
    started: Instant,
}

/// One sender: takes the next number, waits until it is due, posts its body.
async fn send(
    shared: Arc<Shared>,
    client: Client,
    mut end: watch::Receiver<bool>,
) -> anyhow::Result<Sent> {
    let mut sent = Sent::new()?;
    loop {
        let n = shared.next.fetch_add(1, Ordering::Relaxed);
        let Some(due) = shared.plan.due(n, shared.started.elapsed()) else {
            return Ok(sent);
        };
        tokio::select! {
            () = sleep_until(shared.started + due) => {}
            _ = end.wait_for(|ended| *ended) => {}
        }
        if *end.borrow() {
            return Ok(sent);
        }
        sent.post(&client, &shared.bodies.body(n), &mut end).await;
    }
}

impl Sent {
    fn new() -> anyhow::Result<Self> {
        Ok(Self {
            accepted: Vec::new(),
            tally: Tally::new()?,
            given_up: 0,
        })
    }

    async fn post(&mut self, client: &Client, body: &Body, end: &mut watch::Receiver<bool>) {
        for _ in 0..TRIES {
            let started = Instant::now();
            let answer = client.post(body.bytes.clone()).await;
            if self.tally.record(&answer, started.elapsed()) {
                let receipt = self.tally.receipts.last();
                self.accepted.extend(receipt.map(|receipt| Accepted {
                    id: receipt.id,
                    documents: receipt.documents,
                    bad: body.bad,
                }));
                return;
            }
            tokio::select! {
                () = sleep(PAUSE) => {}
                _ = end.wait_for(|ended| *ended) => break,
            }
        }
        self.given_up += 1;
    }
}
