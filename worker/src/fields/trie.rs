//! The trie of wanted paths: a node is a dotted path, a child is one segment further, `*` any segment. A step along a
//! document's key is one look-up of the whole key, and segment by segment only where a `*` may come.

use std::collections::BTreeMap;
use std::ops::Range;

use super::keys::{Keys, Way};
use super::{PathId, Want};

/// The compiled trie; node 0 is the root.
#[derive(Debug)]
pub(super) struct Trie {
    pub(super) nodes: Vec<Node>,
    keys: Keys,
}

/// Where in the trie the walk is, and how dotted the way there was.
pub(super) struct Place {
    /// A stretch of the walk's stack of nodes, several long only below a `*`.
    pub(super) nodes: Range<usize>,
    pub(super) rank: u32,
}

impl Trie {
    /// The trie of paths, whose ids are their places in the list.
    pub(super) fn new(paths: &[(String, Want)]) -> Self {
        let mut drafts = vec![Draft::default()];
        for (index, (path, want)) in (0_u16..).zip(paths) {
            let at = path
                .split('.')
                .fold(0, |at, segment| child(&mut drafts, at, segment));
            let wanted = match want {
                Want::Scalars => &mut drafts[at].scalars,
                Want::Subtree => &mut drafts[at].subtree,
                Want::Objects => &mut drafts[at].objects,
            };
            *wanted = Some(PathId(index));
        }
        let keys = Keys::new(&ways(&drafts));
        let mut nodes: Vec<Node> = drafts.into_iter().map(Node::from).collect();
        // Children come after their parents, so that from the end on each is known before its parent is asked.
        for at in (0..nodes.len()).rev() {
            nodes[at].wild = nodes[at].any.is_some()
                || nodes[at]
                    .children
                    .iter()
                    .any(|(_, child)| nodes[*child as usize].wild);
        }
        Self { nodes, keys }
    }

    /// Where a key leads, and whether a `*` was needed to get there.
    pub(super) fn step(&self, places: &mut Vec<u32>, place: &Place, key: &[u8]) -> (Place, bool) {
        let top = places.len();
        let (mut nodes, mut rank, mut by_star) = (place.nodes.clone(), place.rank << 1, false);
        if let [only] = places[nodes.clone()] {
            if let Some(way) = self.keys.get(only, key) {
                let joined = way.segments - 1;
                places.push(way.node);
                let rank = (rank << joined) | ((1 << joined) - 1);
                return (
                    Place {
                        nodes: top..top + 1,
                        rank,
                    },
                    false,
                );
            }
            if !self.nodes[only as usize].wild {
                return (
                    Place {
                        nodes: top..top,
                        rank,
                    },
                    false,
                );
            }
        }
        for (index, segment) in key.split(|byte| *byte == b'.').enumerate() {
            if index > 0 {
                rank = (rank << 1) | 1;
            }
            let start = places.len();
            for at in nodes {
                let node = &self.nodes[places[at] as usize];
                places.extend(node.child(segment));
                places.extend(node.any);
                by_star |= node.any.is_some();
            }
            nodes = start..places.len();
            // By names alone the key leads nowhere, else it had been found whole; a `*` has to come.
            let hopeless = |node: &u32| !self.nodes[*node as usize].wild;
            if !by_star && place.nodes.len() == 1 && places[nodes.clone()].iter().all(hopeless) {
                nodes = start..start;
            }
            if nodes.is_empty() {
                break;
            }
        }
        (Place { nodes, rank }, by_star)
    }
}

/// Every way from a node to one below it that no `*` could take as well: a key of that text leads there and nowhere else.
fn ways(drafts: &[Draft]) -> Vec<(u32, String, Way)> {
    let mut ways = Vec::new();
    for from in (0_u32..).take(drafts.len()) {
        let mut open = vec![(
            String::new(),
            Way {
                node: from,
                segments: 0,
            },
        )];
        while let Some((key, way)) = open.pop() {
            let draft = &drafts[way.node as usize];
            if draft.any.is_none() {
                let dot = if way.segments == 0 { "" } else { "." };
                open.extend(draft.children.iter().map(|(segment, node)| {
                    (
                        format!("{key}{dot}{segment}"),
                        Way {
                            node: *node,
                            segments: way.segments + 1,
                        },
                    )
                }));
            }
            if way.segments > 0 {
                ways.push((from, key, way));
            }
        }
    }
    ways
}

/// A node while the trie grows.
#[derive(Debug, Default)]
struct Draft {
    children: BTreeMap<String, u32>,
    any: Option<u32>,
    scalars: Option<PathId>,
    subtree: Option<PathId>,
    objects: Option<PathId>,
}

/// The child of a draft for a segment, made when missing. Node numbers fit `u32`: ids times segments is far below it.
fn child(drafts: &mut Vec<Draft>, at: usize, segment: &str) -> usize {
    let next = u32::try_from(drafts.len()).unwrap_or(u32::MAX);
    let draft = &mut drafts[at];
    let found = if segment == "*" {
        *draft.any.get_or_insert(next)
    } else {
        *draft.children.entry(segment.to_owned()).or_insert(next)
    };
    if found == next {
        drafts.push(Draft::default());
    }
    found as usize
}

/// A place in the trie.
#[derive(Debug)]
pub(super) struct Node {
    /// One bit for every shape of segment that has a child, so that most misses cost no comparison.
    shapes: u64,
    /// Sorted by length, then text.
    children: Box<[(Box<[u8]>, u32)]>,
    /// Whether there is a `*` at this node or below it.
    pub(super) wild: bool,
    pub(super) any: Option<u32>,
    pub(super) scalars: Option<PathId>,
    pub(super) subtree: Option<PathId>,
    pub(super) objects: Option<PathId>,
}

impl From<Draft> for Node {
    fn from(draft: Draft) -> Self {
        let mut children: Vec<(Box<[u8]>, u32)> = Vec::with_capacity(draft.children.len());
        children.extend(
            draft
                .children
                .into_iter()
                .map(|(text, node)| (text.into_bytes().into_boxed_slice(), node)),
        );
        children.sort_by(|a, b| (a.0.len(), &a.0).cmp(&(b.0.len(), &b.0)));
        let shapes = children
            .iter()
            .fold(0, |bits, (text, _)| bits | shape(text));
        let Draft {
            any,
            scalars,
            subtree,
            objects,
            ..
        } = draft;
        Self {
            shapes,
            children: children.into_boxed_slice(),
            wild: false,
            any,
            scalars,
            subtree,
            objects,
        }
    }
}

impl Node {
    /// The child named by exactly this segment.
    pub(super) fn child(&self, segment: &[u8]) -> Option<u32> {
        if self.shapes & shape(segment) == 0 {
            return None;
        }
        let order =
            |(text, _): &(Box<[u8]>, u32)| (text.len(), &**text).cmp(&(segment.len(), segment));
        let found = self.children.binary_search_by(order).ok()?;
        self.children.get(found).map(|(_, node)| *node)
    }
}

/// The bit of a segment's first byte and length.
fn shape(segment: &[u8]) -> u64 {
    let first = segment.first().copied().unwrap_or_default();
    1 << ((usize::from(first) ^ (segment.len() << 3)) & 63)
}
