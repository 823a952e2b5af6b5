//! Who did what to which dead letters, why, and with what result: one row a run, edit or discard.
//!
//! A run can be found again by its id until it has ended, with the filter it was started with.

use std::sync::Arc;

use deadpool_postgres::{ClientWrapper, GenericClient, Object, Pool};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{DeadLetterError, Filter, Status, filter::matching, runs::mark};

const MATCHED: &str = concat!("SELECT count(*) FROM dead_letters WHERE ", matching!());
const START: &str = "INSERT INTO dead_letter_replays (id, action, actor, reason, filter, matched) \
     VALUES ($1, $2, $3, $4, $5::text::json, $6) RETURNING started_at";
const RESUME: &str = "SELECT started_at, filter::text FROM dead_letter_replays \
     WHERE id = $1 AND action = 'replay' AND finished_at IS NULL";
/// Of the connection, shared: two that work on one run do no harm, and the mark goes with a killed program.
const MARK: &str = concat!("SELECT pg_advisory_lock_shared(", mark!("$1::uuid"), ")");
/// What matched and was neither stored nor failed was settled by somebody else in the meantime.
const FINISH: &str = "UPDATE dead_letter_replays SET finished_at = now(), \
     skipped = greatest(matched - stored - failed, 0) WHERE id = $1 \
     RETURNING matched, stored, failed, skipped";

/// Who acts, and why.
#[derive(Clone, Debug)]
pub struct Why {
    /// The account of the operating system, or what the caller says.
    pub actor: String,
    /// In the caller's words.
    pub reason: String,
}

/// A replay that has not ended, and that somebody works on as long as this lives.
#[derive(Clone)]
pub struct Run {
    /// A UUIDv7.
    pub id: Uuid,
    /// By Postgres's clock; later dead letters are not of this run.
    pub started_at: OffsetDateTime,
    /// What it is about; open ones only.
    pub filter: Filter,
    /// Holds the mark that [`super::record`] tells a running one from an interrupted one by.
    _mark: Arc<ClientWrapper>,
}

impl Run {
    /// Writes down a new run over the open ones of `filter`.
    ///
    /// # Errors
    /// When Postgres does not take it.
    pub async fn start(pool: &Pool, filter: Filter, why: &Why) -> Result<Self, DeadLetterError> {
        let client = pool.get().await?;
        let id = Uuid::now_v7();
        // Who names dead letters by id is told of those that are not open any more.
        let counted = filter
            .clone()
            .of_status(filter.ids.is_none().then_some(Status::Open));
        let filter = filter.of_status(Some(Status::Open));
        let row = client.query_one(MATCHED, &counted.parameters(&[])).await?;
        let matched: i64 = row.get(0);
        client.execute(MARK, &[&id]).await?;
        let started_at = note(&client, (id, "replay"), why, &filter, matched).await?;
        Ok(Self {
            id,
            started_at,
            filter,
            _mark: Arc::new(Object::take(client)),
        })
    }

    /// Finds a run that was killed, to go on with it.
    ///
    /// # Errors
    /// When there is none that has not ended.
    pub async fn resume(pool: &Pool, id: Uuid) -> Result<Self, DeadLetterError> {
        let client = pool.get().await?;
        let row = client.query_opt(RESUME, &[&id]).await?;
        let row = row.ok_or(DeadLetterError::NoRun { run: id })?;
        let filter: Filter = serde_json::from_str(&row.get::<_, String>(1))?;
        client.execute(MARK, &[&id]).await?;
        Ok(Self {
            id,
            started_at: row.get(0),
            filter: filter.of_status(Some(Status::Open)),
            _mark: Arc::new(Object::take(client)),
        })
    }

    /// Writes down that it has ended; returns matched, stored, failed, skipped.
    pub(super) async fn finish(&self, pool: &Pool) -> Result<[i64; 4], DeadLetterError> {
        let row = pool.get().await?.query_one(FINISH, &[&self.id]).await?;
        Ok([row.get(0), row.get(1), row.get(2), row.get(3)])
    }
}

/// Adds a row; returns when.
pub(super) async fn note(
    client: &impl GenericClient,
    (id, action): (Uuid, &str),
    why: &Why,
    filter: &Filter,
    matched: i64,
) -> Result<OffsetDateTime, DeadLetterError> {
    let filter = serde_json::to_string(filter)?;
    let row = client
        .query_one(
            START,
            &[&id, &action, &why.actor, &why.reason, &filter, &matched],
        )
        .await?;
    Ok(row.get(0))
}
