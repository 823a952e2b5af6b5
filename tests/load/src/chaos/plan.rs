//! Which fault strikes when. Pure: the same seed makes the same plan, on any machine.
//!
//! Each target has a plan of its own, since a broker takes longer to start than a worker; they run at
//! once. Kinds are dealt from a shuffled deck, so that none is left out for long.

use std::time::Duration;

use crate::generate::Random;

use super::fault::{Fault, Target};

/// The longest pause before a fault.
const PAUSE_MS: u64 = 3_000;
/// How long faults strike without rest.
const ACT_MS: [u64; 2] = [5_000, 30_000];

/// One fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Strike {
    /// What happens.
    pub(super) fault: Fault,
    /// How long after the one before.
    pub(super) after: Duration,
    /// For how long.
    pub(super) lasts: Duration,
    /// Which worker, where there are several.
    pub(super) which: usize,
}

/// The faults of one target, without end; none when there is no such kind.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    random: Random,
    kinds: Vec<Fault>,
    deck: Vec<Fault>,
}

/// How long all targets are struck before everything may settle, again and again.
#[derive(Clone, Debug)]
pub(super) struct Acts(Random);

impl Acts {
    pub(super) fn new(seed: u64) -> Self {
        Self(Random::new(seed))
    }
}

impl Iterator for Acts {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        let [shortest, longest] = ACT_MS;
        let length = shortest + self.0.below(longest - shortest);
        Some(Duration::from_millis(length))
    }
}

impl Plan {
    /// What this seed does to `target`, of these kinds.
    pub(super) fn new(seed: u64, target: Target, kinds: &[Fault]) -> Self {
        let kinds = kinds.iter().copied();
        Self {
            random: Random::new(seed.rotate_left(32) ^ target as u64),
            kinds: kinds.filter(|kind| kind.target() == target).collect(),
            deck: Vec::new(),
        }
    }

    fn shuffle(&mut self) {
        let mut left = self.kinds.clone();
        while !left.is_empty() {
            let card = self.index(left.len());
            self.deck.push(left.swap_remove(card));
        }
    }

    fn index(&mut self, length: usize) -> usize {
        let length = u64::try_from(length).unwrap_or(u64::MAX);
        usize::try_from(self.random.below(length)).unwrap_or_default()
    }
}

impl Iterator for Plan {
    type Item = Strike;

    fn next(&mut self) -> Option<Strike> {
        if self.deck.is_empty() {
            self.shuffle();
        }
        let fault = self.deck.pop()?;
        let [shortest, longest] = fault.lasts();
        let range = longest.saturating_sub(shortest).as_millis();
        let range = u64::try_from(range).unwrap_or_default();
        Some(Strike {
            fault,
            after: Duration::from_millis(self.random.below(PAUSE_MS)),
            lasts: shortest + Duration::from_millis(self.random.below(range + 1)),
            which: self.index(1 << 16),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    const TARGETS: [Target; 3] = [Target::Programs, Target::Servers, Target::Links];

    fn strikes(seed: u64, target: Target) -> Vec<Strike> {
        Plan::new(seed, target, &Fault::ALL).take(200).collect()
    }

    #[test]
    fn the_same_seed_makes_the_same_plan_and_another_makes_another() {
        for target in TARGETS {
            assert_eq!(strikes(42, target), strikes(42, target));
            assert_ne!(strikes(42, target), strikes(43, target));
        }
        let acts = |seed| Acts::new(seed).take(50).collect::<Vec<_>>();
        assert_eq!(acts(42), acts(42));
        assert_ne!(acts(42), acts(43));
    }

    #[test]
    fn a_plan_strikes_its_target_alone_and_every_fault_ends() {
        for target in TARGETS {
            for strike in strikes(7, target) {
                let [shortest, longest] = strike.fault.lasts();
                assert!(strike.lasts >= shortest && strike.lasts <= longest);
                assert_eq!(strike.fault.target(), target);
            }
        }
    }

    #[test]
    fn every_kind_strikes_within_one_deck() {
        let struck: HashSet<&str> = TARGETS
            .into_iter()
            .flat_map(|target| {
                let kinds = Fault::ALL
                    .into_iter()
                    .filter(|kind| kind.target() == target);
                Plan::new(1, target, &Fault::ALL).take(kinds.count())
            })
            .map(|strike| strike.fault.name())
            .collect();
        assert_eq!(struck.len(), Fault::ALL.len());
    }

    #[test]
    fn without_a_kind_there_is_no_fault() {
        let kinds = [Fault::WorkerKilled];
        assert_eq!(Plan::new(1, Target::Links, &kinds).next(), None);
    }
}
