//! The one walk over a document. Where the trie has no place for a key, its value is checked and skipped. A key that
//! comes again in the same object overtakes the first one and all that was found below it.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use super::reading::Found;
use super::scan::{RawText, Scanner};
use super::text::unescape;
use super::trie::{Node, Place};
use super::{Catalog, PathId, ReadError, Reading, Scalar};

/// Reads a whole document.
pub(super) fn walk<'a>(catalog: &Catalog, document: &'a str) -> Result<Reading<'a>, ReadError> {
    let mut walk = Walk {
        catalog,
        scanner: Scanner::new(document),
        places: vec![0],
        keys: Vec::with_capacity(64),
        seen: Vec::with_capacity(64),
        scalars: Found::with_capacity(64),
        subtrees: Found::with_capacity(4),
    };
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
    Ok(Reading::new(walk.scalars, walk.subtrees, catalog.len()))
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
struct Seen {
    scalars: Range<usize>,
    subtrees: Range<usize>,
}

/// The keys of one object that a `*` matched. Many share a node, so these are told apart by their text.
type Wild<'a> = HashMap<Cow<'a, str>, Seen>;

impl<'a> Walk<'a, '_> {
    fn value(&mut self, place: &Place, depth: usize) -> Result<(), ReadError> {
        let text = match self.scanner.peek() {
            Some(b'{') => {
                let start = self.scanner.at;
                self.object(place, depth + 1)?;
                self.keep(place, start, |node| node.objects);
                return Ok(());
            }
            Some(b'[') => return self.array(place, depth + 1),
            Some(b'"') => {
                let text = self.scanner.string()?;
                Scalar::Text(decode(text))
            }
            Some(b't') => self.scanner.word("true").map(|()| Scalar::Bool(true))?,
            Some(b'f') => self.scanner.word("false").map(|()| Scalar::Bool(false))?,
            Some(b'n') => return self.scanner.word("null"),
            Some(b'-' | b'0'..=b'9') => Scalar::Number(self.scanner.number()?),
            _ => return Err(self.scanner.unexpected("a value")),
        };
        let wanted = |node: &u32| self.catalog.trie.nodes[*node as usize].scalars;
        let mut paths = self.places[place.nodes.clone()].iter().filter_map(wanted);
        let Some(first) = paths.next() else {
            return Ok(());
        };
        for path in paths {
            self.scalars.push(path, place.rank, text.clone());
        }
        self.scalars.push(first, place.rank, text);
        Ok(())
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
        let earlier = if by_star {
            wild.insert(key, seen)
        } else {
            self.replace(level.1, node, seen)
        };
        if let Some(earlier) = earlier {
            self.scalars.forget(earlier.scalars);
            self.subtrees.forget(earlier.subtrees);
        }
        Ok(())
    }

    /// Remembers what was found below a key and hands back what an equal key of the same object had.
    fn replace(&mut self, first_seen: usize, node: u32, seen: Seen) -> Option<Seen> {
        let earlier = self.keys[first_seen..].iter().position(|key| *key == node);
        if let Some(earlier) = earlier {
            return Some(std::mem::replace(
                &mut self.seen[first_seen + earlier],
                seen,
            ));
        }
        self.keys.push(node);
        self.seen.push(seen);
        None
    }

    fn keep(&mut self, place: &Place, start: usize, wanted: fn(&Node) -> Option<PathId>) {
        for at in place.nodes.clone() {
            if let Some(path) = wanted(&self.catalog.trie.nodes[self.places[at] as usize]) {
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
