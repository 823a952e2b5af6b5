//! Steps over text that is already known to be strict JSON: the members of an object, the elements of a list.
//! Builds nothing: keys and values are slices of the text, and what is stepped over is only measured.
//! On text that is not JSON the steps end early; they never panic, recurse or look at a byte twice.

use std::borrow::Cow;

use memchr::memchr2;

/// The members of an object in document order, duplicates included. Of anything else: none.
pub(super) fn members(object: &str) -> Members<'_> {
    Members(Cursor::inside(object, b'{'))
}

/// The elements of a list in document order. Of anything else: none.
pub(super) fn elements(list: &str) -> Elements<'_> {
    Elements(Cursor::inside(list, b'['))
}

/// Walks key and value slices of one object.
pub(super) struct Members<'t>(Cursor<'t>);

impl<'t> Iterator for Members<'t> {
    type Item = (Cow<'t, str>, &'t str);

    fn next(&mut self) -> Option<Self::Item> {
        let key = self.0.take()?;
        let value = self.0.take()?;
        Some((unquote(key)?, value))
    }
}

/// Walks the value slices of one list.
pub(super) struct Elements<'t>(Cursor<'t>);

impl<'t> Iterator for Elements<'t> {
    type Item = &'t str;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.take()
    }
}

struct Cursor<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Cursor<'t> {
    fn inside(text: &'t str, open: u8) -> Self {
        let at = if text.as_bytes().first() == Some(&open) {
            1
        } else {
            text.len()
        };
        Self { text, at }
    }

    fn take(&mut self) -> Option<&'t str> {
        let bytes = self.text.as_bytes();
        let mut start = self.at;
        while matches!(
            bytes.get(start),
            Some(b' ' | b'\n' | b'\r' | b'\t' | b',' | b':')
        ) {
            start += 1;
        }
        if matches!(bytes.get(start), None | Some(b'}' | b']')) {
            self.at = bytes.len();
            return None;
        }
        self.at = value_end(bytes, start);
        self.text.get(start..self.at)
    }
}

fn value_end(bytes: &[u8], start: usize) -> usize {
    match bytes.get(start) {
        Some(b'"') => string_end(bytes, start),
        Some(b'{' | b'[') => container_end(bytes, start),
        _ => {
            let rest = bytes.get(start..).unwrap_or_default();
            let ends =
                |byte: &u8| matches!(byte, b',' | b']' | b'}' | b' ' | b'\n' | b'\r' | b'\t');
            rest.iter()
                .position(ends)
                .map_or(bytes.len(), |length| start + length)
        }
    }
}

/// Where the string that opens at `start` is over: one past its closing quote, or the end of the text.
pub(super) fn string_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(found) = bytes.get(at..).and_then(|rest| memchr2(b'"', b'\\', rest)) {
        at += found;
        if bytes.get(at) == Some(&b'"') {
            return at + 1;
        }
        at += 2;
    }
    bytes.len()
}

fn container_end(bytes: &[u8], start: usize) -> usize {
    let mut depth = 0usize;
    let mut at = start;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => {
                at = string_end(bytes, at);
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at + 1;
                }
            }
            _ => {}
        }
        at += 1;
    }
    bytes.len()
}

/// What a JSON string says, its escapes resolved. `None` for what is no string.
pub(super) fn unquote(value: &str) -> Option<Cow<'_, str>> {
    let inside = value.strip_prefix('"')?.strip_suffix('"')?;
    if memchr::memchr(b'\\', inside.as_bytes()).is_none() {
        return Some(Cow::Borrowed(inside));
    }
    serde_json::from_str::<String>(value).ok().map(Cow::Owned)
}

/// Whether a value says nothing: null, an empty string, list or object.
pub(super) fn is_blank(value: &str) -> bool {
    match value.as_bytes() {
        [] | b"null" => true,
        [b'"', inside @ .., b'"'] | [b'[', inside @ .., b']'] | [b'{', inside @ .., b'}'] => {
            inside.iter().all(u8::is_ascii_whitespace)
        }
        _ => false,
    }
}

/// The value itself, or the first element where it is a list: every field may be wrapped in a list.
pub(super) fn first(value: &str) -> &str {
    elements(value).next().unwrap_or(value)
}
