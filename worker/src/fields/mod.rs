//! The shape-blind field reader: a wanted path such as `kibana.alert.rule.name` is found dotted, nested or split
//! anywhere, through arrays of objects, as a scalar or as a list.
//!
//! Wanted paths are compiled once into a trie ([`CatalogBuilder`], [`Catalog`]) and a document is walked once
//! ([`Catalog::read`]): the keys along a walk always spell one dotted path, so a place in the trie is the whole state
//! of the walk, and whatever has no place in it is checked and skipped, not built. Time is linear in the document.
//! Numbers keep their text exactly. Documents deeper than [`MAX_DEPTH`] are refused, never overflowed on.

mod catalog;
mod error;
mod found;
mod keys;
mod reading;
mod scalar;
mod scan;
mod text;
mod trie;
mod walk;

#[cfg(test)]
mod tests;

pub use catalog::{Catalog, CatalogBuilder, PathId, Want};
pub use error::{PathError, ReadError};
pub use reading::Reading;
pub use scalar::Scalar;

/// Levels of arrays and objects a document may have; serde_json has the same limit.
pub const MAX_DEPTH: usize = 128;
/// Values of one path that are kept, in document order. The longest list in a real alert, `host.ip` of a host full of
/// containers or `values()` of an ES|QL rule, has some hundred.
pub const MAX_VALUES: usize = 1000;
/// Values of all paths together that are kept; a real alert has some hundred.
pub const MAX_TOTAL: usize = 1 << 14;
/// Segments a wanted path may have.
pub const MAX_SEGMENTS: usize = 32;
