//! Dead letters as people read them: their facts, page by page, with or without the body.
//!
//! Pages follow one another by key, not by offset: a table that changes in between repeats nothing.

use deadpool_postgres::{Client, Pool};
use serde::Serialize;
use time::{OffsetDateTime, serde::rfc3339};
use tokio_postgres::Row;
use uuid::Uuid;

use super::{
    DeadLetterError,
    filter::{Filter, matching},
};

macro_rules! facts {
    () => {
        "id, encode(sha256, 'hex'), reason, detail, source, receipt_id, position, received_at, \
         content_type, key_prefix, verified_by, octet_length(body), occurrences, attempts, status, \
         first_seen_at, last_seen_at, resolved_at, alert_uuid, edited_at, last_run"
    };
}
const COUNT: &str = concat!("SELECT count(*) FROM dead_letters WHERE ", matching!());
/// The youngest first.
const LIST: &str = concat!(
    "SELECT ",
    facts!(),
    " FROM dead_letters WHERE ",
    matching!(),
    " AND ($9::timestamptz IS NULL OR (last_seen_at, id) < ($9, $10)) \
     ORDER BY last_seen_at DESC, id DESC LIMIT $11"
);
const ONE: &str = concat!(
    "SELECT ",
    facts!(),
    ", body FROM dead_letters WHERE id = $1"
);

/// The facts of one dead letter.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = DeadLetter)]
#[expect(missing_docs, reason = "each is a column, documented in the schema")]
pub struct Letter {
    pub id: Uuid,
    pub sha256: String,
    pub reason: String,
    pub detail: String,
    pub source: String,
    pub receipt_id: Uuid,
    pub position: Option<i32>,
    #[serde(with = "rfc3339")]
    pub received_at: OffsetDateTime,
    pub content_type: Option<String>,
    pub key_prefix: String,
    pub verified_by: String,
    pub size_bytes: i32,
    pub occurrences: i64,
    pub attempts: i32,
    pub status: String,
    #[serde(with = "rfc3339")]
    pub first_seen_at: OffsetDateTime,
    #[serde(with = "rfc3339")]
    pub last_seen_at: OffsetDateTime,
    #[serde(with = "rfc3339::option")]
    pub resolved_at: Option<OffsetDateTime>,
    pub alert_uuid: Option<Uuid>,
    #[serde(with = "rfc3339::option")]
    pub edited_at: Option<OffsetDateTime>,
    pub last_run: Option<Uuid>,
}

/// Behind which dead letter the next page begins.
pub type Page = Option<(OffsetDateTime, Uuid)>;

/// How many match.
///
/// # Errors
/// When Postgres does not answer.
pub async fn count(pool: &Pool, filter: &Filter) -> Result<i64, DeadLetterError> {
    let client = pool.get().await?;
    let row = client.query_one(COUNT, &filter.parameters(&[])).await?;
    Ok(row.get(0))
}

/// At most `limit` that match, the youngest first, behind `after`.
///
/// # Errors
/// When Postgres does not answer.
pub async fn page(
    pool: &Pool,
    filter: &Filter,
    after: Page,
    limit: i64,
) -> Result<Vec<Letter>, DeadLetterError> {
    let client = pool.get().await?;
    let (time, id) = after.unzip();
    let rows = client
        .query(LIST, &filter.parameters(&[&time, &id, &limit]))
        .await?;
    Ok(rows.iter().map(read).collect())
}

/// One with its body.
///
/// # Errors
/// When there is none with this id.
pub async fn with_body(pool: &Pool, id: Uuid) -> Result<(Letter, Vec<u8>), DeadLetterError> {
    let client: Client = pool.get().await?;
    let row = client.query_opt(ONE, &[&id]).await?;
    let row = row.ok_or(DeadLetterError::Unknown { id })?;
    Ok((read(&row), row.get(21)))
}

fn read(row: &Row) -> Letter {
    Letter {
        id: row.get(0),
        sha256: row.get(1),
        reason: row.get(2),
        detail: row.get(3),
        source: row.get(4),
        receipt_id: row.get(5),
        position: row.get(6),
        received_at: row.get(7),
        content_type: row.get(8),
        key_prefix: row.get(9),
        verified_by: row.get(10),
        size_bytes: row.get(11),
        occurrences: row.get(12),
        attempts: row.get(13),
        status: row.get(14),
        first_seen_at: row.get(15),
        last_seen_at: row.get(16),
        resolved_at: row.get(17),
        alert_uuid: row.get(18),
        edited_at: row.get(19),
        last_run: row.get(20),
    }
}
