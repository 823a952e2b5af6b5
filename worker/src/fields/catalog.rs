//! The wanted paths and their ids. The same path and way of wanting give the same id, however often they are asked for;
//! a path no document could match is refused.

use std::collections::BTreeMap;

use super::trie::Trie;
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
        let trie = Trie::new(&self.paths);
        Catalog {
            trie,
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

/// Compiled wanted paths, ready to read documents; share it, it never changes.
#[derive(Debug)]
pub struct Catalog {
    pub(super) trie: Trie,
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
