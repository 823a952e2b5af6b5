//! What a replay would find: how many match, by reason, and how the first of them read now.
//!
//! It changes nothing and locks nothing. A sample that reads as an alert may still be refused by Postgres.

use bytes::Bytes;
use calseta_shared::ids::ReceiptId;
use deadpool_postgres::Pool;
use serde::Serialize;
use uuid::Uuid;

use super::{DeadLetterError, Filter, Refused, Status, attempt, filter::matching};
use crate::{
    interpret::Interpreter,
    store::{Attempt, Occurrence, OpenLetter},
};

const BY_REASON: &str = concat!(
    "SELECT reason, count(*) FROM dead_letters WHERE ",
    matching!(),
    " GROUP BY 1 ORDER BY 2 DESC, 1"
);
const SAMPLE: &str = concat!(
    "SELECT id, source, content_type, key_prefix, verified_by, body, receipt_id, position, received_at, \
     (SELECT o.context::text FROM dead_letter_occurrences o WHERE o.receipt_id = dead_letters.receipt_id \
      AND o.position = coalesce(dead_letters.position, -1)) FROM dead_letters WHERE ",
    matching!(),
    " ORDER BY receipt_id, id LIMIT $9"
);

/// What a replay would find.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = ReplayTrial)]
pub struct Trial {
    /// Open ones that match.
    pub matched: i64,
    /// The same, by the reason they have.
    #[schema(value_type = Vec<Vec<Value>>)]
    pub by_reason: Vec<(String, i64)>,
    /// The oldest of them.
    pub sample: Vec<Sample>,
}

/// One dead letter, read now.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = ReplaySample)]
pub struct Sample {
    /// Which.
    pub id: Uuid,
    /// Alerts it would give.
    pub alerts: usize,
    /// Why it would fail again, when it would.
    pub fails: Option<String>,
}

/// Counts and reads, without a change.
///
/// # Errors
/// When Postgres does not answer.
pub async fn trial(
    pool: &Pool,
    interpreter: &Interpreter,
    filter: Filter,
    sample: i64,
) -> Result<Trial, DeadLetterError> {
    let filter = filter.of_status(Some(Status::Open));
    let client = pool.get().await?;
    let rows = client.query(BY_REASON, &filter.parameters(&[])).await?;
    let by_reason: Vec<(String, i64)> = rows.iter().map(|r| (r.get(0), r.get(1))).collect();
    let rows = client.query(SAMPLE, &filter.parameters(&[&sample])).await?;
    let sample = rows.iter().map(|row| {
        let letter = OpenLetter {
            id: row.get(0),
            source: row.get(1),
            content_type: row.get(2),
            key_prefix: row.get(3),
            verified_by: row.get(4),
            body: Bytes::from(row.get::<_, Vec<u8>>(5)),
            occurrences: vec![Occurrence {
                receipt_id: ReceiptId(row.get(6)),
                position: row.get::<_, Option<i32>>(7).and_then(|p| p.try_into().ok()),
                received_at: row.get(8),
                context: row.get(9),
            }],
        };
        read(&letter, interpreter)
    });
    Ok(Trial {
        matched: by_reason.iter().map(|(_, count)| count).sum(),
        sample: sample.collect(),
        by_reason,
    })
}

fn read(letter: &OpenLetter, interpreter: &Interpreter) -> Sample {
    let (alerts, fails) = match attempt(interpreter, letter, &Refused::new()) {
        Attempt::Ready(records) => (records.iter().map(|r| r.alerts.len()).sum(), None),
        Attempt::Failed { reason, detail } => (0, Some(format!("{reason}: {detail}"))),
    };
    Sample {
        id: letter.id,
        alerts,
        fails,
    }
}
