//! Replays the open dead letters of a run, oldest first, a few hundred a transaction and at a rate.
//!
//! Progress is in the rows: a killed run goes on where its last commit was. One that Postgres refuses is
//! found by halving and fails alone. A fault of Postgres is waited out, and after a while reported.

use std::time::Duration;

use calseta_shared::{broker::Backoff, dead_letter::Reason};
use deadpool_postgres::Pool;
use serde::Serialize;
use time::OffsetDateTime;
use tokio::time::{Instant, sleep, sleep_until};
use uuid::Uuid;

use super::{DeadLetterError, Refused, Run, attempt, filter::matching};
use crate::{
    interpret::Interpreter,
    store::{Attempt, Fault, OpenLetter, Replayed, Store, StoreError},
};

/// Dead letters a transaction.
const CHUNK: u32 = 200;
/// Bytes of bodies a transaction, unless one alone has more.
const CHUNK_BYTES: i64 = 32 * 1024 * 1024;
/// Attempts before a fault of Postgres is reported: about a minute with the default waits.
const ATTEMPTS: u32 = 30;

/// Those of a run that it has not tried, oldest first. Not locked: the transaction that replays them does.
const NEXT: &str = concat!(
    "SELECT receipt_id, id, octet_length(body)::bigint FROM dead_letters WHERE ",
    matching!(),
    " AND last_run IS DISTINCT FROM $9 AND first_seen_at <= $10 \
     AND ($11::uuid IS NULL OR (receipt_id, id) > ($11, $12)) ORDER BY receipt_id, id LIMIT $13"
);

/// One run on its way.
pub struct Replay<'a> {
    /// Where alerts go.
    pub store: Store,
    /// Where dead letters are.
    pub pool: Pool,
    /// Reads bodies.
    pub interpreter: &'a Interpreter,
    /// Which dead letters.
    pub run: Run,
    /// Dead letters a second at most.
    pub rate: Option<u32>,
    /// Waits while Postgres is away.
    pub backoff: Backoff,
}

/// How a run ended, over all its attempts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// The run.
    pub run: Uuid,
    /// Open when it was started.
    pub matched: i64,
    /// Resolved: they are alerts, or occurrences of alerts.
    pub stored: i64,
    /// Failed again.
    pub failed: i64,
    /// Settled by somebody else, or not open.
    pub skipped: i64,
}

/// The place behind which the next chunk begins.
type Cursor = Option<(Uuid, Uuid)>;

impl Replay<'_> {
    /// Runs to the end of the run.
    ///
    /// # Errors
    /// When Postgres is away for too long; what is done is committed, and the run can be resumed.
    pub async fn run(self) -> Result<Summary, DeadLetterError> {
        let chunk = self.rate.map_or(CHUNK, |rate| (rate / 5).clamp(1, CHUNK));
        let started = Instant::now();
        let (mut backoff, mut tried) = (self.backoff.clone(), 0);
        // A run that was killed holds its last chunk locked until Postgres has noticed: those are passed
        // over, and come again.
        for _ in 0..ATTEMPTS {
            self.pass(chunk, started, &mut tried).await?;
            if self.next(&mut None, 1).await?.is_empty() {
                break;
            }
            sleep(backoff.next_wait()).await;
        }
        let [matched, stored, failed, skipped] = self.run.finish(&self.pool).await?;
        Ok(Summary {
            run: self.run.id,
            matched,
            stored,
            failed,
            skipped,
        })
    }

    /// Tries whatever is open and not locked, once.
    async fn pass(
        &self,
        chunk: u32,
        started: Instant,
        tried: &mut u32,
    ) -> Result<(), DeadLetterError> {
        let mut cursor = None;
        loop {
            let ids = self.next(&mut cursor, chunk).await?;
            if ids.is_empty() {
                return Ok(());
            }
            *tried = tried.saturating_add(u32::try_from(ids.len()).unwrap_or(u32::MAX));
            self.settle(ids).await?;
            if let Some(rate) = self.rate {
                let due = f64::from(*tried) / f64::from(rate.max(1));
                sleep_until(started + Duration::from_secs_f64(due)).await;
            }
        }
    }

    async fn next(&self, cursor: &mut Cursor, limit: u32) -> Result<Vec<Uuid>, DeadLetterError> {
        let (receipt, id) = cursor.unzip();
        let (run, limit) = (&self.run, i64::from(limit));
        let more: [&(dyn tokio_postgres::types::ToSql + Sync); 5] =
            [&run.id, &run.started_at, &receipt, &id, &limit];
        let client = self.pool.get().await?;
        let rows = client.query(NEXT, &run.filter.parameters(&more)).await?;
        let (mut ids, mut bytes) = (Vec::new(), 0);
        for row in rows {
            bytes += row.get::<_, i64>(2);
            if bytes > CHUNK_BYTES && !ids.is_empty() {
                break;
            }
            *cursor = Some((row.get(0), row.get(1)));
            ids.push(row.get(1));
        }
        Ok(ids)
    }

    /// Tries these until each is stored, failed, or somebody else's.
    async fn settle(&self, ids: Vec<Uuid>) -> Result<(), DeadLetterError> {
        let mut refused: Refused = Refused::new();
        let mut pending = vec![ids];
        while let Some(mut ids) = pending.pop() {
            let error = match self.attempt(&ids, &refused).await? {
                Ok(replayed) if replayed.more.is_empty() => continue,
                Ok(replayed) => {
                    pending.push(replayed.more);
                    continue;
                }
                Err(error) => error,
            };
            let named = error.row();
            if let Some(uuid) = named.filter(|uuid| !refused.contains_key(uuid)) {
                refused.insert(uuid, error.detail());
                pending.push(ids);
            } else if ids.len() > 1 {
                pending.push(ids.split_off(ids.len() / 2));
                pending.push(ids);
            } else {
                let detail = error.detail();
                let fail = |_: &_| Attempt::Failed {
                    reason: Reason::Constraint,
                    detail: detail.clone(),
                };
                let failed = self.replay(&ids, &fail).await;
                failed.map_err(|source| self.interrupted(source))?;
            }
        }
        Ok(())
    }

    /// One transaction, tried again while Postgres is away; the inner error is permanent.
    async fn attempt(
        &self,
        ids: &[Uuid],
        refused: &Refused,
    ) -> Result<Result<Replayed, StoreError>, DeadLetterError> {
        let read = |letter: &_| attempt(self.interpreter, letter, refused);
        let mut backoff = self.backoff.clone();
        let mut attempts = 0;
        loop {
            let outcome = self.replay(ids, &read).await;
            match outcome {
                Err(error) if error.fault() == Fault::Transient => {
                    attempts += 1;
                    if attempts >= ATTEMPTS {
                        return Err(self.interrupted(error));
                    }
                    sleep(backoff.next_wait()).await;
                }
                outcome => return Ok(outcome),
            }
        }
    }

    async fn replay(
        &self,
        ids: &[Uuid],
        read: &(dyn Fn(&OpenLetter) -> Attempt + Sync),
    ) -> Result<Replayed, StoreError> {
        let now = OffsetDateTime::now_utc();
        self.store.replay(self.run.id, ids, read, now).await
    }

    fn interrupted(&self, source: StoreError) -> DeadLetterError {
        let run = self.run.id;
        DeadLetterError::Interrupted { run, source }
    }
}
