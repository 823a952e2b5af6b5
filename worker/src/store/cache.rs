//! What this worker has written lately, so that it is not written again.
//!
//! Two generations of a bounded set: when the young one is full it becomes the old one. Filled only
//! after a commit; forgetting costs an insert that finds its row there.

use std::{
    collections::HashSet,
    hash::Hash,
    sync::{Mutex, MutexGuard, PoisonError},
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

    /// Those of these indicators that were not written lately, each with what came with it.
    pub(super) fn unknown<'a, T>(
        &self,
        indicators: impl Iterator<Item = (&'a Indicator, T)>,
    ) -> Vec<(&'a Indicator, T)> {
        let mut known = lock(&self.indicators);
        indicators
            .filter(|(indicator, _)| !known.renew(&indicator.id))
            .collect()
    }

    /// Whether the rule was written lately.
    pub(super) fn knows_rule(&self, uuid: &str) -> bool {
        let known = lock(&self.rules);
        known.young.contains(uuid) || known.old.contains(uuid)
    }

    /// Remembers the indicators that a committed batch has sent, and the rules of its alerts.
    pub(super) fn remember<'a>(&self, indicators: &[Uuid], rules: impl Iterator<Item = &'a str>) {
        {
            let mut known = lock(&self.indicators);
            for id in indicators {
                known.insert(*id);
            }
        }
        for rule in rules {
            if !self.knows_rule(rule) {
                lock(&self.rules).insert(rule.to_owned());
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Generations<K> {
    young: HashSet<K>,
    old: HashSet<K>,
    limit: usize,
}

impl<K: Eq + Hash + Clone> Generations<K> {
    fn new(limit: usize) -> Self {
        Self {
            young: HashSet::new(),
            old: HashSet::new(),
            limit,
        }
    }

    /// Whether it is known; if so, it counts as young from now on.
    fn renew(&mut self, key: &K) -> bool {
        if self.young.contains(key) {
            return true;
        }
        let known = self.old.contains(key);
        if known {
            self.insert(key.clone());
        }
        known
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
        assert!((0..20).all(|key| !known.renew(&key)));
        assert!(known.young.len() + known.old.len() <= 20);
        assert!((25..35).all(|key| known.renew(&key)));
    }

    #[test]
    fn what_is_asked_for_again_and_again_is_never_forgotten() {
        let mut known = Generations::new(10);
        known.insert(0);
        for key in 1..100 {
            assert!(known.renew(&0), "{key}");
            known.insert(key);
        }
    }
}
