//! What one walk found, by path. The values of a path come in order of precedence: the longest dotted spelling first,
//! since Kibana writes its own keys dotted and last; in document order otherwise.

use std::cmp::Reverse;
use std::ops::Range;

use super::{PathId, Scalar};

/// The wanted values of one document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reading<'a> {
    scalars: Grouped<Scalar<'a>>,
    subtrees: Grouped<&'a str>,
}

impl<'a> Reading<'a> {
    pub(super) fn new(scalars: Found<Scalar<'a>>, subtrees: Found<&'a str>, paths: usize) -> Self {
        Self {
            scalars: Grouped::new(scalars, paths),
            subtrees: Grouped::new(subtrees, paths),
        }
    }

    /// All leaves at a path wanted as scalars, empty strings included, nulls not.
    pub fn scalars(&self, id: PathId) -> &[Scalar<'a>] {
        self.scalars.get(id)
    }

    /// The first leaf at a path that is not an empty string.
    pub fn first(&self, id: PathId) -> Option<&Scalar<'a>> {
        self.scalars(id).iter().find(|scalar| !scalar.is_empty())
    }

    /// The JSON texts at a path wanted as subtree or objects, nulls left out. Each is one whole valid JSON value.
    pub fn subtrees(&self, id: PathId) -> &[&'a str] {
        self.subtrees.get(id)
    }
}

/// Values in document order, each with its path and how dotted its spelling was.
#[derive(Debug)]
pub(super) struct Found<T> {
    values: Vec<T>,
    marks: Vec<Mark>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Mark {
    /// None once a later key of the same name has overtaken the value.
    path: Option<PathId>,
    /// One bit for each boundary of segments, set where it was a dot inside a key.
    rank: u32,
}

impl<T> Found<T> {
    pub(super) fn with_capacity(values: usize) -> Self {
        Self {
            values: Vec::with_capacity(values),
            marks: Vec::with_capacity(values),
        }
    }

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

    /// Takes back what was found in a stretch.
    pub(super) fn forget(&mut self, range: Range<usize>) {
        for mark in self.marks.get_mut(range).unwrap_or_default() {
            mark.path = None;
        }
    }
}

/// Values in groups, one group a path.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Grouped<T> {
    values: Vec<T>,
    /// Where each path's values end; they start where the path's before end.
    ends: Vec<u32>,
}

impl<T> Default for Grouped<T> {
    fn default() -> Self {
        Self {
            values: Vec::new(),
            ends: Vec::new(),
        }
    }
}

impl<T> Grouped<T> {
    fn new(found: Found<T>, paths: usize) -> Self {
        let Found { mut values, marks } = found;
        if values.is_empty() {
            return Self {
                values,
                ends: Vec::new(),
            };
        }
        // What was overtaken is a last group of its own, and cut off in the end.
        let group = |mark: &Mark| mark.path.map_or(paths, |path| usize::from(path.0));
        let mut ends = vec![0_u32; paths + 2];
        for mark in &marks {
            ends[group(mark) + 1] += 1;
        }
        for i in 1..ends.len() {
            ends[i] += ends[i - 1];
        }
        let mut order = vec![0_u32; marks.len()];
        let mut mixed = false;
        for (index, mark) in (0_u32..).zip(&marks) {
            let next = &mut ends[group(mark)];
            let at = *next as usize;
            order[at] = index;
            *next += 1;
            // The one before is mostly of the same path; where it is not yet set this may see too much, never less.
            let before = &marks[order[at.saturating_sub(1)] as usize];
            mixed |= before.path == mark.path && before.rank != mark.rank;
        }
        ends.truncate(paths);
        if mixed {
            by_rank(&mut order, &ends, &marks);
        }
        gather(&mut values, &mut order);
        values.truncate(ends.last().map_or(0, |end| *end as usize));
        Self { values, ends }
    }
}

/// Sorts each path's values by how dotted their spelling was, keeping document order otherwise.
fn by_rank(order: &mut [u32], ends: &[u32], marks: &[Mark]) {
    let mut start = 0;
    for end in ends.iter().map(|end| *end as usize) {
        order[start..end].sort_by_key(|index| Reverse(marks[*index as usize].rank));
        start = end;
    }
}

/// Brings the value named at every place of `order` to that place, cycle by cycle; leaves `order` spent.
fn gather<T>(values: &mut [T], order: &mut [u32]) {
    for (start, own) in (0_u32..).take(order.len()).enumerate() {
        let mut at = start;
        loop {
            let from = std::mem::replace(&mut order[at], u32::try_from(at).unwrap_or(own)) as usize;
            if from == start {
                break;
            }
            values.swap(at, from);
            at = from;
        }
    }
}

impl<T> Grouped<T> {
    fn get(&self, id: PathId) -> &[T] {
        let index = usize::from(id.0);
        let end = self.ends.get(index).copied().unwrap_or_default() as usize;
        let start = index
            .checked_sub(1)
            .and_then(|before| self.ends.get(before))
            .copied()
            .unwrap_or_default();
        self.values.get(start as usize..end).unwrap_or_default()
    }
}
