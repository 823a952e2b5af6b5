//! Whole keys, such as `kibana.alert.rule.name` from the root, looked up at once instead of segment by segment: keys are
//! nearly all of the walk's work. Holds every way from a node of the trie down to another through names alone; fixed
//! when the catalog is built, so no document can make a look-up long.

/// An open-addressing table from a node and a key to the node the key leads to.
#[derive(Debug)]
pub(super) struct Keys {
    slots: Box<[Slot]>,
    /// The texts of all keys, end to end.
    text: Box<[u8]>,
}

/// A way: from where, by which key, to where. A tag of 0 is an empty slot.
#[derive(Debug, Clone, Copy, Default)]
struct Slot {
    tag: u32,
    from: u32,
    start: u32,
    end: u32,
    way: Way,
}

/// Where a key leads, and over how many segments.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Way {
    pub(super) node: u32,
    pub(super) segments: u32,
}

impl Keys {
    /// A table of ways, each from a node by a key.
    pub(super) fn new(ways: &[(u32, String, Way)]) -> Self {
        // A quarter full at most: most keys are unknown and find an empty slot at once.
        let size = (ways.len() * 4 + 1).next_power_of_two();
        let mut keys = Self {
            slots: vec![Slot::default(); size].into(),
            text: Box::default(),
        };
        let mut text = Vec::new();
        for (from, key, way) in ways {
            let start = length(text.len());
            text.extend_from_slice(key.as_bytes());
            let tag = tag(*from, key.as_bytes());
            let mut at = keys.home(tag);
            while keys.slots[at].tag != 0 {
                at = (at + 1) & (size - 1);
            }
            keys.slots[at] = Slot {
                tag,
                from: *from,
                start,
                end: length(text.len()),
                way: *way,
            };
        }
        keys.text = text.into();
        keys
    }

    /// Where a key leads from a node, by names alone.
    #[inline]
    pub(super) fn get(&self, from: u32, key: &[u8]) -> Option<Way> {
        let tag = tag(from, key);
        let mut at = self.home(tag);
        loop {
            let slot = self.slots.get(at)?;
            if slot.tag == 0 {
                return None;
            }
            if slot.tag == tag && slot.from == from {
                let text = self.text.get(slot.start as usize..slot.end as usize);
                if text == Some(key) {
                    return Some(slot.way);
                }
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
    }

    const fn home(&self, tag: u32) -> usize {
        tag as usize & (self.slots.len() - 1)
    }
}

/// Text positions fit: there are at most 65,535 paths.
fn length(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

/// A hash that is never 0, eight bytes at a time.
#[inline]
fn tag(from: u32, key: &[u8]) -> u32 {
    const PRIME: u64 = 0x9E37_79B9_7F4A_7C15;
    let mix = |hash: u64, word: u64| (hash.rotate_left(5) ^ word).wrapping_mul(PRIME);
    let (words, rest) = key.as_chunks::<8>();
    let seed = mix(u64::from(from), key.len() as u64);
    let hash = words
        .iter()
        .fold(seed, |hash, word| mix(hash, u64::from_le_bytes(*word)));
    let rest = rest
        .iter()
        .fold(0, |word, byte| (word << 8) | u64::from(*byte));
    let hash = mix(hash, rest);
    u32::try_from((hash >> 32) | 1).unwrap_or(1)
}
