//! Keeps the custom field mappings of the running worker those of the database: told of a change by
//! NOTIFY, and asked every while in case that was lost.
//!
//! A mapping that cannot be used is left out and said so; it never stops the worker. While Postgres is away
//! the last mappings stay in use. A new set is swapped in between two documents.

use std::{error::Error, sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use calseta_shared::{
    broker::Backoff,
    health::{Part, State},
    payload::Limits,
};
use futures_util::{StreamExt, stream};
use tokio::{
    sync::{
        mpsc::{self, error::TrySendError},
        watch,
    },
    task::JoinHandle,
    time::{Instant, interval_at, timeout},
};
use tokio_postgres::{AsyncMessage, Client, Config};
use tokio_postgres_rustls::MakeRustlsConnect;
use tokio_util::sync::CancellationToken;

use super::{Loaded, load};
use crate::{extract::FieldMapping, interpret::Interpreter};

/// The table, and the channel its trigger notifies.
const CHANNEL: &str = "indicator_field_mappings";
/// How long Postgres may take to answer before the connection counts as dead.
const ANSWER: Duration = Duration::from_secs(5);

/// Keeps one interpreter up to date.
pub struct Mappings {
    /// How to connect: a connection of its own, since it listens on it.
    pub settings: Config,
    /// What is kept.
    pub interpreter: Arc<ArcSwap<Interpreter>>,
    /// Of the interpreter.
    pub limits: Limits,
    /// How often they are asked for without being told of a change.
    pub poll_interval: Duration,
    /// Waits between connections.
    pub backoff: Backoff,
    /// Where it says what is left out.
    pub health: Part,
    /// Cancelled when nothing is read any more.
    pub stop: CancellationToken,
}

impl Mappings {
    /// Returns once the mappings are in use for the first time, or `stop` came before; goes on until `stop`.
    pub async fn start(self) -> JoinHandle<()> {
        let (loaded, mut first) = watch::channel(false);
        let task = tokio::spawn(self.run(loaded));
        if first.wait_for(|loaded| *loaded).await.is_err() {
            tracing::debug!("asked to stop before the field mappings were loaded");
        }
        task
    }

    async fn run(self, loaded: watch::Sender<bool>) {
        let mut backoff = self.backoff.clone();
        let mut in_use = None;
        loop {
            let since = Instant::now();
            let ended = tokio::select! {
                () = self.stop.cancelled() => return,
                ended = self.listen(&mut in_use, &loaded) => ended,
            };
            if let Err(error) = ended {
                tracing::warn!(%error, "the field mappings cannot be asked for, trying again");
                // The last ones stay in use; none were ever loaded: no alert must be read without them.
                self.health.set(if in_use.is_some() {
                    State::Degraded("field mappings may be out of date".into())
                } else {
                    State::NotReady("field mappings are not loaded".into())
                });
            }
            if since.elapsed() > ANSWER {
                backoff.reset();
            }
            tokio::select! {
                () = self.stop.cancelled() => return,
                () = tokio::time::sleep(backoff.next_wait()) => {}
            }
        }
    }

    /// One connection, until it ends.
    async fn listen(
        &self,
        in_use: &mut Option<Vec<FieldMapping>>,
        loaded: &watch::Sender<bool>,
    ) -> Result<(), tokio_postgres::Error> {
        let tls = MakeRustlsConnect::new(calseta_shared::tls::client());
        let (client, mut connection) = self.settings.connect(tls).await?;
        let (told, mut changes) = mpsc::channel(1);
        let driver = tokio::spawn(async move {
            let mut messages = stream::poll_fn(|context| connection.poll_message(context));
            while let Some(Ok(message)) = messages.next().await {
                if matches!(message, AsyncMessage::Notification(_)) {
                    // A full channel holds a change that has not been looked at yet: it says it all.
                    if let Err(TrySendError::Closed(())) = told.try_send(()) {
                        return;
                    }
                }
            }
        });
        let outcome = self.follow(&client, &mut changes, (in_use, loaded)).await;
        driver.abort();
        outcome
    }

    async fn follow(
        &self,
        client: &Client,
        changes: &mut mpsc::Receiver<()>,
        (in_use, loaded): (&mut Option<Vec<FieldMapping>>, &watch::Sender<bool>),
    ) -> Result<(), tokio_postgres::Error> {
        // Before the first look: a change in between is told.
        client.batch_execute(&format!("LISTEN {CHANNEL}")).await?;
        let period = self.poll_interval.max(Duration::from_millis(100));
        let mut poll = interval_at(Instant::now() + period, period);
        loop {
            let Ok(answer) = timeout(ANSWER, load(client)).await else {
                return Ok(());
            };
            self.use_these(answer?, in_use);
            loaded.send_replace(true);
            tokio::select! {
                told = changes.recv() => if told.is_none() { return Ok(()) },
                _ = poll.tick() => {}
            }
        }
    }

    fn use_these(&self, found: Loaded, in_use: &mut Option<Vec<FieldMapping>>) {
        let Loaded { mappings, problems } = found;
        self.health.set(match problems.len() {
            0 => State::Ready,
            left_out => State::Degraded(format!("{left_out} field mappings cannot be used")),
        });
        if in_use.as_ref() == Some(&mappings) {
            return;
        }
        for problem in &problems {
            let cause = problem.source().map(ToString::to_string);
            tracing::warn!(%problem, cause, "a field mapping is left out");
        }
        match Interpreter::new(&mappings, self.limits) {
            Ok(interpreter) => {
                self.interpreter.store(Arc::new(interpreter));
                tracing::info!(mappings = mappings.len(), "the field mappings are in use");
            }
            Err(error) => {
                let detail = format!("the field mappings cannot be used together: {error}");
                tracing::warn!(detail, "the last field mappings stay in use");
                self.health.set(State::Degraded(detail));
            }
        }
        *in_use = Some(mappings);
    }
}
