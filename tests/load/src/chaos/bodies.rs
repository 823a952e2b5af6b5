//! What request `n` holds: mostly one alert, at times several, one that was sent before, or a bad one.
//!
//! Made of seed and number alone. A bad document passes the gateway, and no index of Postgres can take it:
//! it must end as a dead letter, alone.

use bytes::Bytes;
use serde_json::json;
use time::OffsetDateTime;

use crate::generate::{Generator, Random};

/// Documents a body holds at most.
const SEVERAL: u64 = 12;
/// How far back an alert may have been sent before.
const BACK: u64 = 2_000;

/// A source of bodies.
#[derive(Debug)]
pub(super) struct Bodies {
    seed: u64,
    generator: Generator,
}

/// One body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Body {
    pub(super) bytes: Bytes,
    /// The position of its bad document.
    pub(super) bad: Option<u32>,
}

impl Bodies {
    pub(super) fn new(seed: u64, start: OffsetDateTime) -> Self {
        Self {
            seed,
            generator: Generator::new(seed, start),
        }
    }

    /// The body of request `n`.
    pub(super) fn body(&self, n: u64) -> Body {
        let mut random = Random::new(self.seed.rotate_left(17) ^ n);
        let documents = match random.below(100) {
            0..5 => {
                let back = 1 + random.below(BACK);
                vec![self.document(n.saturating_sub(back), 0)]
            }
            5..12 => {
                let count = 2 + random.below(SEVERAL - 1);
                (0..count).map(|i| self.document(n, i)).collect()
            }
            _ => vec![self.document(n, 0)],
        };
        with_bad(documents, n, &mut random)
    }

    fn document(&self, n: u64, i: u64) -> Bytes {
        self.generator.body(n * (SEVERAL + 1) + i)
    }
}

/// Makes one document of one body in 250 a bad one.
fn with_bad(mut documents: Vec<Bytes>, n: u64, random: &mut Random) -> Body {
    let mut bad = None;
    if random.below(250) == 0 {
        let count = u64::try_from(documents.len()).unwrap_or(1);
        let position = random.below(count);
        if let Some(document) = documents.get_mut(usize::try_from(position).unwrap_or_default()) {
            *document = bad_document(n, random);
            bad = u32::try_from(position).ok();
        }
    }
    let bytes = match &documents[..] {
        [one] => one.clone(),
        several => [b"[", &several.join(&b","[..])[..], b"]"].concat().into(),
    };
    Body { bytes, bad }
}

fn bad_document(n: u64, random: &mut Random) -> Bytes {
    let document = json!({
        "@timestamp": "2026-03-02T08:14:27.310Z",
        "kibana.alert.uuid": format!("bad-{n}-{}", random.hex(16)),
        // A btree row holds 2,704 bytes, and random digits cannot be compressed to fit.
        "kibana.alert.rule.uuid": random.hex(8_000),
        "kibana.alert.rule.name": "A Rule with a Uuid That No Index Takes",
        "kibana.alert.severity": "low",
    });
    Bytes::from(document.to_string())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use serde_json::Value;
    use time::macros::datetime;

    use super::*;

    fn bodies(seed: u64) -> Vec<Body> {
        let bodies = Bodies::new(seed, datetime!(2026-03-02 08:00 UTC));
        (0..3_000).map(|n| bodies.body(n)).collect()
    }

    #[test]
    fn the_same_seed_makes_the_same_bodies() {
        assert_eq!(bodies(5), bodies(5));
        assert_ne!(bodies(5), bodies(6));
    }

    #[test]
    fn there_are_bodies_of_several_repeated_alerts_and_a_known_number_of_bad_ones() {
        let (mut several, mut bad, mut alike) = (0, 0, 0);
        let mut seen = HashSet::new();
        for body in bodies(5) {
            let read: Result<Value, _> = serde_json::from_slice(&body.bytes);
            let Ok(read) = read else {
                panic!("a body that is no JSON");
            };
            let documents = read.as_array().map_or(1, Vec::len);
            several += usize::from(documents > 1);
            assert!(body.bad.is_none_or(|position| usize::try_from(position).is_ok_and(|at| at < documents)));
            bad += usize::from(body.bad.is_some());
            alike += usize::from(!seen.insert(body.bytes));
        }
        assert!((100..=320).contains(&several), "{several} of several");
        assert!((3..=30).contains(&bad), "{bad} bad");
        assert!((50..=250).contains(&alike), "{alike} sent before");
    }
}
