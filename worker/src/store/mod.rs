//! Writes a batch in one transaction: either all of it is there afterwards, or nothing is.
//!
//! Receipts make a redelivery do nothing, identities make an alert sent again an occurrence. Keys are
//! written in sorted order and tables always in the same one, so that no two workers deadlock. A rule,
//! indicator or fingerprint that many alerts share is inserted on first sight and otherwise only read.

mod alerts;
mod cache;
mod columns;
mod copy;
mod dead_letters;
mod error;
mod fingerprints;
mod frozen;
mod identities;
mod indicators;
mod links;
mod migrate;
mod partitions;
mod receipts;
mod replay;
mod rules;
mod seen;

use std::{collections::HashSet, sync::Arc, time::Duration};

use deadpool_postgres::{Object, Pool, Transaction};
use time::OffsetDateTime;
use uuid::Uuid;

pub use dead_letters::{DeadLetter, insert as insert_dead_letters};
pub use error::{Fault, StoreError, fault};
pub use identities::{Placed, Placement};
pub use migrate::{MigrateError, migrate};
pub use partitions::{Partitions, PartitionsError};
pub use replay::{Attempt, Occurrence, OpenLetter, Replayed};
pub use seen::Seen;

use crate::record::Record;
use cache::Cache;
use indicators::Sent;

/// What a batch became.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stored {
    /// Receipts written; redelivered ones are not.
    pub receipts: usize,
    /// New alerts.
    pub alerts: usize,
    /// Alerts sent again.
    pub occurrences: usize,
    /// Documents dead-lettered.
    pub dead: usize,
}

/// The one that writes. Cheap to clone; every clone shares pool and caches.
#[derive(Clone)]
pub struct Store {
    pool: Pool,
    fingerprint_window: Duration,
    partitions: Partitions,
    cache: Arc<Cache>,
    seen: Seen,
}

impl Store {
    /// A store over `pool`; `seen` gathers what is to be brought up to date outside of batches.
    pub fn new(
        pool: Pool,
        fingerprint_window: Duration,
        cache_entries: usize,
        partitions: Partitions,
        seen: Seen,
    ) -> Self {
        Self {
            pool,
            fingerprint_window,
            partitions,
            cache: Arc::new(Cache::new(cache_entries)),
            seen,
        }
    }

    /// Writes the records. Nothing is written when it fails, and trying again is always safe.
    ///
    /// # Errors
    /// Transient when Postgres is at fault; permanent when a row is, with its uuid when it is known.
    pub async fn insert(
        &self,
        records: &[&Record],
        now: OffsetDateTime,
    ) -> Result<Stored, StoreError> {
        self.partitions.ensure_for(&self.pool, records).await?;
        let mut client = self.pool.get().await?;
        match self.commit(&mut client, records, now).await {
            Err(error) if error.is_demoted() => {
                // The pool would hand it out again and again.
                drop(Object::take(client));
                Err(error)
            }
            outcome => outcome,
        }
    }

    async fn commit(
        &self,
        client: &mut Object,
        records: &[&Record],
        now: OffsetDateTime,
    ) -> Result<Stored, StoreError> {
        let transaction = client.transaction().await?;
        let (stored, placed, sent) = self.write(&transaction, records, now).await?;
        transaction.commit().await?;
        self.remember(&placed, &sent);
        Ok(stored)
    }

    /// Does all that [`Store::insert`] does and takes it back: tells whether it would succeed.
    ///
    /// # Errors
    /// Those of [`Store::insert`].
    pub async fn rehearse(&self, record: &Record, now: OffsetDateTime) -> Result<(), StoreError> {
        let mut client = self.pool.get().await?;
        let transaction = client.transaction().await?;
        self.write(&transaction, &[record], now).await?;
        transaction.rollback().await?;
        Ok(())
    }

    /// Returns also what it placed, and which indicators it sent.
    async fn write<'a>(
        &self,
        transaction: &Transaction<'_>,
        records: &[&'a Record],
        now: OffsetDateTime,
    ) -> Result<(Stored, Vec<Placed<'a>>, Sent), StoreError> {
        let known = receipts::known(transaction, records).await?;
        let mut once = HashSet::new();
        let fresh: Vec<&Record> = records
            .iter()
            .copied()
            .filter(|record| {
                let id = record.envelope.receipt_id.0;
                !known.contains(&id) && once.insert(id)
            })
            .collect();
        let placed = identities::place(transaction, &fresh, now).await?;
        let sent = self.insert_alerts(transaction, &placed, now).await?;
        let dead = dead_letters::insert_of(transaction, &fresh).await?;
        receipts::copy(transaction, &fresh, &placed, now).await?;
        let alerts = placed
            .iter()
            .filter(|p| p.placement == Placement::First)
            .count();
        let stored = Stored {
            receipts: fresh.len(),
            alerts,
            occurrences: placed.len() - alerts,
            dead,
        };
        Ok((stored, placed, sent))
    }

    async fn insert_alerts(
        &self,
        transaction: &Transaction<'_>,
        placed: &[Placed<'_>],
        now: OffsetDateTime,
    ) -> Result<Sent, StoreError> {
        let first: Vec<&Placed<'_>> = placed
            .iter()
            .filter(|placed| placed.placement == Placement::First)
            .collect();
        let alike = if self.fingerprint_window.is_zero() {
            std::collections::HashMap::new()
        } else {
            fingerprints::claim(transaction, &first, self.fingerprint_window, now).await?
        };
        alerts::copy(transaction, &first, &alike)
            .await
            .map_err(|error| error.at_row_of(&first))?;
        links::copy(transaction, &first).await?;
        identities::insert_occurrences(transaction, placed).await?;
        let sent = indicators::insert(transaction, &first, &self.cache).await?;
        rules::insert(transaction, &first, &self.cache).await?;
        Ok(sent)
    }

    /// Only after the commit: what a rolled back batch wrote is not there.
    fn remember(&self, placed: &[Placed<'_>], sent: &Sent) {
        let rules = placed.iter().map(|placed| &placed.record.alert.rule_uuid);
        let rules = rules.filter_map(Option::as_deref);
        self.cache.remember(&sent.ids, rules);
        let fresh: &[Uuid] = if sent.all_new { &sent.ids } else { &[] };
        self.seen.note(placed, fresh);
    }
}
