//! Values as Postgres can hold them: text without NUL, JSON exactly as it was sent.
//!
//! A text column cannot hold NUL: it becomes U+FFFD there. The raw document keeps it.

use std::borrow::Cow;

use bytes::BytesMut;
use tokio_postgres::types::{IsNull, ToSql, Type, accepts, to_sql_checked};

/// Text with every NUL replaced.
#[derive(Debug)]
pub(super) struct Text<'a>(pub(super) &'a str);

impl ToSql for Text<'_> {
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        without_nul(self.0).to_sql(ty, out)
    }

    accepts!(TEXT);
    to_sql_checked!();
}

/// JSON text, byte for byte.
#[derive(Debug)]
pub(super) struct Json<'a>(pub(super) &'a [u8]);

impl ToSql for Json<'_> {
    fn to_sql(
        &self,
        _: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        out.extend_from_slice(self.0);
        Ok(IsNull::No)
    }

    accepts!(JSON);
    to_sql_checked!();
}

/// The text, copied only when it holds a NUL.
pub(super) fn without_nul(text: &str) -> Cow<'_, str> {
    if memchr::memchr(0, text.as_bytes()).is_some() {
        Cow::Owned(text.replace('\0', "\u{fffd}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// An optional text.
pub(super) fn optional(text: Option<&String>) -> Option<Text<'_>> {
    text.map(|text| Text(text))
}

/// A list of texts.
pub(super) fn list(texts: &[String]) -> Vec<Text<'_>> {
    texts.iter().map(|text| Text(text)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nul_becomes_a_replacement_character_and_other_text_is_not_copied() {
        assert_eq!(without_nul("a\0b"), "a\u{fffd}b");
        assert!(matches!(without_nul("ab"), Cow::Borrowed("ab")));
    }
}
