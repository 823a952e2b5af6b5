//! The handle through which requests see the current set of keys.
//!
//! A key that is not in the set may have been made a moment ago: then whoever keeps the set is asked
//! to look again, and the request waits for a look that began after it. So a key works as soon as it
//! is made, on every gateway, whatever way the news takes.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use arc_swap::ArcSwapOption;
use tokio::{
    sync::{Notify, watch},
    time::{Instant, sleep_until, timeout},
};

use super::{Held, KeySecret, KeySet};

/// How long an unknown key waits for another look.
const PATIENCE: Duration = Duration::from_secs(2);
/// The least time between two looks that were asked for, however many unknown keys come.
const PACE: Duration = Duration::from_millis(100);

/// Shared by all workers; clones see the same set.
#[derive(Clone, Default)]
pub struct Keys(Arc<Shared>);

#[derive(Default)]
struct Shared {
    set: ArcSwapOption<KeySet>,
    /// Looks that have begun; one at a time.
    begun: AtomicU64,
    /// The number of the last look that ended with a set.
    loaded: watch::Sender<u64>,
    wanted: Notify,
}

impl Keys {
    /// No set yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The current set, once there is one.
    pub fn current(&self) -> Option<Arc<KeySet>> {
        self.0.set.load_full()
    }

    /// Says that a look begins: what was made before now will be in its set.
    pub fn begin(&self) {
        self.0.begun.fetch_add(1, Ordering::SeqCst);
    }

    /// Makes `set` the current one.
    pub fn replace(&self, set: KeySet) {
        self.0.set.store(Some(Arc::new(set)));
        self.0
            .loaded
            .send_replace(self.0.begun.load(Ordering::SeqCst));
    }

    /// Waits until a request wants another look, at most every tenth of a second since `last`.
    pub async fn wanted(&self, last: Instant) {
        // The pace first: a wish that was taken and then dropped would be lost.
        sleep_until(last + PACE).await;
        self.0.wanted.notified().await;
    }

    /// The key with this secret. `patient`, asked only when there is none: whether to look again before it says no.
    ///
    /// # Errors
    /// When there is no set to look in.
    pub async fn find(
        &self,
        secret: &KeySecret,
        patient: impl FnOnce() -> bool,
    ) -> Result<Option<Arc<Held>>, NotLoaded> {
        let begun = self.0.begun.load(Ordering::SeqCst);
        let found = self.look(secret);
        if matches!(found, Ok(Some(_))) || !patient() {
            return found;
        }
        let mut loaded = self.0.loaded.subscribe();
        self.0.wanted.notify_one();
        // Whether it came or not, what is there afterwards is the best there is.
        drop(timeout(PATIENCE, loaded.wait_for(|number| *number > begun)).await);
        self.look(secret)
    }

    fn look(&self, secret: &KeySecret) -> Result<Option<Arc<Held>>, NotLoaded> {
        let set = self.0.set.load();
        set.as_ref().map(|set| set.find(secret)).ok_or(NotLoaded)
    }
}

/// No set of keys was ever loaded.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the keys are not loaded yet")]
pub struct NotLoaded;

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_unknown_key_waits_for_a_look_that_began_after_it_and_no_longer_than_its_patience() {
        let (keys, secret) = (Keys::new(), KeySecret::generate().unwrap());
        keys.begin();
        let asked = Instant::now();
        let asking = tokio::spawn({
            let (keys, secret) = (keys.clone(), secret.clone());
            async move { keys.find(&secret, || true).await }
        });
        keys.wanted(asked).await;
        keys.replace(KeySet::default());
        tokio::task::yield_now().await;
        assert!(!asking.is_finished(), "the look had begun before");
        keys.begin();
        keys.replace(KeySet::default());
        assert_eq!(asking.await.unwrap().map(|found| found.is_none()), Ok(true));
        let asked = Instant::now();
        assert!(keys.find(&secret, || true).await.unwrap().is_none());
        assert_eq!(asked.elapsed(), PATIENCE);
    }
}
