//! The one walk over a document. Where the trie has no place for a key, its value is checked and skipped. A key that
//! comes again in the same object overtakes the first one and all that was found below it.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use super::found::Found;
use super::scan::{RawText, Scanner};
use super::text::unescape;
use super::trie::{Node, Place};
use super::{Catalog, MAX_VALUES, PathId, ReadError, Reading, Scalar};

/// Reads a whole document.
pub(super) fn walk<'a>(catalog: &Catalog, document: &'a str) -> Result<Reading<'a>, ReadError> {
    // An alert has about a hundred of its values wanted; a part of one, read by a small catalog, a few.
    let room = catalog.len().min(128);
    let mut walk = Walk {
        catalog,
        scanner: Scanner::new(document),
        places: Vec::with_capacity(room.min(16)),
        keys: Vec::with_capacity(room),
        seen: Vec::with_capacity(room),
        scalars: Found::new(catalog.len(), room),
        subtrees: Found::new(catalog.len(), room.min(8)),
    };
    walk.places.push(0);
    walk.value(
        &Place {
            nodes: 0..1,
            rank: 0,
        },
        0,
    )?;
    if walk.scanner.peek().is_some() {
        return Err(walk.scanner.unexpected("the end of the document"));
    }
    Ok(Reading::new(walk.scalars, walk.subtrees))
}

struct Walk<'a, 'c> {
    catalog: &'c Catalog,
    scanner: Scanner<'a>,
    /// A stack of trie nodes; a [`Place`] is a stretch of it, several nodes long only below a `*`.
    places: Vec<u32>,
    /// A stack of the wanted keys of every open object, by their first node, which tells a key from every other of
    /// its object.
    keys: Vec<u32>,
    /// What was found below each of `keys`.
    seen: Vec<Seen>,
    scalars: Found<Scalar<'a>>,
    subtrees: Found<&'a str>,
}

/// What was found below a key.
#[derive(Default)]
struct Seen {
    scalars: Range<usize>,
    subtrees: Range<usize>,
}

/// The keys of one object that a `*` matched. Many share a node, so these are told apart by their text.
type Wild<'a> = HashMap<Cow<'a, str>, Seen>;

