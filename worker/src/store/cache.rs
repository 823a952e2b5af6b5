//! What this worker has written lately, so that it is not written again.
//!
//! Two generations of a bounded set: when the young one is full it becomes the old one. Filled only
//! after a commit; forgetting costs an insert that finds its row there.

use std::{
    collections::HashSet,
    hash::Hash,
    sync::{Mutex, PoisonError},
};

use uuid::Uuid;

use crate::indicator::Indicator;

/// Indicators by id and rules by uuid.
pub(super) struct Cache {
    indicators: Mutex<Generations<Uuid>>,
    rules: Mutex<Generations<String>>,
}

impl Cache {
    /// Remembers at least `entries` of each, and twice as many at most.
    pub(super) fn new(entries: usize) -> Self {
        Self {
            indicators: Mutex::new(Generations::new(entries)),
            rules: Mutex::new(Generations::new(entries)),
        }
    }

    /// Those of `indicators` that were not written lately.
    pub(super) fn unknown<'a>(&self, indicators: &'a [Indicator]) -> Vec<&'a Indicator> {
        let known = self
            .indicators
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        indicators
            .iter()
            .filter(|indicator| !known.contains(&indicator.id))
            .collect()
    }

    /// Whether the rule was written lately.
    pub(super) fn knows_rule(&self, uuid: &str) -> bool {
        let known = self.rules.lock().unwrap_or_else(PoisonError::into_inner);
        known.young.contains(uuid) || known.old.contains(uuid)
    }

    /// Remembers what a committed alert has written.
    pub(super) fn remember(&self, indicators: &[Indicator], rule: Option<&str>) {
        {
            let mut known = self
                .indicators
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            for indicator in indicators {
                known.insert(indicator.id);
            }
        }
        if let Some(rule) = rule.filter(|rule| !self.knows_rule(rule)) {
            let mut known = self.rules.lock().unwrap_or_else(PoisonError::into_inner);
            known.insert(rule.to_owned());
        }
    }
}

struct Generations<K> {
    young: HashSet<K>,
    old: HashSet<K>,
    limit: usize,
}

impl<K: Eq + Hash> Generations<K> {
    fn new(limit: usize) -> Self {
        Self {
            young: HashSet::new(),
            old: HashSet::new(),
            limit,
        }
    }

    fn contains(&self, key: &K) -> bool {
        self.young.contains(key) || self.old.contains(key)
    }

    fn insert(&mut self, key: K) {
        if self.young.contains(&key) || self.limit == 0 {
            return;
        }
        if self.young.len() >= self.limit {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_cache_forgets_the_oldest_half_and_stays_bounded() {
        let mut known = Generations::new(10);
        (0..35).for_each(|key| known.insert(key));
        assert!((25..35).all(|key| known.contains(&key)));
        assert!((0..20).all(|key| !known.contains(&key)));
        assert!(known.young.len() + known.old.len() <= 20);
    }
}
