//! The spool's file, whether it is well or not: a file that fails is closed, opened anew, and asked once
//! a second whether it takes payloads again. Meanwhile none is taken, and taking payloads out goes on.

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use super::{
    SpoolConfig, SpoolError,
    gauge::Gauge,
    reserve::Reserve,
    store::{Changes, Contents, Key, Store},
};

/// How often a failed disk is asked again.
pub(super) const RETRY: Duration = Duration::from_secs(1);

/// The file and its state.
pub(super) struct Disk {
    dir: PathBuf,
    gauge: Arc<Gauge>,
    reserve: Reserve,
    store: Option<Store>,
    contents: Contents,
    /// Why payloads are refused, while they are.
    refusing: Option<SpoolError>,
    asked: Instant,
}

impl Disk {
    /// Opens the file.
    pub(super) fn open(config: &SpoolConfig, gauge: Arc<Gauge>) -> Result<Self, SpoolError> {
        let mut disk = Self {
            dir: config.dir.clone(),
            gauge,
            reserve: Reserve::new(&config.dir, config.reserve.as_u64()),
            store: None,
            contents: Contents::default(),
            refusing: None,
            asked: Instant::now(),
        };
        if let Err(error @ SpoolError::Directory { .. }) = disk.open_store() {
            // Perhaps only for want of room: opening writes too.
            tracing::warn!(%error, "the spool does not open, its reserve is given up");
            disk.reserve.release();
        }
        if disk.store.is_none() {
            disk.open_store()?;
        }
        if let Err(error) = disk.reserve.make() {
            tracing::error!(%error, "the spool's disk has no room, payloads are not spooled");
            disk.refuse(SpoolError::NoRoom(Arc::new(error)));
        }
        Ok(disk)
    }

    /// One transaction; a file that failed is opened anew.
    pub(super) fn apply(&mut self, changes: &Changes) -> Result<(), SpoolError> {
        let Some(store) = &mut self.store else {
            return Err(self.refusing());
        };
        match store.apply(changes) {
            Ok(taken) => {
                self.count(changes, taken);
                Ok(())
            }
            Err(error) => {
                let error = SpoolError::Disk(Arc::new(error));
                if self.refusing.is_none() {
                    tracing::error!(%error, "the spool's disk failed, payloads are not spooled");
                }
                self.refuse(error.clone());
                self.store = None;
                self.reserve.release();
                if let Err(error) = self.open_store() {
                    self.refuse(error);
                }
                Err(error)
            }
        }
    }

    fn count(&mut self, changes: &Changes, taken: Contents) {
        let appended = changes.appended.len() as u64;
        let bytes: usize = changes.appended.iter().map(Vec::len).sum();
        self.contents.depth = self.contents.depth + appended - taken.depth;
        self.contents.bytes = self.contents.bytes + bytes as u64 - taken.bytes;
        self.gauge.metrics.syncs.inc();
        self.gauge
            .metrics
            .unreadable
            .inc_by(changes.set_aside.len() as u64);
        self.gauge.taken(taken);
        if appended > 0 {
            self.gauge.put(appended);
        }
        if taken.depth > 0 || !self.gauge.has_oldest() {
            self.find_oldest();
        }
        if self.refusing.is_none() {
            self.gauge.set_trouble(None);
        }
    }

    fn find_oldest(&self) {
        let oldest = self.store.as_ref().and_then(|store| store.oldest_ms().ok());
        self.gauge.set_oldest(oldest.flatten());
    }

    fn open_store(&mut self) -> Result<(), SpoolError> {
        let opened = Store::open(&self.dir);
        let (store, found) =
            opened.map_err(|error| SpoolError::at_open(self.dir.clone(), error))?;
        self.store = Some(store);
        self.gauge.found(self.contents, found);
        self.contents = found;
        self.find_oldest();
        Ok(())
    }

    fn refuse(&mut self, error: SpoolError) {
        self.gauge.set_trouble(Some(error.clone()));
        self.refusing = Some(error);
        self.asked = Instant::now();
    }

    /// Asks a failed disk whether it is well again.
    pub(super) fn mend(&mut self) {
        if self.refusing.is_none() || self.asked.elapsed() < RETRY {
            return;
        }
        if self.store.is_none()
            && let Err(error) = self.open_store()
        {
            self.refuse(error);
            return;
        }
        match self.reserve.make() {
            Ok(()) => {
                tracing::info!("the spool's disk is well again");
                self.refusing = None;
                self.gauge.set_trouble(None);
            }
            Err(error) => self.refuse(SpoolError::NoRoom(Arc::new(error))),
        }
    }

    /// Payloads after a place.
    pub(super) fn read(
        &self,
        after: Key,
        limit: usize,
        bytes: usize,
    ) -> Result<Vec<(Key, Vec<u8>)>, SpoolError> {
        let Some(store) = &self.store else {
            return Err(self.refusing());
        };
        let read = store.read(after, limit, bytes);
        read.map_err(|error| SpoolError::Disk(Arc::new(error)))
    }

    /// Closes the file.
    pub(super) fn close(&mut self) {
        self.store = None;
    }

    /// Whether payloads can be put in.
    pub(super) fn takes(&self) -> Result<(), SpoolError> {
        match &self.refusing {
            Some(error) => Err(error.clone()),
            None => Ok(()),
        }
    }

    fn refusing(&self) -> SpoolError {
        self.refusing.clone().unwrap_or(SpoolError::Closed)
    }
}
