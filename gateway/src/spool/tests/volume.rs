//! A disk in memory that can lose its power at any operation, run out of room, or fail to sync.
//!
//! What was synced survives; of what was written since, any part may, torn at any byte.

use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use redb::{Database, StorageBackend};

use super::super::disk::Opener;

/// Decides by itself what survives, from one number.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chance(pub(super) u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit.max(1)
    }
}

#[derive(Clone, Debug)]
enum Unsynced {
    Write(usize, Vec<u8>),
    Length(usize),
}

#[derive(Debug, Default)]
struct State {
    synced: Vec<u8>,
    now: Vec<u8>,
    unsynced: Vec<Unsynced>,
    operations: usize,
    dies_at: Option<usize>,
    room: Option<usize>,
    syncs_fail: bool,
}

impl State {
    fn step(&mut self) -> io::Result<()> {
        self.operations += 1;
        match self.dies_at {
            Some(last) if self.operations > last => Err(io::Error::other("no power")),
            _ => Ok(()),
        }
    }
}

fn apply(bytes: &mut Vec<u8>, operation: &Unsynced) {
    match operation {
        Unsynced::Length(length) => bytes.resize(*length, 0),
        Unsynced::Write(offset, data) => {
            let end = offset + data.len();
            bytes.resize(bytes.len().max(end), 0);
            bytes[*offset..end].copy_from_slice(data);
        }
    }
}

#[derive(Clone, Debug, Default)]
pub(super) struct Volume(Arc<Mutex<State>>);

impl Volume {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn opener(&self) -> Opener {
        let volume = self.clone();
        Box::new(move |check| {
            let mut builder = Database::builder();
            builder.set_cache_size(1024 * 1024);
            builder.set_check_integrity_on_open(check);
            Ok(builder.create_with_backend(volume.clone())?)
        })
    }

    /// The power goes after so many more writes and syncs.
    pub(super) fn die_after(&self, operations: usize) {
        let mut state = self.state();
        state.dies_at = Some(state.operations + operations);
    }

    /// Room for so many bytes in all; `None`: no limit.
    pub(super) fn room(&self, room: Option<usize>) {
        self.state().room = room;
    }

    pub(super) fn length(&self) -> usize {
        self.state().now.len()
    }

    pub(super) fn fail_syncs(&self, fail: bool) {
        self.state().syncs_fail = fail;
    }

    /// The disk as it is found when the power is back.
    pub(super) fn after_power_loss(&self, mut chance: Chance) -> Self {
        let state = self.state();
        let mut found = state.synced.clone();
        for operation in &state.unsynced {
            match (chance.below(3), operation) {
                (0, _) => {}
                (1, Unsynced::Write(offset, data)) => {
                    let torn = data[..chance.below(data.len() + 1)].to_vec();
                    apply(&mut found, &Unsynced::Write(*offset, torn));
                }
                (_, whole) => apply(&mut found, whole),
            }
        }
        // A file is never shorter than what was synced of it.
        found.resize(found.len().max(state.synced.len()), 0);
        Self(Arc::new(Mutex::new(State {
            synced: found.clone(),
            now: found,
            ..State::default()
        })))
    }
}

impl StorageBackend for Volume {
    fn len(&self) -> io::Result<u64> {
        Ok(self.state().now.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let state = self.state();
        let offset = usize::try_from(offset).unwrap();
        let found = state.now.get(offset..offset + out.len());
        out.copy_from_slice(found.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        let mut state = self.state();
        state.step()?;
        let operation = Unsynced::Length(usize::try_from(length).unwrap());
        apply(&mut state.now, &operation);
        state.unsynced.push(operation);
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut state = self.state();
        state.step()?;
        if state.syncs_fail {
            return Err(io::Error::other("the disk is broken"));
        }
        state.synced = state.now.clone();
        state.unsynced.clear();
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut state = self.state();
        state.step()?;
        let offset = usize::try_from(offset).unwrap();
        if state.room.is_some_and(|room| offset + data.len() > room) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let operation = Unsynced::Write(offset, data.to_vec());
        apply(&mut state.now, &operation);
        state.unsynced.push(operation);
        Ok(())
    }
}
