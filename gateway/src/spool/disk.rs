//! The store on disk: one change is one commit and one sync, and either all of it is there or none.
//!
//! After any error the file is closed and opened again before it is used, since what the store holds in
//! memory may differ from what the disk has. A key is never given twice, so that who holds a key of a
//! removed record can never touch another.

use std::collections::BTreeSet;

use redb::{Database, ReadableDatabase, ReadableTable, ReadableTableMetadata, TableDefinition};

use super::record::{self, Record};

const RECORDS: TableDefinition<u64, &[u8]> = TableDefinition::new("records");
const TOTALS: TableDefinition<&str, u64> = TableDefinition::new("totals");
const PROBE: TableDefinition<u64, &[u8]> = TableDefinition::new("probe");
const BYTES: &str = "bytes";
/// A disk that cannot take this much would fail again at the next payload.
const PROBE_BYTES: usize = 256 * 1024;

/// Opens the store; asked to check all of it when the program starts.
pub(super) type Opener = Box<dyn Fn(bool) -> Result<Database, redb::Error> + Send>;

/// What is on the disk after a change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Totals {
    pub(super) depth: u64,
    pub(super) bytes: u64,
    pub(super) oldest_ms: Option<i64>,
}

/// Which records to read.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) skip: BTreeSet<u64>,
    pub(super) limit: usize,
    pub(super) max_bytes: u64,
}

pub(super) struct Disk {
    // First, since fields are dropped in this order: the opener holds the lock.
    database: Option<Database>,
    opener: Opener,
    next: u64,
}

impl Disk {
    pub(super) fn open(opener: Opener) -> Result<(Self, Totals), redb::Error> {
        let database = opener(true)?;
        let mut disk = Self {
            opener,
            database: None,
            next: 0,
        };
        let totals = disk.settle_in(&database)?;
        disk.database = Some(database);
        Ok((disk, totals))
    }

    /// Adds `records` in their order and removes `keys`, in one commit; returns after the sync.
    pub(super) fn change(
        &mut self,
        records: &[&Record],
        keys: &[u64],
    ) -> Result<Totals, redb::Error> {
        self.guarded(|disk, database| {
            let first = disk.next;
            disk.next += records.len() as u64;
            commit(database, records, keys, first)
        })
    }

    /// The oldest records, in order of arrival.
    pub(super) fn read(&mut self, wanted: &Wanted) -> Result<Vec<(u64, Vec<u8>)>, redb::Error> {
        self.guarded(|_, database| {
            let reading = database.begin_read()?;
            let table = reading.open_table(RECORDS)?;
            let mut found = Vec::new();
            let mut bytes = 0_u64;
            for entry in table.iter()? {
                let (key, value) = entry?;
                if wanted.skip.contains(&key.value()) {
                    continue;
                }
                bytes += value.value().len() as u64;
                if found.len() >= wanted.limit || (bytes > wanted.max_bytes && !found.is_empty()) {
                    break;
                }
                found.push((key.value(), value.value().to_vec()));
            }
            Ok(found)
        })
    }

    /// Writes and removes something of the size of a payload.
    pub(super) fn probe(&mut self) -> Result<Totals, redb::Error> {
        self.guarded(|_, database| {
            let writing = database.begin_write()?;
            writing
                .open_table(PROBE)?
                .insert(0, vec![0xA5; PROBE_BYTES].as_slice())?;
            writing.commit()?;
            let writing = database.begin_write()?;
            writing.open_table(PROBE)?.remove(0)?;
            writing.commit()?;
            totals(database)
        })
    }

    fn guarded<T>(
        &mut self,
        work: impl FnOnce(&mut Self, &Database) -> Result<T, redb::Error>,
    ) -> Result<T, redb::Error> {
        let database = if let Some(database) = self.database.take() {
            database
        } else {
            let database = (self.opener)(false)?;
            self.settle_in(&database)?;
            database
        };
        let outcome = work(self, &database);
        if outcome.is_ok() {
            self.database = Some(database);
        }
        outcome
    }

    /// Makes the tables and finds the next key.
    fn settle_in(&mut self, database: &Database) -> Result<Totals, redb::Error> {
        let last = match last_key(database) {
            // The tables are there: nothing is written, since the disk may be full.
            Ok(last) => last,
            Err(redb::Error::TableDoesNotExist(_)) => {
                let writing = database.begin_write()?;
                writing.open_table(RECORDS)?;
                writing.open_table(TOTALS)?.insert(BYTES, 0)?;
                writing.commit()?;
                None
            }
            Err(error) => return Err(error),
        };
        self.next = self.next.max(last.map_or(0, |last| last + 1));
        totals(database)
    }
}

fn last_key(database: &Database) -> Result<Option<u64>, redb::Error> {
    let reading = database.begin_read()?;
    let last = reading
        .open_table(RECORDS)?
        .last()?
        .map(|(key, _)| key.value());
    Ok(last)
}

fn commit(
    database: &Database,
    records: &[&Record],
    keys: &[u64],
    first: u64,
) -> Result<Totals, redb::Error> {
    let writing = database.begin_write()?;
    let totals = {
        let mut table = writing.open_table(RECORDS)?;
        let mut sums = writing.open_table(TOTALS)?;
        let mut bytes = sums.get(BYTES)?.map_or(0, |bytes| bytes.value());
        for (key, record) in (first..).zip(records) {
            record.write(table.insert_reserve(key, record.len())?.as_mut());
            bytes += record.len() as u64;
        }
        for key in keys {
            if let Some(removed) = table.remove(key)? {
                bytes = bytes.saturating_sub(removed.value().len() as u64);
            }
        }
        sums.insert(BYTES, bytes)?;
        let oldest = table.first()?;
        Totals {
            depth: table.len()?,
            bytes,
            oldest_ms: oldest.and_then(|(_, record)| record::received_at_ms(record.value())),
        }
    };
    writing.commit()?;
    Ok(totals)
}

fn totals(database: &Database) -> Result<Totals, redb::Error> {
    let reading = database.begin_read()?;
    let table = reading.open_table(RECORDS)?;
    let bytes = reading.open_table(TOTALS)?.get(BYTES)?;
    let oldest = table.first()?;
    Ok(Totals {
        depth: table.len()?,
        bytes: bytes.map_or(0, |bytes| bytes.value()),
        oldest_ms: oldest.and_then(|(_, record)| record::received_at_ms(record.value())),
    })
}
