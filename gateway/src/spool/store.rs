//! The file: payloads in order of arrival, and beside them the records that could not be read.
//!
//! One call of `apply` is one transaction and one fsync: all of it is on disk, or nothing. Whatever was
//! changed on disk by others is found by checksums when the file is opened, and never opened over.

use std::{
    fs::{DirBuilder, File},
    io,
    ops::Bound,
    os::unix::fs::DirBuilderExt,
    path::Path,
};

use redb::{Builder, Database, Durability, ReadableDatabase, ReadableTable, TableDefinition};

use super::record;

/// Place of a payload in the order of arrival.
pub(super) type Key = u64;

const FILE: &str = "spool.redb";
const PAYLOADS: TableDefinition<'_, Key, &[u8]> = TableDefinition::new("payloads");
const UNREADABLE: TableDefinition<'_, Key, &[u8]> = TableDefinition::new("unreadable");
/// Pages kept in memory: the spool is written once and read once.
const CACHE: usize = 16 * 1_024 * 1_024;

/// An open file, locked against every other process.
pub(super) struct Store {
    database: Database,
    next: Key,
}

/// What is on disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Contents {
    /// Payloads.
    pub(super) depth: u64,
    /// Bytes of everything.
    pub(super) bytes: u64,
}

/// What one transaction changes.
#[derive(Debug, Default)]
pub(super) struct Changes {
    pub(super) appended: Vec<Vec<u8>>,
    pub(super) removed: Vec<Key>,
    pub(super) set_aside: Vec<Key>,
}

/// Makes the directory, for this user alone.
pub(super) fn make_directory(dir: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    // A file whose name is not on disk is gone after a power cut, whatever was synced into it.
    if let Some(Ok(parent)) = dir.parent().map(File::open) {
        parent.sync_all()?;
    }
    Ok(())
}

impl Store {
    /// Opens or makes the file, and checks all of it.
    pub(super) fn open(dir: &Path) -> Result<(Self, Contents), redb::Error> {
        let mut builder = Builder::new();
        builder.set_cache_size(CACHE);
        // Without it a file that something else changed is trusted.
        builder.set_check_integrity_on_open(true);
        let database = builder.create(dir.join(FILE))?;
        File::open(dir)?.sync_all()?;
        let mut store = Self { database, next: 1 };
        let contents = store.take_stock()?;
        Ok((store, contents))
    }

    /// Counts what is there. What an older gateway could not read and this one can is a payload again.
    fn take_stock(&mut self) -> Result<Contents, redb::Error> {
        let mut contents = Contents::default();
        let transaction = self.database.begin_write()?;
        {
            let mut payloads = transaction.open_table(PAYLOADS)?;
            let mut unreadable = transaction.open_table(UNREADABLE)?;
            let mut readable = Vec::new();
            for entry in unreadable.iter()? {
                let (key, value) = entry?;
                contents.bytes += length(value.value());
                self.next = self.next.max(key.value() + 1);
                if record::decode(value.value().to_vec()).is_ok() {
                    readable.push(key.value());
                }
            }
            for key in readable {
                if let Some(value) = unreadable.remove(key)? {
                    payloads.insert(key, value.value())?;
                    contents.bytes -= length(value.value());
                }
            }
            for entry in payloads.iter()? {
                let (key, value) = entry?;
                contents.depth += 1;
                contents.bytes += length(value.value());
                self.next = self.next.max(key.value() + 1);
            }
        }
        transaction.commit()?;
        Ok(contents)
    }

    /// Does all of it, or nothing; returns what was taken out.
    pub(super) fn apply(&mut self, changes: &Changes) -> Result<Contents, redb::Error> {
        let mut taken = Contents::default();
        let mut transaction = self.database.begin_write()?;
        transaction.set_durability(Durability::Immediate)?;
        let mut next = self.next;
        {
            let mut payloads = transaction.open_table(PAYLOADS)?;
            for record in &changes.appended {
                payloads.insert(next, record.as_slice())?;
                next += 1;
            }
            for key in &changes.removed {
                if let Some(value) = payloads.remove(key)? {
                    taken.depth += 1;
                    taken.bytes += length(value.value());
                }
            }
            let mut unreadable = transaction.open_table(UNREADABLE)?;
            for key in &changes.set_aside {
                if let Some(value) = payloads.remove(key)? {
                    unreadable.insert(key, value.value())?;
                    taken.depth += 1;
                }
            }
        }
        transaction.commit()?;
        self.next = next;
        Ok(taken)
    }

    /// The first payloads after a place, `limit` of them or `bytes` at most, and one at least.
    pub(super) fn read(
        &self,
        after: Key,
        limit: usize,
        bytes: usize,
    ) -> Result<Vec<(Key, Vec<u8>)>, redb::Error> {
        let payloads = self.database.begin_read()?.open_table(PAYLOADS)?;
        let mut read: Vec<(Key, Vec<u8>)> = Vec::new();
        let mut size = 0;
        for entry in payloads.range((Bound::Excluded(after), Bound::Unbounded))? {
            let (key, value) = entry?;
            size += value.value().len();
            if read.len() >= limit || (size > bytes && !read.is_empty()) {
                break;
            }
            read.push((key.value(), value.value().to_vec()));
        }
        Ok(read)
    }

    /// When the oldest payload came.
    pub(super) fn oldest_ms(&self) -> Result<Option<i64>, redb::Error> {
        let payloads = self.database.begin_read()?.open_table(PAYLOADS)?;
        let first = payloads.first()?;
        Ok(first.and_then(|(_, value)| record::received_at_ms(value.value())))
    }
}

fn length(record: &[u8]) -> u64 {
    u64::try_from(record.len()).unwrap_or(u64::MAX)
}
