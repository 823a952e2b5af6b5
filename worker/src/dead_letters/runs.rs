//! The audit as people read it: every run, edit and discard, who, why and how far it has come.
//!
//! A run that has not ended is running while the connection that marked it lives, wherever that is.

use deadpool_postgres::Pool;
use serde::Serialize;
use time::{OffsetDateTime, serde::rfc3339};
use tokio_postgres::Row;
use uuid::Uuid;

use super::DeadLetterError;

/// The key of the advisory lock that marks a run: the random half of its id.
macro_rules! mark {
    ($id:literal) => {
        concat!(
            "('x' || right(replace(",
            $id,
            "::text, '-', ''), 16))::bit(64)::bigint"
        )
    };
}
pub(super) use mark;

macro_rules! facts {
    () => {
        concat!(
            "SELECT id, action, started_at, finished_at, actor, reason, filter::text, matched, stored, \
             failed, skipped, EXISTS (SELECT FROM pg_locks l JOIN pg_database d ON d.oid = l.database \
                 WHERE d.datname = current_database() AND l.locktype = 'advisory' AND l.objsubid = 1 \
                 AND (l.classid::bigint << 32 | l.objid::bigint) = ",
            mark!("r.id"),
            ") FROM dead_letter_replays r WHERE "
        )
    };
}
const ONE: &str = concat!(facts!(), "id = $1");
/// The youngest first.
const LIST: &str = concat!(
    facts!(),
    "($1::uuid IS NULL OR id < $1) ORDER BY id DESC LIMIT $2"
);

/// One row of the audit.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Replay)]
pub struct RunRecord {
    /// A UUIDv7.
    pub id: Uuid,
    /// `replay`, `edit` or `discard`.
    pub action: String,
    /// How far it is.
    pub state: RunState,
    /// By Postgres's clock.
    #[serde(with = "rfc3339")]
    pub started_at: OffsetDateTime,
    /// None: it has not ended.
    #[serde(with = "rfc3339::option")]
    pub finished_at: Option<OffsetDateTime>,
    /// Who.
    pub actor: String,
    /// In their words.
    pub why: String,
    /// What it is about.
    #[schema(value_type = Object)]
    pub filter: serde_json::Value,
    /// Open when it was started.
    pub matched: i64,
    /// Resolved by it so far.
    pub stored: i64,
    /// Failed again so far.
    pub failed: i64,
    /// Settled by somebody else, or not open; known at the end.
    pub skipped: i64,
}

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ReplayState)]
pub enum RunState {
    /// A program works on it.
    Running,
    /// The program that worked on it is gone; it can be resumed.
    Interrupted,
    /// It has ended.
    Finished,
}

/// One run, edit or discard.
///
/// # Errors
/// When there is none with this id.
pub async fn record(pool: &Pool, id: Uuid) -> Result<RunRecord, DeadLetterError> {
    let row = pool.get().await?.query_opt(ONE, &[&id]).await?;
    read(&row.ok_or(DeadLetterError::NoRun { run: id })?)
}

/// At most `limit` of them, the youngest first, behind `after`.
///
/// # Errors
/// When Postgres does not answer.
pub async fn records(
    pool: &Pool,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<RunRecord>, DeadLetterError> {
    let rows = pool.get().await?.query(LIST, &[&after, &limit]).await?;
    rows.iter().map(read).collect()
}

fn read(row: &Row) -> Result<RunRecord, DeadLetterError> {
    let finished_at: Option<OffsetDateTime> = row.get(3);
    Ok(RunRecord {
        id: row.get(0),
        action: row.get(1),
        state: match (finished_at, row.get(11)) {
            (Some(_), _) => RunState::Finished,
            (None, true) => RunState::Running,
            (None, false) => RunState::Interrupted,
        },
        started_at: row.get(2),
        finished_at,
        actor: row.get(4),
        why: row.get(5),
        filter: serde_json::from_str(&row.get::<_, String>(6))?,
        matched: row.get(7),
        stored: row.get(8),
        failed: row.get(9),
        skipped: row.get(10),
    })
}
