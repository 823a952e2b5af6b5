//! Which payloads hold up a drain by themselves: those that fail while others succeed, or fail alone with
//! an outcome that a payload can cause.
//!
//! After a few such failures one is set aside until all others had their turn. A broker that is away,
//! blocked or full says nothing about a payload, so order of arrival is kept through an outage.

use std::collections::{BTreeMap, BTreeSet};

use calseta_shared::broker::PublishError;

const TRIES: u8 = 3;

#[derive(Debug, Default)]
pub(super) struct Suspects {
    failures: BTreeMap<u64, u8>,
    set_aside: BTreeSet<u64>,
}

impl Suspects {
    pub(super) fn set_aside(&self) -> &BTreeSet<u64> {
        &self.set_aside
    }

    /// What failed in a round, and whether others succeeded in it.
    pub(super) fn judge(&mut self, failed: &[(u64, PublishError)], others_succeeded: bool) {
        let alone = failed.len() == 1;
        for (key, error) in failed {
            let own_fault = matches!(error, PublishError::Ended(_) | PublishError::Unconfirmed(_));
            let suspect = others_succeeded || (alone && own_fault);
            if !suspect {
                continue;
            }
            let failures = self.failures.entry(*key).or_default();
            *failures += 1;
            if *failures >= TRIES {
                self.failures.remove(key);
                self.set_aside.insert(*key);
                tracing::warn!(
                    spool.key = key,
                    %error,
                    "a spooled payload fails by itself and waits until the others are gone"
                );
            }
        }
    }

    /// All may be tried again.
    pub(super) fn forgive(&mut self) {
        self.set_aside.clear();
        self.failures.clear();
    }
}
