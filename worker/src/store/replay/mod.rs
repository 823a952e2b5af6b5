//! Stores dead letters that are read again: their alerts, the ledger, the receipts and the dead letters
//! themselves change in one transaction.
//!
//! Never twice: a dead letter is locked while it is replayed, one that is not open is left alone, and an
//! alert whose uuid is there already is not written again. One that somebody else has locked is left to them.

mod ledger;
mod letters;

use std::collections::HashMap;

use calseta_shared::dead_letter::Reason;
use deadpool_postgres::{Client, Transaction};
use time::OffsetDateTime;
use tokio_postgres::error::SqlState;
use uuid::Uuid;

pub use letters::{Occurrence, OpenLetter};

use super::{
    Placed, Placement, Store, StoreError, dead_letters, identities, indicators::Sent, receipts,
};
use crate::record::Record;

/// What a dead letter is when it is read again.
#[derive(Clone, Debug)]
pub enum Attempt {
    /// Alerts: one record an occurrence, in their order.
    Ready(Vec<Record>),
    /// No alert.
    Failed {
        /// Why now.
        reason: Reason,
        /// A sentence on it.
        detail: String,
    },
}

/// What one transaction did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replayed {
    /// Dead letters resolved.
    pub stored: i64,
    /// Dead letters that failed again.
    pub failed: i64,
    /// Dead letters with so many occurrences that some are left: to be replayed again.
    pub more: Vec<Uuid>,
}

/// A record, and the occurrence of a dead letter that it was read from.
struct Source<'a> {
    letter: Uuid,
    occurrence: &'a Occurrence,
    record: Record,
    /// Position and uuid of every alert, also of those stored before.
    alerts: Vec<(usize, Uuid)>,
}

/// Dead letters, read again.
#[derive(Default)]
struct Sorted<'a> {
    sources: Vec<Source<'a>>,
    /// Those that gave alerts, or have no occurrence left.
    ready: Vec<Uuid>,
    failed: Vec<(Uuid, Reason, String)>,
}

impl Store {
    /// Replays those of `ids` that are open and not locked, as part of `run`, whose counts it adds to.
    ///
    /// # Errors
    /// As those of [`Store::insert`]; nothing is changed then, and trying again is always safe.
    pub async fn replay(
        &self,
        run: Uuid,
        ids: &[Uuid],
        read: &(dyn Fn(&OpenLetter) -> Attempt + Sync),
        now: OffsetDateTime,
    ) -> Result<Replayed, StoreError> {
        let mut client = self.pool.get().await?;
        let outcome = self.replay_over(&mut client, (run, ids), read, now).await;
        if outcome.is_err() {
            // The rollback is done when this is answered. Until then the next attempt, over another
            // connection, would find its own dead letters locked and leave them to somebody else.
            client.batch_execute("").await?;
        }
        outcome.map_err(|error| match error {
            // A worker stored the same alert in the same moment: the next attempt sees it.
            StoreError::Row { source, .. } | StoreError::Postgres(source)
                if source.code() == Some(&SqlState::UNIQUE_VIOLATION) =>
            {
                StoreError::Raced
            }
            other => other,
        })
    }

    async fn replay_over(
        &self,
        client: &mut Client,
        (run, ids): (Uuid, &[Uuid]),
        read: &(dyn Fn(&OpenLetter) -> Attempt + Sync),
        now: OffsetDateTime,
    ) -> Result<Replayed, StoreError> {
        let transaction = client.transaction().await?;
        // Statistics of a partition made today say that it is empty, and whole tables would be read for each receipt.
        transaction
            .batch_execute("SET LOCAL enable_seqscan = off")
            .await?;
        let letters = letters::lock(&transaction, ids).await?;
        let mut sorted = sort(&letters, read);
        let records: Vec<&Record> = sorted.sources.iter().map(|s| &s.record).collect();
        // Before anything of the partitioned tables is touched: a new partition needs them for itself.
        self.partitions.ensure_for(&self.pool, &records).await?;
        let before = ledger::stored_before(&transaction, &sorted.sources).await?;
        for source in &mut sorted.sources {
            let alerts = &mut source.record.alerts;
            alerts.retain(|alert| !before.contains_key(&alert.uuid));
        }
        let (placed, sent, alert_of) = self
            .write_replayed(&transaction, &sorted.sources, before, now)
            .await?;
        let mut replayed = letters::resolve(&transaction, run, &sorted.ready, &alert_of).await?;
        replayed.failed = letters::fail(&transaction, run, &sorted.failed).await?;
        letters::count(&transaction, run, &replayed).await?;
        transaction.commit().await?;
        self.remember(&placed, &sent);
        Ok(replayed)
    }

    /// The alerts and everything that counts them; returns also which indicators it sent, and the alert that each
    /// dead letter became.
    async fn write_replayed<'a>(
        &self,
        transaction: &Transaction<'_>,
        sources: &'a [Source<'a>],
        before: HashMap<Uuid, Uuid>,
        now: OffsetDateTime,
    ) -> Result<(Vec<Placed<'a>>, Sent, HashMap<Uuid, Uuid>), StoreError> {
        let records: Vec<&Record> = sources.iter().map(|source| &source.record).collect();
        let placed = identities::place(transaction, &records, now).await?;
        let sent = self.insert_alerts(transaction, &placed, now).await?;
        let known = receipts::known(transaction, &records).await?;
        let whole = sources.iter().filter(|s| s.occurrence.position.is_none());
        let whole: Vec<&Record> = whole.map(|source| &source.record).collect();
        let fresh = whole
            .iter()
            .copied()
            .filter(|record| !known.contains(&record.envelope.receipt_id.0));
        let fresh: Vec<&Record> = fresh.collect();
        dead_letters::insert_of(transaction, &whole).await?;
        receipts::copy(transaction, &fresh, &placed, now).await?;
        let target_of = targets(&placed, before);
        ledger::settle(transaction, sources, &target_of, &known).await?;
        let mut alert_of = HashMap::new();
        for source in sources {
            let first = source.alerts.first();
            if let Some(target) = first.and_then(|(_, uuid)| target_of.get(uuid)) {
                alert_of.entry(source.letter).or_insert(*target);
            }
        }
        Ok((placed, sent, alert_of))
    }
}

fn sort<'a>(
    letters: &'a [OpenLetter],
    read: &(dyn Fn(&OpenLetter) -> Attempt + Sync),
) -> Sorted<'a> {
    let mut sorted = Sorted::default();
    for letter in letters {
        match read(letter) {
            Attempt::Ready(records) => {
                sorted.ready.push(letter.id);
                for (occurrence, record) in letter.occurrences.iter().zip(records) {
                    let alerts = record.alerts.iter().map(|a| (a.position, a.uuid)).collect();
                    sorted.sources.push(Source {
                        letter: letter.id,
                        occurrence,
                        record,
                        alerts,
                    });
                }
            }
            Attempt::Failed { reason, detail } => sorted.failed.push((letter.id, reason, detail)),
        }
    }
    sorted
}

/// The alert that each document is, or is an occurrence of.
fn targets(placed: &[Placed<'_>], before: HashMap<Uuid, Uuid>) -> HashMap<Uuid, Uuid> {
    let now = placed.iter().map(|placed| match placed.placement {
        Placement::First => (placed.record.uuid, placed.record.uuid),
        Placement::Again { of, .. } => (placed.record.uuid, of),
    });
    now.chain(before).collect()
}
