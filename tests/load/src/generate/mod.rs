//! Realistic Elastic alerts without end: both schemas, dotted and nested, many rules, hosts and users.
//!
//! Body `n` of a seed is always the same, and no two of a seed are the same alert: each has an id of its
//! own, eight indicators of which two were never seen before, and between 2 and 20 KB. Documents are
//! rendered from templates made once, since the sender shares its processors with what it measures.

mod documents;
mod filler;
mod pools;
mod random;
mod template;
#[cfg(test)]
mod tests;

use bytes::Bytes;
use time::{Duration, OffsetDateTime};

use pools::Pools;
pub(crate) use random::Random;
use template::Template;

/// Templates made of each of the shapes.
const RULES: u64 = 40;

/// A source of bodies.
#[derive(Clone, Debug)]
pub struct Generator {
    seed: u64,
    start: OffsetDateTime,
    templates: Vec<Template>,
    pools: Pools,
}

impl Generator {
    /// Bodies of this seed; the first alert's `@timestamp` is `start`, and each next a millisecond later.
    pub fn new(seed: u64, start: OffsetDateTime) -> Self {
        let mut random = Random::new(seed);
        let shapes = documents::Shape::ALL;
        let templates = (0..RULES)
            .flat_map(|rule| shapes.map(|shape| (rule, shape)))
            .map(|(rule, shape)| {
                let bytes = filler::size(&mut random);
                Template::parse(&documents::template(shape, rule, bytes))
            })
            .collect();
        Self {
            seed,
            start,
            templates,
            pools: Pools::new(&mut random),
        }
    }

    /// Bodies that no other run makes: the seed follows from the time.
    pub fn fresh(now: OffsetDateTime) -> Self {
        let bytes = now.unix_timestamp_nanos().to_be_bytes();
        let seed = bytes[8..]
            .iter()
            .fold(0, |seed, byte| seed << 8 | u64::from(*byte));
        Self::new(seed, now)
    }

    /// What makes the same bodies again.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The body of alert `n`: one document.
    pub fn body(&self, n: u64) -> Bytes {
        let mut random = Random::new(self.seed ^ n.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let template = random.pick(&self.templates);
        let at = self.start + Duration::milliseconds(i64::try_from(n).unwrap_or_default());
        Bytes::from(template.render(&self.pools.values(&mut random, n, at)))
    }
}
