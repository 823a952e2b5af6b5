//! Which fault strikes when. Pure: the same seed makes the same plan, on any machine.
//!
//! Kinds are dealt from a shuffled deck, so that none is left out for long. Up to three strike at once,
//! each another target; only now and then may everything settle before the next.

use std::time::Duration;

use crate::generate::Random;

use super::fault::Fault;

/// The longest a fault waits for its turn in its round.
const LATEST_MS: u64 = 1_500;
/// One round in so many is followed by rest.
const REST: u64 = 4;

/// One fault of a round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Strike {
    /// What happens.
    pub(super) fault: Fault,
    /// When, from the start of the round.
    pub(super) after: Duration,
    /// For how long.
    pub(super) lasts: Duration,
    /// Which worker, where there are several.
    pub(super) which: usize,
}

/// Faults that strike together; the round ends when all of them have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Round {
    /// One to three, of different targets.
    pub(super) strikes: Vec<Strike>,
    /// Everything may settle before the next round.
    pub(super) rest: bool,
}

/// Rounds without end.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    random: Random,
    kinds: Vec<Fault>,
    deck: Vec<Fault>,
}

impl Plan {
    /// The plan of this seed, of these kinds.
    pub(super) fn new(seed: u64, kinds: &[Fault]) -> Self {
        Self {
            random: Random::new(seed),
            kinds: kinds.to_vec(),
            deck: Vec::new(),
        }
    }

    /// Takes the next card that strikes none of the targets of `taken`.
    fn deal(&mut self, taken: &[Strike]) -> Option<Fault> {
        if self.deck.is_empty() {
            self.shuffle();
        }
        let free = |fault: &Fault| {
            taken
                .iter()
                .all(|strike| strike.fault.target() != fault.target())
        };
        let position = self.deck.iter().position(free)?;
        Some(self.deck.remove(position))
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

    fn strike(&mut self, fault: Fault) -> Strike {
        let [shortest, longest] = fault.lasts();
        let range = longest.saturating_sub(shortest).as_millis();
        let range = u64::try_from(range).unwrap_or_default();
        Strike {
            fault,
            after: Duration::from_millis(self.random.below(LATEST_MS)),
            lasts: shortest + Duration::from_millis(self.random.below(range + 1)),
            which: self.index(1 << 16),
        }
    }
}

impl Iterator for Plan {
    type Item = Round;

    fn next(&mut self) -> Option<Round> {
        let wanted = 1 + self.index(3);
        let mut strikes = Vec::new();
        while strikes.len() < wanted {
            let Some(fault) = self.deal(&strikes) else {
                break;
            };
            strikes.push(self.strike(fault));
        }
        let rest = self.random.below(REST) == 0;
        Some(Round { strikes, rest })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn rounds(seed: u64, count: usize) -> Vec<Round> {
        Plan::new(seed, &Fault::ALL).take(count).collect()
    }

    #[test]
    fn the_same_seed_makes_the_same_plan_and_another_makes_another() {
        assert_eq!(rounds(42, 200), rounds(42, 200));
        assert_ne!(rounds(42, 200), rounds(43, 200));
    }

    #[test]
    fn a_round_strikes_a_target_once_and_every_fault_ends() {
        for round in rounds(7, 500) {
            let targets: Vec<_> = round.strikes.iter().map(|one| one.fault.target()).collect();
            assert!((1..=3).contains(&targets.len()));
            for (position, target) in targets.iter().enumerate() {
                assert!(!targets[..position].contains(target), "{round:?}");
            }
            for strike in round.strikes {
                let [shortest, longest] = strike.fault.lasts();
                assert!(strike.lasts >= shortest && strike.lasts <= longest);
            }
        }
    }

    #[test]
    fn every_kind_strikes_within_one_deck() {
        let struck: HashSet<&str> = rounds(1, Fault::ALL.len())
            .into_iter()
            .flat_map(|round| round.strikes)
            .map(|strike| strike.fault.name())
            .collect();
        assert_eq!(struck.len(), Fault::ALL.len());
    }

    #[test]
    fn rest_comes_now_and_then() {
        let rests = rounds(3, 400).iter().filter(|round| round.rest).count();
        assert!((50..=150).contains(&rests), "{rests}");
    }
}
