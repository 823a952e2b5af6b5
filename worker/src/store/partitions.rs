//! A partition a day for each table that grows, made ahead and dropped past retention.
//!
//! A payload may be days old (from a spool, or replayed): its day is made when it is needed. Nothing is
//! ever written to a default partition, since there is none.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

use calseta_shared::ids::ReceiptId;
use deadpool_postgres::{Pool, PoolError};
use time::{Date, Duration, OffsetDateTime};
use tokio_postgres::error::SqlState;

use super::StoreError;
use crate::record::Record;

const TABLES: [&str; 4] = ["receipts", "alerts", "alert_occurrences", "alert_links"];
/// Only one worker at a time makes or drops partitions.
const LOCK: i64 = 0x0063_616c_7061_7274;

/// Partitions could not be made or dropped.
#[derive(Debug, thiserror::Error)]
pub enum PartitionsError {
    /// No connection.
    #[error("no connection to Postgres")]
    Pool(#[from] PoolError),
    /// A statement failed.
    #[error("Postgres did not change the partitions")]
    Postgres(#[from] tokio_postgres::Error),
}

impl From<PartitionsError> for StoreError {
    fn from(error: PartitionsError) -> Self {
        match error {
            PartitionsError::Pool(error) => Self::Pool(error),
            PartitionsError::Postgres(error) => Self::Postgres(error),
        }
    }
}

/// The days this worker knows to be there.
#[derive(Clone, Debug, Default)]
pub struct Partitions(Arc<Mutex<BTreeSet<Date>>>);

impl Partitions {
    /// Makes the days of these records that are not known to be there.
    ///
    /// # Errors
    /// When Postgres does not make them.
    pub async fn ensure_for(
        &self,
        pool: &Pool,
        records: &[&Record],
    ) -> Result<(), PartitionsError> {
        let missing = self.missing(records);
        if missing.is_empty() {
            return Ok(());
        }
        self.make(pool, missing).await
    }

    fn missing(&self, records: &[&Record]) -> BTreeSet<Date> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let days = records
            .iter()
            .filter_map(|record| day_of(record.envelope.receipt_id));
        days.filter(|day| !known.contains(day)).collect()
    }

    /// Makes yesterday, today and `ahead_days` more.
    ///
    /// # Errors
    /// When Postgres does not make them.
    pub async fn make_ahead(
        &self,
        pool: &Pool,
        now: OffsetDateTime,
        ahead_days: u16,
    ) -> Result<(), PartitionsError> {
        let days = (-1..=i64::from(ahead_days))
            .filter_map(|ahead| now.date().checked_add(Duration::days(ahead)));
        self.make(pool, days.collect()).await
    }

    async fn make(&self, pool: &Pool, days: BTreeSet<Date>) -> Result<(), PartitionsError> {
        let mut client = pool.get().await?;
        for day in days {
            let transaction = client.transaction().await?;
            transaction
                .execute("SELECT pg_advisory_xact_lock($1)", &[&LOCK])
                .await?;
            for table in TABLES {
                transaction.batch_execute(&create(table, day)).await?;
            }
            transaction.commit().await?;
            self.0
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .insert(day);
        }
        Ok(())
    }

    /// Drops every partition whose day is before `oldest`; returns how many.
    ///
    /// # Errors
    /// When Postgres does not drop one; those before it are gone.
    pub async fn drop_before(&self, pool: &Pool, oldest: Date) -> Result<usize, PartitionsError> {
        let client = pool.get().await?;
        let mut dropped = 0;
        for (name, day) in list(&client).await? {
            if day >= oldest {
                continue;
            }
            match client
                .batch_execute(&format!("DROP TABLE IF EXISTS {name}"))
                .await
            {
                Ok(()) => dropped += 1,
                // Another worker was quicker.
                Err(error) if error.code() == Some(&SqlState::UNDEFINED_TABLE) => {}
                Err(error) => return Err(error.into()),
            }
            self.0
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .remove(&day);
        }
        Ok(dropped)
    }
}

/// Every partition by name, with its day, oldest first.
async fn list(client: &deadpool_postgres::Client) -> Result<Vec<(String, Date)>, PartitionsError> {
    let rows = client
        .query(
            "SELECT c.relname::text FROM pg_inherits h JOIN pg_class c ON c.oid = h.inhrelid \
             JOIN pg_class p ON p.oid = h.inhparent WHERE p.relname = ANY($1) ORDER BY 1",
            &[&TABLES.as_slice()],
        )
        .await?;
    let names = rows.iter().map(|row| row.get::<_, String>(0));
    Ok(names
        .filter_map(|name| Some((name.clone(), day_named(&name)?)))
        .collect())
}

fn create(table: &str, day: Date) -> String {
    let next = day.next_day().unwrap_or(day);
    // Dates only: nothing of an alert ever comes into these statements.
    format!(
        "CREATE TABLE IF NOT EXISTS {table}_{} PARTITION OF {table} \
         FOR VALUES FROM (uuid_floor('{day} 00:00:00Z')) TO (uuid_floor('{next} 00:00:00Z'))",
        compact(day)
    )
}

fn compact(day: Date) -> String {
    format!(
        "{:04}{:02}{:02}",
        day.year(),
        u8::from(day.month()),
        day.day()
    )
}

fn day_named(partition: &str) -> Option<Date> {
    let digits = partition
        .rsplit('_')
        .next()
        .filter(|digits| digits.len() == 8)?;
    let month = digits.get(4..6)?.parse::<u8>().ok()?.try_into().ok()?;
    Date::from_calendar_date(
        digits.get(..4)?.parse().ok()?,
        month,
        digits.get(6..)?.parse().ok()?,
    )
    .ok()
}

/// The day of a receipt, from the first 48 bits of its id.
fn day_of(receipt: ReceiptId) -> Option<Date> {
    let (seconds, _) = receipt.0.get_timestamp()?.to_unix();
    let moment = OffsetDateTime::from_unix_timestamp(seconds.try_into().ok()?).ok()?;
    Some(moment.date())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partition_is_named_by_its_day_and_read_back() {
        let day = OffsetDateTime::UNIX_EPOCH.date();
        assert_eq!(day_named(&format!("alerts_{}", compact(day))), Some(day));
        assert_eq!(day_named("alerts_default"), None);
    }

    #[test]
    fn a_new_receipt_belongs_to_today() {
        assert_eq!(
            day_of(ReceiptId::new()),
            Some(OffsetDateTime::now_utc().date())
        );
    }
}
