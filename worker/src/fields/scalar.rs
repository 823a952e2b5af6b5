//! One leaf of a document. Text borrows from the document unless it was escaped there; a number keeps the text it was
//! written with, so that 2^64, 1e400 and thirty digits stay what they are. There is no null: a null is no value.

use std::borrow::Cow;

/// A leaf value, exactly as the document has it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Scalar<'a> {
    /// A string with its escapes resolved; lone surrogates became U+FFFD, NUL stays.
    Text(Cow<'a, str>),
    /// A number, as written.
    Number(&'a str),
    /// A boolean.
    Bool(bool),
}

impl Scalar<'_> {
    /// The value as text: a number as written, a boolean as `true` or `false`.
    pub fn as_text(&self) -> &str {
        match self {
            Self::Text(text) => text,
            Self::Number(number) => number,
            Self::Bool(true) => "true",
            Self::Bool(false) => "false",
        }
    }

    /// Whether this is a string without any character.
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Text(text) if text.is_empty())
    }
}
