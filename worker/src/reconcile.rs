//! Compares every receipt with the rows it should have: documents = alerts + duplicates + dead letters
//! (+ discarded ones), each there in that number.
//!
//! Set-based: every table is read once, so that a million receipts take seconds. One snapshot: a worker
//! that stores meanwhile makes no false alarm. It changes nothing.

use deadpool_postgres::Pool;
use serde::Serialize;
use time::OffsetDateTime;
use uuid::Uuid;

/// Receipts and their rows, grouped. `$1` is the smallest receipt.
///
/// A whole body that is dead counts in its receipt only when a worker could not read it; a body that killed
/// its worker behind the commit is dead and settled. So `dead` lies between two numbers.
macro_rules! compared {
    () => {
        "WITH a AS (SELECT receipt_id, count(*)::int AS n FROM alerts WHERE uuid >= $1 GROUP BY 1), \
         o AS (SELECT receipt_id, count(*)::int AS n FROM alert_occurrences WHERE uuid >= $1 GROUP BY 1), \
         d AS (SELECT l.receipt_id, count(*) FILTER (WHERE l.position >= 0)::int AS parts, \
                   count(*) FILTER (WHERE l.position < 0)::int AS whole \
               FROM dead_letter_occurrences l WHERE l.receipt_id >= $1 AND l.outcome IS NULL GROUP BY 1), \
         c AS (SELECT coalesce(r.receipt_id, a.receipt_id, o.receipt_id) AS receipt_id, \
                   r.receipt_id IS NULL AS orphan, r.documents, r.discarded, \
                   coalesce(r.alerts, 0) AS alerts, coalesce(a.n, 0) AS alert_rows, \
                   coalesce(r.duplicates, 0) AS duplicates, coalesce(o.n, 0) AS occurrence_rows, \
                   coalesce(r.dead, 0) AS dead, coalesce(d.parts, 0) AS dead_rows, coalesce(d.whole, 0) AS whole \
               FROM (SELECT * FROM receipts WHERE receipt_id >= $1) r \
               FULL JOIN a ON a.receipt_id = r.receipt_id \
               FULL JOIN o ON o.receipt_id = coalesce(r.receipt_id, a.receipt_id) \
               LEFT JOIN d ON d.receipt_id = coalesce(r.receipt_id, a.receipt_id, o.receipt_id)) "
    };
}
const TOTALS: &str = concat!(
    compared!(),
    "SELECT count(*) FILTER (WHERE NOT orphan), coalesce(sum(documents), 0)::bigint, \
         coalesce(sum(alert_rows), 0)::bigint, coalesce(sum(occurrence_rows), 0)::bigint, \
         coalesce(sum(dead), 0)::bigint, coalesce(sum(discarded), 0)::bigint FROM c"
);
const DIFFERENT: &str = concat!(
    compared!(),
    "SELECT receipt_id, orphan, coalesce(documents, 0), alerts, alert_rows, duplicates, occurrence_rows, \
         dead, dead_rows, coalesce(discarded, 0) FROM c \
     WHERE orphan OR alerts <> alert_rows OR duplicates <> occurrence_rows \
        OR dead < dead_rows OR dead > dead_rows + whole \
        OR documents <> alerts + duplicates + dead + discarded \
     ORDER BY receipt_id LIMIT $2"
);
/// Bodies that are dead letters as a whole and of which no document was ever settled.
const WHOLE: &str = "SELECT count(*) FROM dead_letter_occurrences \
     WHERE receipt_id >= $1 AND position < 0 AND outcome IS NULL";
const SETTINGS: &str =
    "SET LOCAL statement_timeout = 0; SET LOCAL work_mem = '64MB'; SET LOCAL jit = off";

/// What there is, and what is wrong.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// Settled requests.
    pub receipts: i64,
    /// Documents they say they held.
    pub documents: i64,
    /// Alerts.
    pub alerts: i64,
    /// Occurrences of alerts that were sent before.
    pub duplicates: i64,
    /// Documents of settled requests that are dead letters.
    pub dead: i64,
    /// Documents that somebody gave up.
    pub discarded: i64,
    /// Requests that are dead letters as a whole.
    pub dead_bodies: i64,
    /// Receipts whose rows are not those they say, oldest first.
    pub differences: Vec<Difference>,
}

/// One receipt, what it says and what is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(
    missing_docs,
    reason = "each pair is what the receipt says, and the rows there are"
)]
pub struct Difference {
    pub receipt_id: Uuid,
    /// There are rows of it, and no receipt.
    pub without_receipt: bool,
    pub documents: i32,
    pub alerts: i32,
    pub alert_rows: i32,
    pub duplicates: i32,
    pub occurrence_rows: i32,
    pub dead: i32,
    pub dead_rows: i32,
    pub discarded: i32,
}

impl Difference {
    /// What is wrong, in one line.
    pub fn describe(&self) -> String {
        if self.without_receipt {
            let rows = self.alert_rows + self.occurrence_rows;
            return format!("{rows} rows without a receipt");
        }
        let pairs = [
            ("alerts", self.alerts, self.alert_rows),
            ("occurrences", self.duplicates, self.occurrence_rows),
            ("dead letters", self.dead, self.dead_rows),
        ];
        let mut wrong: Vec<String> = pairs
            .iter()
            .filter(|(_, said, there)| said != there)
            .map(|(name, said, there)| format!("{there} of {said} {name}"))
            .collect();
        let sum = self.alerts + self.duplicates + self.dead + self.discarded;
        if self.documents != sum {
            wrong.push(format!(
                "{sum} of {} documents accounted for",
                self.documents
            ));
        }
        wrong.join(", ")
    }
}

/// Compares the receipts since `since`, or all; names at most `limit` that differ.
///
/// # Errors
/// When Postgres does not answer.
pub async fn reconcile(
    pool: &Pool,
    since: Option<OffsetDateTime>,
    limit: i64,
) -> Result<Report, crate::dead_letters::DeadLetterError> {
    let mut client = pool.get().await?;
    let transaction = client
        .build_transaction()
        .read_only(true)
        .isolation_level(tokio_postgres::IsolationLevel::RepeatableRead)
        .start()
        .await?;
    transaction.batch_execute(SETTINGS).await?;
    let floor: Uuid = transaction
        .query_one(
            "SELECT coalesce(uuid_floor($1::timestamptz), '00000000-0000-0000-0000-000000000000')",
            &[&since],
        )
        .await?
        .get(0);
    let totals = transaction.query_one(TOTALS, &[&floor]).await?;
    let whole = transaction.query_one(WHOLE, &[&floor]).await?;
    let rows = transaction.query(DIFFERENT, &[&floor, &limit]).await?;
    let differences = rows.iter().map(|row| Difference {
        receipt_id: row.get(0),
        without_receipt: row.get(1),
        documents: row.get(2),
        alerts: row.get(3),
        alert_rows: row.get(4),
        duplicates: row.get(5),
        occurrence_rows: row.get(6),
        dead: row.get(7),
        dead_rows: row.get(8),
        discarded: row.get(9),
    });
    Ok(Report {
        receipts: totals.get(0),
        documents: totals.get(1),
        alerts: totals.get(2),
        duplicates: totals.get(3),
        dead: totals.get(4),
        discarded: totals.get(5),
        dead_bodies: whole.get(0),
        differences: differences.collect(),
    })
}