impl<'a> Walk<'a, '_> {
    fn value(&mut self, place: &Place, depth: usize) -> Result<(), ReadError> {
        match self.scanner.peek() {
            Some(b'{') => {
                let start = self.scanner.at;
                self.object(place, depth + 1)?;
                self.keep(place, start, |node| node.objects);
            }
            Some(b'[') => self.array(place, depth + 1)?,
            Some(b'"') => {
                let text = self.scanner.string()?;
                self.leaf(place, || Scalar::Text(decode(text)));
            }
            Some(b't') => {
                self.scanner.word("true")?;
                self.leaf(place, || Scalar::Bool(true));
            }
            Some(b'f') => {
                self.scanner.word("false")?;
                self.leaf(place, || Scalar::Bool(false));
            }
            Some(b'n') => self.scanner.word("null")?,
            Some(b'-' | b'0'..=b'9') => {
                let number = self.scanner.number()?;
                self.leaf(place, || Scalar::Number(number));
            }
            _ => return Err(self.scanner.unexpected("a value")),
        }
        Ok(())
    }

    /// Keeps a scalar for every path of its place that has room; it is not made when none has.
    #[inline]
    fn leaf(&mut self, place: &Place, scalar: impl Fn() -> Scalar<'a>) {
        let (mut last, mut made) = (None, None);
        for at in place.nodes.clone() {
            let node = &self.catalog.trie.nodes[self.places[at] as usize];
            let Some(path) = node.scalars.filter(|path| self.scalars.admit(*path)) else {
                continue;
            };
            if let Some(before) = last.replace(path) {
                let value = made.get_or_insert_with(&scalar).clone();
                self.scalars.push(before, place.rank, value);
            }
        }
        if let Some(path) = last {
            let value = made.unwrap_or_else(scalar);
            self.scalars.push(path, place.rank, value);
        }
    }

    fn array(&mut self, place: &Place, depth: usize) -> Result<(), ReadError> {
        self.scanner.at += 1;
        self.scanner.check_depth(depth)?;
        if self.scanner.take(b']') {
            return Ok(());
        }
        loop {
            self.value(place, depth)?;
            if !self.scanner.take(b',') {
                break;
            }
        }
        if self.scanner.take(b']') {
            Ok(())
        } else {
            Err(self.scanner.unexpected("a comma or the end of the array"))
        }
    }

    fn object(&mut self, place: &Place, depth: usize) -> Result<(), ReadError> {
        self.scanner.at += 1;
        self.scanner.check_depth(depth)?;
        if self.scanner.take(b'}') {
            return Ok(());
        }
        let first_seen = self.seen.len();
        let mut wild = Wild::new();
        loop {
            let key = self.scanner.key()?;
            let top = self.places.len();
            self.member(place, key, (depth, first_seen), &mut wild)?;
            self.places.truncate(top);
            if !self.scanner.take(b',') {
                break;
            }
        }
        self.keys.truncate(first_seen);
        self.seen.truncate(first_seen);
        if self.scanner.take(b'}') {
            Ok(())
        } else {
            Err(self.scanner.unexpected("a comma or the end of the object"))
        }
    }

    /// The value of one key, of an object whose keys in `seen` start at `level.1`.
    fn member(
        &mut self,
        place: &Place,
        key: RawText<'a>,
        level: (usize, usize),
        wild: &mut Wild<'a>,
    ) -> Result<(), ReadError> {
        let key = decode(key);
        let (child, by_star) = self
            .catalog
            .trie
            .step(&mut self.places, place, key.as_bytes());
        let Some(node) = self
            .places
            .get(child.nodes.clone())
            .and_then(|nodes| nodes.first().copied())
        else {
            return self.scanner.skip(level.0);
        };
        let slot = if by_star {
            match wild.remove(&key) {
                Some(earlier) => self.forget(earlier),
                // No real object has as many keys; what is below the others is not looked at.
                None if wild.len() >= MAX_VALUES => return self.scanner.skip(level.0),
                None => {}
            }
            None
        } else {
            Some(self.slot(level.1, node))
        };
        let (scalars, subtrees) = (self.scalars.len(), self.subtrees.len());
        let is_null = self.scanner.peek() == Some(b'n');
        let start = self.scanner.at;
        self.value(&child, level.0)?;
        if !is_null {
            self.keep(&child, start, |node| node.subtree);
        }
        let seen = Seen {
            scalars: scalars..self.scalars.len(),
            subtrees: subtrees..self.subtrees.len(),
        };
        match slot {
            Some(slot) => self.seen[slot] = seen,
            None => drop(wild.insert(key, seen)),
        }
        Ok(())
    }

    /// Where what is found below a key is remembered. An equal key of the same object is overtaken at once, so that
    /// it takes no room from what comes now.
    fn slot(&mut self, first_seen: usize, node: u32) -> usize {
        let earlier = self.keys[first_seen..].iter().position(|key| *key == node);
        if let Some(earlier) = earlier {
            let slot = first_seen + earlier;
            let seen = std::mem::take(&mut self.seen[slot]);
            self.forget(seen);
            return slot;
        }
        self.keys.push(node);
        self.seen.push(Seen::default());
        self.keys.len() - 1
    }

    fn forget(&mut self, seen: Seen) {
        self.scalars.forget(seen.scalars);
        self.subtrees.forget(seen.subtrees);
    }

    fn keep(&mut self, place: &Place, start: usize, wanted: fn(&Node) -> Option<PathId>) {
        for at in place.nodes.clone() {
            if let Some(path) = wanted(&self.catalog.trie.nodes[self.places[at] as usize])
                && self.subtrees.admit(path)
            {
                let value = self.scanner.since(start);
                self.subtrees.push(path, place.rank, value);
            }
        }
    }
}

fn decode(text: RawText<'_>) -> Cow<'_, str> {
    if text.escaped {
        Cow::Owned(unescape(text.raw))
    } else {
        Cow::Borrowed(text.raw)
    }
}
