//! Makes the directory, locks it, opens the file and starts the thread.
//!
//! The directory is readable by its owner alone, since payloads name users and hosts; it and the file's
//! entry in it are synced, so that a first payload cannot vanish with its file.

use std::{
    collections::BTreeSet,
    fs::{DirBuilder, File, TryLockError},
    io,
    os::unix::fs::DirBuilderExt,
    path::Path,
    sync::{Arc, mpsc},
    thread,
};

use bytesize::ByteSize;
use redb::Database;

use super::{
    Spool, SpoolConfig, SpoolError,
    disk::{Disk, Opener},
    gauge::Gauge,
    group::Limits,
    writer::Writer,
};

const FILE: &str = "spool.redb";
const LOCK: &str = "spool.lock";
/// The store's own default is 1 GiB; a spool is written once and read once.
const CACHE_BYTES: usize = 32 * 1024 * 1024;

pub(super) fn open(config: &SpoolConfig) -> Result<Spool, SpoolError> {
    let dir = config.dir.as_path();
    let unusable = |source: io::Error| SpoolError::Directory {
        dir: dir.into(),
        source: Arc::new(source),
    };
    let made = DirBuilder::new().recursive(true).mode(0o700).create(dir);
    made.map_err(unusable)?;
    let lock = File::create(dir.join(LOCK)).map_err(unusable)?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(SpoolError::InUse { dir: dir.into() }),
        Err(TryLockError::Error(error)) => return Err(unusable(error)),
    }
    let file = dir.join(FILE);
    let opener = opener(&file, lock);
    let spool = start(opener, config).map_err(|error| match error {
        Unopened::Store(redb::Error::DatabaseAlreadyOpen) => SpoolError::InUse { dir: dir.into() },
        Unopened::Store(error @ redb::Error::Io(_)) => SpoolError::disk(error),
        Unopened::Store(error) => SpoolError::Damaged {
            file: file.clone(),
            source: Arc::new(error),
        },
        Unopened::Thread(error) => unusable(error),
    })?;
    sync_entries(dir).map_err(unusable)?;
    Ok(spool)
}

pub(super) enum Unopened {
    Store(redb::Error),
    Thread(io::Error),
}

/// Starts the thread on whatever `opener` opens.
pub(super) fn start(opener: Opener, config: &SpoolConfig) -> Result<Spool, Unopened> {
    let (disk, totals) = Disk::open(opener).map_err(Unopened::Store)?;
    let gauge = Gauge::new(totals);
    let writer = Writer {
        disk,
        gauge: gauge.clone(),
        limits: limits(config),
        unreadable: BTreeSet::new(),
    };
    let (commands, asked) = mpsc::channel();
    let thread = thread::Builder::new().name("spool".into());
    let started = thread.spawn(move || writer.run(&asked));
    started.map_err(Unopened::Thread)?;
    if totals.depth > 0 {
        tracing::info!(
            spool.depth = totals.depth,
            spool.bytes = totals.bytes,
            "payloads wait in the spool from before"
        );
    }
    Ok(Spool {
        commands,
        gauge,
        limit: config.max_bytes,
    })
}

fn limits(config: &SpoolConfig) -> Limits {
    Limits {
        payloads: config.sync_max_payloads.get(),
        bytes: config.sync_max_bytes.max(ByteSize::b(1)).as_u64(),
        wait: config.sync_wait,
    }
}

fn opener(file: &Path, lock: File) -> Opener {
    let file = file.to_path_buf();
    Box::new(move |check| {
        // Held for as long as the file may be opened again.
        let _held: &File = &lock;
        let mut builder = Database::builder();
        builder.set_cache_size(CACHE_BYTES);
        builder.set_check_integrity_on_open(check);
        Ok(builder.create(&file)?)
    })
}

fn sync_entries(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()?;
    match dir.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => File::open(parent)?.sync_all(),
        _ => Ok(()),
    }
}
