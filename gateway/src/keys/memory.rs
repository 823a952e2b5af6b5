//! The handle through which requests see the current set of keys.
//!
//! A key that is not in the set may be seconds old: then the refresher is asked to look, at most once
//! a second, and the request waits for it a moment. So a key works as soon as it is made.

use std::{sync::Arc, time::Duration};

use arc_swap::ArcSwapOption;
use tokio::{
    sync::{Notify, watch},
    time::{Instant, timeout},
};

use super::{Held, KeySecret, KeySet};

/// How long an unknown key waits for a look at the database.
const PATIENCE: Duration = Duration::from_millis(750);
/// How old a set may be before an unknown key is a reason to look again.
const FRESH: Duration = Duration::from_secs(1);

/// Shared by all workers; clones see the same set.
#[derive(Clone)]
pub struct Keys(Arc<Shared>);

struct Shared {
    set: ArcSwapOption<KeySet>,
    loaded: watch::Sender<Option<Instant>>,
    wanted: Notify,
}

impl Keys {
    /// No set yet.
    pub fn new() -> Self {
        Self(Arc::new(Shared {
            set: ArcSwapOption::empty(),
            loaded: watch::Sender::new(None),
            wanted: Notify::new(),
        }))
    }

    /// The current set, once there is one.
    pub fn current(&self) -> Option<Arc<KeySet>> {
        self.0.set.load_full()
    }

    /// Makes `set` the current one.
    pub fn replace(&self, set: KeySet) {
        self.0.set.store(Some(Arc::new(set)));
        self.0.loaded.send_replace(Some(Instant::now()));
    }

    /// Waits until a request wants a fresh set.
    pub async fn wanted(&self) {
        self.0.wanted.notified().await;
    }

    /// The key with this secret. `patient`: looks again before it says no.
    ///
    /// # Errors
    /// When there is no set to look in.
    pub async fn find(
        &self,
        secret: &KeySecret,
        patient: bool,
    ) -> Result<Option<Arc<Held>>, NotLoaded> {
        if let Some(set) = self.0.set.load().as_ref() {
            let found = set.find(secret);
            if found.is_some() || !patient || self.is_fresh() {
                return Ok(found);
            }
        }
        // Subscribed before it is asked for, so that an answer in between is not missed.
        let mut loaded = self.0.loaded.subscribe();
        self.0.wanted.notify_one();
        // Whether it came or not, what is there now is the best there is.
        drop(timeout(PATIENCE, loaded.changed()).await);
        let set = self.0.set.load();
        set.as_ref().map(|set| set.find(secret)).ok_or(NotLoaded)
    }

    fn is_fresh(&self) -> bool {
        let loaded = *self.0.loaded.borrow();
        loaded.is_some_and(|at| at.elapsed() < FRESH)
    }
}

impl Default for Keys {
    fn default() -> Self {
        Self::new()
    }
}

/// No set of keys was ever loaded.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the keys are not loaded yet")]
pub struct NotLoaded;
