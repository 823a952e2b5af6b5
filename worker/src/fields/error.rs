//! Why a path cannot be wanted and why a document cannot be read. A document's error names a byte offset and never
//! repeats a value of the document.

/// A path that cannot be wanted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// The path has no text.
    #[error("the field path is empty; give a path such as source.ip")]
    Empty,
    /// Two dots in a row, or a dot at an end.
    #[error(
        "field path {path:?} has an empty segment; remove the doubled, leading or trailing dot"
    )]
    EmptySegment {
        /// The path as given.
        path: String,
    },
    /// A `*` beside other text in one segment.
    #[error("field path {path:?} has a * inside a segment; a * must stand for a whole segment")]
    PartialWildcard {
        /// The path as given.
        path: String,
    },
    /// More segments than the reader follows.
    #[error("field path {path:?} has {segments} segments; at most {limit} are followed")]
    TooManySegments {
        /// The path as given.
        path: String,
        /// Segments found.
        segments: usize,
        /// Segments allowed.
        limit: usize,
    },
    /// More paths than ids.
    #[error("more than {limit} field paths are wanted; remove some")]
    TooManyPaths {
        /// Paths allowed.
        limit: usize,
    },
}

/// A document that is no JSON, or too deep.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The text is not JSON at this place.
    #[error("the document is not JSON at byte {offset}: expected {expected}")]
    Unexpected {
        /// Bytes before the place.
        offset: usize,
        /// What would have been right there.
        expected: &'static str,
    },
    /// Arrays and objects are nested too deeply.
    #[error("the document is nested deeper than {limit} levels at byte {offset}")]
    TooDeep {
        /// Bytes before the place.
        offset: usize,
        /// Levels allowed.
        limit: usize,
    },
}
