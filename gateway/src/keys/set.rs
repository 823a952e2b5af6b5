//! All keys as they were at one moment, found by prefix and compared by hash in constant time.
//!
//! What a key has used (its last use, its bucket) lives beside it and is carried from set to set, so
//! that loading the keys again forgives nothing.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use time::OffsetDateTime;
use uuid::Uuid;

use super::{Bucket, Key, KeySecret};
use crate::verify::is_equal;

/// A key in memory.
#[derive(Debug)]
pub struct Held {
    /// What is known of it.
    pub key: Key,
    /// What it has used.
    pub usage: Arc<Usage>,
}

/// What one key has used since the program started.
#[derive(Debug, Default)]
pub struct Usage {
    /// Against its rate.
    pub bucket: Bucket,
    last_used_s: AtomicI64,
    written_s: AtomicI64,
}

impl Usage {
    /// Notes a use.
    pub fn touch(&self, now: OffsetDateTime) {
        self.last_used_s
            .fetch_max(now.unix_timestamp(), Ordering::Relaxed);
    }
}

/// Keys by their prefix.
#[derive(Debug, Default)]
pub struct KeySet {
    by_prefix: HashMap<String, Vec<Arc<Held>>>,
}

impl KeySet {
    /// A set of these keys that goes on counting where `before` stopped.
    pub fn new(keys: Vec<Key>, before: Option<&Self>) -> Self {
        let mut usages: HashMap<Uuid, Arc<Usage>> = before
            .into_iter()
            .flat_map(Self::iter)
            .map(|held| (held.key.id, held.usage.clone()))
            .collect();
        let mut by_prefix: HashMap<String, Vec<Arc<Held>>> = HashMap::new();
        for key in keys {
            let usage = usages.remove(&key.id).unwrap_or_default();
            let held = Arc::new(Held { key, usage });
            by_prefix
                .entry(held.key.prefix.clone())
                .or_default()
                .push(held);
        }
        Self { by_prefix }
    }

    /// The key with this secret, whatever its state.
    pub fn find(&self, secret: &KeySecret) -> Option<Arc<Held>> {
        let hash = secret.hash();
        self.by_prefix
            .get(secret.prefix())?
            .iter()
            .find(|held| is_equal(&held.key.hash, &hash))
            .cloned()
    }

    /// Every key.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Held>> {
        self.by_prefix.values().flatten()
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.iter().count()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.by_prefix.is_empty()
    }

    /// Keys used since the last call, with the time in seconds since the epoch.
    pub fn take_used(&self) -> Vec<(Uuid, i64)> {
        self.iter()
            .filter_map(|held| {
                let used = held.usage.last_used_s.load(Ordering::Relaxed);
                let before = held.usage.written_s.swap(used, Ordering::Relaxed);
                (used > before).then_some((held.key.id, used))
            })
            .collect()
    }
}
