//! What was done to a body before it could be read: a closed list with stable names, for answers, alerts and metrics.
//! A name, once released, is never changed; a clean body has none of them.

/// One kind of repair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mended {
    /// Bytes that are not UTF-8 were replaced by U+FFFD.
    InvalidUtf8,
    /// A byte order mark in front was dropped.
    ByteOrderMark,
    /// Several values followed one another: NDJSON, `_bulk` or glued together.
    ValueStream,
    /// Several values were joined by commas without brackets.
    CommaList,
    /// Commas with nothing before or after them were dropped.
    TrailingComma,
    /// A member without a value, as a template renders a missing field, was given `null`.
    MissingValue,
    /// Raw control characters inside strings were escaped.
    ControlCharacter,
    /// Backslashes that begin no escape were doubled.
    InvalidEscape,
    /// A string that holds JSON was decoded.
    JsonInString,
    /// Half a surrogate pair was replaced by U+FFFD.
    LoneSurrogate,
    /// HTML entities were resolved.
    HtmlEntities,
    /// What could not be read was left out and is listed as rejected; the rest was accepted.
    Salvaged,
}

impl Mended {
    /// The stable `snake_case` name.
    pub fn name(self) -> &'static str {
        match self {
            Self::InvalidUtf8 => "invalid_utf8",
            Self::ByteOrderMark => "byte_order_mark",
            Self::ValueStream => "value_stream",
            Self::CommaList => "comma_list",
            Self::TrailingComma => "trailing_comma",
            Self::MissingValue => "missing_value",
            Self::ControlCharacter => "control_character",
            Self::InvalidEscape => "invalid_escape",
            Self::JsonInString => "json_in_string",
            Self::LoneSurrogate => "lone_surrogate",
            Self::HtmlEntities => "html_entities",
            Self::Salvaged => "salvaged",
        }
    }
}
