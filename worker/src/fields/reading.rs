//! What one walk found, by path. The values of a path come in order of precedence: the longest dotted spelling first,
//! since Kibana writes its own keys dotted and last; in document order otherwise.

use std::cmp::Reverse;

use super::{PathId, Scalar};

/// The wanted values of one document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reading<'a> {
    scalars: Grouped<Scalar<'a>>,
    subtrees: Grouped<&'a str>,
}

impl<'a> Reading<'a> {
    pub(super) fn new(
        scalars: Vec<Found<Scalar<'a>>>,
        subtrees: Vec<Found<&'a str>>,
        paths: usize,
    ) -> Self {
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

/// A value with its path and how dotted its spelling was.
#[derive(Debug)]
pub(super) struct Found<T> {
    /// None once a later key of the same name has overtaken it.
    pub(super) path: Option<PathId>,
    /// One bit for each boundary of segments, set where it was a dot inside a key.
    pub(super) rank: u32,
    pub(super) value: T,
}

/// Values in groups, one group a path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Grouped<T> {
    values: Vec<T>,
    /// Where each path's values end; they start where the path's before end.
    ends: Vec<u32>,
}

impl<T: Default> Grouped<T> {
    fn new(mut found: Vec<Found<T>>, paths: usize) -> Self {
        if found.is_empty() {
            return Self {
                values: Vec::new(),
                ends: Vec::new(),
            };
        }
        let mut ends = vec![0_u32; paths + 1];
        for item in found.iter().filter_map(|item| item.path) {
            ends[usize::from(item.0) + 1] += 1;
        }
        for i in 1..ends.len() {
            ends[i] += ends[i - 1];
        }
        let mut order = vec![0_u32; ends.last().map_or(0, |total| *total as usize)];
        let mut mixed = false;
        for (index, item) in (0_u32..).zip(&found) {
            if let Some(path) = item.path {
                let next = &mut ends[usize::from(path.0)];
                let at = *next as usize;
                order[at] = index;
                *next += 1;
                // The one before is mostly of the same path; where it is not yet set this may see too much, never less.
                let before = &found[order[at.saturating_sub(1)] as usize];
                mixed |= before.path == item.path && before.rank != item.rank;
            }
        }
        ends.truncate(paths);
        if mixed {
            by_rank(&mut order, &ends, &found);
        }
        let values = order
            .into_iter()
            .map(|index| std::mem::take(&mut found[index as usize].value))
            .collect();
        Self { values, ends }
    }
}

/// Sorts each path's values by how dotted their spelling was, keeping document order otherwise.
fn by_rank<T>(order: &mut [u32], ends: &[u32], found: &[Found<T>]) {
    let mut start = 0;
    for end in ends.iter().map(|end| *end as usize) {
        order[start..end].sort_by_key(|index| Reverse(found[*index as usize].rank));
        start = end;
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
