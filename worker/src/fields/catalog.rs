//! The wanted paths, compiled. A node of the trie is a dotted path; a child is one segment further, `*` any segment.
//! The same path and way of wanting give the same id, however often they are asked for.

use std::collections::BTreeMap;

use super::{MAX_SEGMENTS, PathError, ReadError, Reading, walk};

/// Ids above this are used up; the last one stands for a value overtaken by a later key.
const MAX_PATHS: usize = u16::MAX as usize;

/// One wanted path of a [`Catalog`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PathId(pub(super) u16);

/// What is wanted at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Want {
    /// Every scalar leaf at the path, through arrays and arrays of objects.
    Scalars,
    /// The JSON text of every value found at the path, whatever it is but null; an array is one text.
    Subtree,
    /// The JSON text of every object at the path, through arrays, one by one. Read with [`Reading::subtrees`].
    Objects,
}

/// Collects wanted paths.
#[derive(Debug, Default)]
pub struct CatalogBuilder {
    ids: BTreeMap<(String, Want), PathId>,
    paths: Vec<(String, Want)>,
}

impl CatalogBuilder {
    /// A builder that wants nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Wants a path such as `source.ip` or `process.Ext.api.*.hash.md5`; a path may be wanted in both ways.
    pub fn want(&mut self, path: &str, want: Want) -> Result<PathId, PathError> {
        check(path)?;
        let key = (path.to_owned(), want);
        if let Some(id) = self.ids.get(&key) {
            return Ok(*id);
        }
        let id = match u16::try_from(self.paths.len()) {
            Ok(id) if usize::from(id) < MAX_PATHS => PathId(id),
            _ => return Err(PathError::TooManyPaths { limit: MAX_PATHS }),
        };
        self.paths.push(key.clone());
        self.ids.insert(key, id);
        Ok(id)
    }

    /// Compiles the wanted paths.
    pub fn build(self) -> Catalog {
        let mut drafts = vec![Draft::default()];
        for (index, (path, want)) in (0_u16..).zip(&self.paths) {
            let mut at = 0;
            for segment in path.split('.') {
                at = child(&mut drafts, at, segment);
            }
            match want {
                Want::Scalars => drafts[at].scalars = Some(PathId(index)),
                Want::Subtree => drafts[at].subtree = Some(PathId(index)),
                Want::Objects => drafts[at].objects = Some(PathId(index)),
            }
        }
        let nodes = drafts.into_iter().map(Node::from).collect();
        Catalog {
            nodes,
            paths: self.paths,
        }
    }
}

/// Refuses what no document could match or the trie could not hold.
fn check(path: &str) -> Result<(), PathError> {
    if path.is_empty() {
        return Err(PathError::Empty);
    }
    let segments = path.split('.').count();
    if segments > MAX_SEGMENTS {
        return Err(PathError::TooManySegments {
            path: path.to_owned(),
            segments,
            limit: MAX_SEGMENTS,
        });
    }
    for segment in path.split('.') {
        if segment.is_empty() {
            return Err(PathError::EmptySegment {
                path: path.to_owned(),
            });
        }
        if segment != "*" && segment.contains('*') {
            return Err(PathError::PartialWildcard {
                path: path.to_owned(),
            });
        }
    }
    Ok(())
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

/// Compiled wanted paths, ready to read documents; share it, it never changes.
#[derive(Debug)]
pub struct Catalog {
    pub(super) nodes: Vec<Node>,
    paths: Vec<(String, Want)>,
}

impl Catalog {
    /// Walks a document once and keeps what is wanted of it. Fails when it is no JSON or nested too deeply.
    pub fn read<'a>(&self, document: &'a str) -> Result<Reading<'a>, ReadError> {
        walk::walk(self, document)
    }

    /// The path of an id; empty when the id is another catalog's.
    pub fn path(&self, id: PathId) -> &str {
        self.paths
            .get(usize::from(id.0))
            .map_or("", |(path, _)| path)
    }

    /// How many ids there are.
    pub(super) fn len(&self) -> usize {
        self.paths.len()
    }
}
