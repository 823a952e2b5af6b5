//! What one walk found, by path. The values of a path come in order of precedence: the longest dotted spelling first,
//! since Kibana writes its own keys dotted and last; in document order otherwise.

use std::cmp::Reverse;

use super::found::{Found, Mark};
use super::{PathId, Scalar};

/// The wanted values of one document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reading<'a> {
    scalars: Grouped<Scalar<'a>>,
    subtrees: Grouped<&'a str>,
}

impl<'a> Reading<'a> {
    pub(super) fn new(scalars: Found<Scalar<'a>>, subtrees: Found<&'a str>) -> Self {
        Self {
            scalars: Grouped::new(scalars),
            subtrees: Grouped::new(subtrees),
        }
    }

    /// The leaves at a path wanted as scalars, empty strings included, nulls not; at most [`super::MAX_VALUES`].
    pub fn scalars(&self, id: PathId) -> &[Scalar<'a>] {
        self.scalars.get(id)
    }

    /// The first leaf at a path that is not an empty string.
    pub fn first(&self, id: PathId) -> Option<&Scalar<'a>> {
        self.scalars(id).iter().find(|scalar| !scalar.is_empty())
    }

    /// The JSON texts at a path wanted as subtree or objects, nulls left out. Each is one whole valid JSON value; at
    /// most [`super::MAX_VALUES`].
    pub fn subtrees(&self, id: PathId) -> &[&'a str] {
        self.subtrees.get(id)
    }

    /// How many more values than it has the document has at a path; 0 for anything but a hostile document.
    pub fn beyond(&self, id: PathId) -> usize {
        let beyond = |counts: &[u32]| counts.get(usize::from(id.0)).copied().unwrap_or_default();
        beyond(&self.scalars.beyond).max(beyond(&self.subtrees.beyond)) as usize
    }
}

/// Values in groups, one group a path.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Grouped<T> {
    values: Vec<T>,
    /// Where each path's values end; they start where the path's before end.
    ends: Vec<u32>,
    /// How many values each path has besides; empty when none has.
    beyond: Vec<u32>,
}

impl<T> Default for Grouped<T> {
    fn default() -> Self {
        Self {
            values: Vec::new(),
            ends: Vec::new(),
            beyond: Vec::new(),
        }
    }
}

impl<T> Grouped<T> {
    fn new(found: Found<T>) -> Self {
        let Found {
            mut values,
            marks,
            counts: mut ends,
            beyond,
        } = found;
        if values.is_empty() {
            return Self {
                beyond,
                ..Self::default()
            };
        }
        // What was overtaken is a last group of its own, and cut off in the end.
        let paths = ends.len();
        let group = |mark: &Mark| mark.path.map_or(paths, |path| usize::from(path.0));
        let mut start = 0;
        for end in &mut ends {
            start += std::mem::replace(end, start);
        }
        ends.push(start);
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
        Self {
            values,
            ends,
            beyond,
        }
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
