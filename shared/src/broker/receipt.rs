//! Acknowledging deliveries: in as few frames as can be, and never one that is not done with.
//!
//! The broker takes one acknowledgment for all deliveries of a channel up to a tag, which costs a quorum
//! queue one entry of its log instead of one each. Those behind an older one that is not done with yet
//! wait for it, unless they are many.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
};

use lapin::{Acker, options::BasicAckOptions};

use super::window::Held;

/// The right to acknowledge one delivery; its body counts as held until then.
#[derive(Debug)]
pub struct Receipt {
    tag: u64,
    acker: Acker,
    _held: Held,
    channel: Arc<Mutex<Ledger<Acker>>>,
}

/// What came of acknowledging.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Acknowledged {
    /// Deliveries that are done with.
    pub settled: usize,
    /// Deliveries of a channel that is gone: they come again.
    pub stale: usize,
}

/// The deliveries of one channel.
#[derive(Clone, Debug)]
pub(super) struct Channel(Arc<Mutex<Ledger<Acker>>>);

impl Channel {
    /// Half of the prefetch may wait for an older delivery: that one may be tried again for hours, and
    /// others must come meanwhile.
    pub(super) fn new(prefetch: u16) -> Self {
        Self(Arc::new(Mutex::new(Ledger::new(usize::from(prefetch / 2)))))
    }

    /// Takes note of a delivery.
    pub(super) fn receipt(&self, tag: u64, acker: Acker, held: Held) -> Receipt {
        let mut ledger = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        ledger.note(tag);
        Receipt {
            tag,
            acker,
            _held: held,
            channel: self.0.clone(),
        }
    }
}

impl Receipt {
    /// Tells the broker that these deliveries are done with.
    #[expect(
        clippy::disallowed_methods,
        reason = "settle's only door to the broker"
    )]
    pub async fn acknowledge(receipts: Vec<Self>) -> Acknowledged {
        let mut outcome = Acknowledged::default();
        let mut due = Vec::new();
        for receipt in receipts {
            if receipt.acker.poisoned() {
                outcome.stale += 1;
                continue;
            }
            outcome.settled += 1;
            let mut ledger = receipt
                .channel
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            ledger.settle(receipt.tag, receipt.acker);
            drop(ledger);
            if !due.iter().any(|known| Arc::ptr_eq(known, &receipt.channel)) {
                due.push(receipt.channel);
            }
        }
        for channel in due {
            let acks = channel.lock().unwrap_or_else(PoisonError::into_inner).due();
            for (acker, multiple) in acks {
                if let Err(error) = acker.ack(BasicAckOptions { multiple }).await {
                    tracing::debug!(%error, "an acknowledgment did not go out, its deliveries come again");
                }
            }
        }
        outcome
    }
}

/// Which deliveries of a channel are not done with, and which are but wait for an older one.
#[derive(Debug)]
struct Ledger<A> {
    /// The first tag that has not been seen. Tags of a channel have no gaps, but the deliveries of two
    /// consumers do not come in the order of their tags.
    unseen: u64,
    /// Seen before an older one.
    ahead: BTreeSet<u64>,
    open: BTreeSet<u64>,
    waiting: BTreeMap<u64, A>,
    may_wait: usize,
}

impl<A> Ledger<A> {
    fn new(may_wait: usize) -> Self {
        Self {
            unseen: 1,
            ahead: BTreeSet::new(),
            open: BTreeSet::new(),
            waiting: BTreeMap::new(),
            may_wait,
        }
    }

    fn note(&mut self, tag: u64) {
        self.open.insert(tag);
        self.ahead.insert(tag);
        while self.ahead.remove(&self.unseen) {
            self.unseen += 1;
        }
    }

    fn settle(&mut self, tag: u64, acker: A) {
        if self.open.remove(&tag) {
            self.waiting.insert(tag, acker);
        }
    }

    /// What is to be acknowledged now, and whether each stands for all before it.
    fn due(&mut self) -> Vec<(A, bool)> {
        let oldest = self
            .open
            .first()
            .map_or(self.unseen, |tag| *tag.min(&self.unseen));
        let behind = self.waiting.split_off(&oldest);
        let done = std::mem::replace(&mut self.waiting, behind);
        let mut due: Vec<(A, bool)> = done
            .into_values()
            .next_back()
            .map(|a| (a, true))
            .into_iter()
            .collect();
        if self.waiting.len() > self.may_wait {
            let waiting = std::mem::take(&mut self.waiting);
            due.extend(waiting.into_values().map(|acker| (acker, false)));
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The tags that a broker would take for acknowledged.
    fn acknowledge(unacknowledged: &mut BTreeSet<u64>, due: Vec<(u64, bool)>) {
        for (tag, multiple) in due {
            unacknowledged.retain(|other| *other != tag && !(multiple && *other < tag));
        }
    }

    proptest! {
        #[test]
        fn nothing_is_acknowledged_before_it_is_settled_and_everything_is_after(
            order in Just((1..=40_u64).collect::<Vec<_>>()).prop_shuffle(),
            may_wait in 0_usize..20,
            step in 1_usize..10,
        ) {
            let mut ledger = Ledger::new(may_wait);
            let mut unacknowledged: BTreeSet<u64> = order.iter().copied().collect();
            for tag in &order {
                ledger.note(*tag);
            }
            let mut settled = BTreeSet::new();
            for batch in order.chunks(step) {
                for tag in batch {
                    ledger.settle(*tag, *tag);
                    settled.insert(*tag);
                }
                acknowledge(&mut unacknowledged, ledger.due());
                prop_assert!((1..=40).all(|tag| settled.contains(&tag) || unacknowledged.contains(&tag)));
                let waiting = unacknowledged.intersection(&settled).count();
                prop_assert!(waiting <= may_wait);
            }
            prop_assert!(unacknowledged.is_empty());
        }
    }

    #[test]
    fn one_acknowledgment_stands_for_a_batch_that_came_in_order() {
        let mut ledger = Ledger::new(1_000);
        (1..=500_u64).for_each(|tag| ledger.note(tag));
        (1..=500).for_each(|tag| ledger.settle(tag, tag));
        assert_eq!(ledger.due(), [(500, true)]);
    }

    #[test]
    fn a_delivery_that_was_not_seen_yet_is_never_acknowledged_by_a_later_one() {
        let mut ledger = Ledger::new(1_000);
        for tag in [1, 3, 4] {
            ledger.note(tag);
            ledger.settle(tag, tag);
        }
        assert_eq!(ledger.due(), [(1, true)]);
        ledger.note(2);
        ledger.settle(2, 2);
        assert_eq!(ledger.due(), [(4, true)]);
    }
}
