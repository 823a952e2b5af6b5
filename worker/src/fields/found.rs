//! What a walk has found so far, within bounds: at most [`MAX_VALUES`] values a path and [`MAX_TOTAL`] a document, the
//! first in document order; the others are counted, not kept. No real alert comes near either, and a hostile one
//! cannot make memory grow with it. Empty strings count too, since lists side by side are matched by position.

use std::ops::Range;

use super::{MAX_TOTAL, MAX_VALUES, PathId};

/// Values in document order, each with its path and how dotted its spelling was.
#[derive(Debug)]
pub(super) struct Found<T> {
    pub(super) values: Vec<T>,
    pub(super) marks: Vec<Mark>,
    /// How many values each path has.
    pub(super) counts: Vec<u32>,
    /// How many more each path would have; empty until one has.
    pub(super) beyond: Vec<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    /// None once a later key of the same name has overtaken the value.
    pub(super) path: Option<PathId>,
    /// One bit for each boundary of segments, set where it was a dot inside a key.
    pub(super) rank: u32,
}

impl<T> Found<T> {
    pub(super) fn new(paths: usize, values: usize) -> Self {
        Self {
            values: Vec::with_capacity(values),
            marks: Vec::with_capacity(values),
            counts: vec![0; paths],
            beyond: Vec::new(),
        }
    }

    /// Whether one more value of a path is kept; it is counted in either case, and has to be pushed when it is.
    #[inline]
    pub(super) fn admit(&mut self, path: PathId) -> bool {
        let index = usize::from(path.0);
        let count = &mut self.counts[index];
        if *count as usize >= MAX_VALUES || self.values.len() >= MAX_TOTAL {
            self.count_beyond(index);
            return false;
        }
        *count += 1;
        true
    }

    #[cold]
    fn count_beyond(&mut self, index: usize) {
        self.beyond.resize(self.counts.len(), 0);
        self.beyond[index] = self.beyond[index].saturating_add(1);
    }

    #[inline]
    pub(super) fn push(&mut self, path: PathId, rank: u32, value: T) {
        self.values.push(value);
        self.marks.push(Mark {
            path: Some(path),
            rank,
        });
    }

    pub(super) const fn len(&self) -> usize {
        self.values.len()
    }

    /// Takes back what was found in a stretch, so that what comes instead has its room.
    pub(super) fn forget(&mut self, range: Range<usize>) {
        for mark in self.marks.get_mut(range).unwrap_or_default() {
            if let Some(path) = mark.path.take() {
                self.counts[usize::from(path.0)] -= 1;
            }
        }
    }
}
