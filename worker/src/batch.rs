//! A batch closes on count, bytes or age, whichever comes first; a pure value that takes time as an argument.
//!
//! It neither loses nor repeats an item, and holds more than its limits only when a single item does.

use std::time::{Duration, Instant};

use prometheus_client::encoding::EncodeLabelValue;

/// Why a batch was closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
pub enum FlushReason {
    /// It holds as many alerts as one may.
    Full,
    /// It holds as many bytes as one may.
    Bytes,
    /// Its first item has waited long enough.
    Age,
    /// The worker ends.
    Shutdown,
}

/// When a batch is closed.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Alerts.
    pub alerts: usize,
    /// Bytes of documents.
    pub bytes: usize,
    /// Since the first item.
    pub age: Duration,
}

/// What one item adds to its batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Weight {
    /// Alerts in it.
    pub alerts: usize,
    /// Bytes of its documents.
    pub bytes: usize,
}

/// Items on their way to one transaction.
#[derive(Debug)]
pub struct Batch<T> {
    limits: Limits,
    items: Vec<T>,
    weight: Weight,
    opened: Option<Instant>,
}

impl<T> Batch<T> {
    /// An empty one.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            items: Vec::new(),
            weight: Weight::default(),
            opened: None,
        }
    }

    /// Adds an item; says why the batch must be taken now, if it must.
    pub fn push(&mut self, item: T, weight: Weight, now: Instant) -> Option<FlushReason> {
        self.opened.get_or_insert(now);
        self.items.push(item);
        self.weight.alerts += weight.alerts;
        self.weight.bytes += weight.bytes;
        // Items without alerts count too: a batch of empty receipts must close as well.
        if self.weight.alerts.max(self.items.len()) >= self.limits.alerts {
            Some(FlushReason::Full)
        } else if self.weight.bytes >= self.limits.bytes {
            Some(FlushReason::Bytes)
        } else {
            None
        }
    }

    /// When the batch must be taken at the latest; nothing while it is empty.
    pub fn due(&self) -> Option<Instant> {
        self.opened.map(|opened| opened + self.limits.age)
    }

    /// Everything in order of arrival; the batch is empty afterwards.
    pub fn take(&mut self) -> Vec<T> {
        self.opened = None;
        self.weight = Weight::default();
        std::mem::take(&mut self.items)
    }

    /// Whether there is nothing to take.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_batch_neither_loses_nor_exceeds(
            weights in proptest::collection::vec((0_usize..5, 0_usize..50), 0..200),
        ) {
            let limits = Limits { alerts: 10, bytes: 100, age: Duration::from_secs(1) };
            let mut batch = Batch::new(limits);
            let now = Instant::now();
            let mut taken = Vec::new();
            for (item, (alerts, bytes)) in weights.iter().copied().enumerate() {
                if batch.push((item, alerts, bytes), Weight { alerts, bytes }, now).is_some() {
                    taken.push(batch.take());
                }
            }
            taken.push(batch.take());
            prop_assert!(batch.is_empty() && batch.due().is_none());
            for items in &taken {
                // Without its last item every batch is under all limits.
                let before = &items[..items.len().saturating_sub(1)];
                prop_assert!(before.iter().map(|(_, alerts, _)| alerts).sum::<usize>() < 10);
                prop_assert!(before.iter().map(|(_, _, bytes)| bytes).sum::<usize>() < 100);
                prop_assert!(items.len() <= 10);
            }
            let order: Vec<_> = taken.concat().iter().map(|(item, _, _)| *item).collect();
            prop_assert_eq!(order, (0..weights.len()).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_batch_is_due_an_age_after_its_first_item() {
        let age = Duration::from_millis(20);
        let mut batch = Batch::new(Limits {
            alerts: 10,
            bytes: 100,
            age,
        });
        let opened = Instant::now();
        batch.push((), Weight::default(), opened);
        batch.push((), Weight::default(), opened + Duration::from_millis(15));
        assert_eq!(batch.due(), Some(opened + age));
    }
}
