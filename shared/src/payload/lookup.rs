//! Finds one path of an object in each of its spellings: dotted, nested or split anywhere in between.
//! The longest dotted spelling wins, then the last one written; blank values never win.
//! Recursion is bounded by the length of the path.

use std::borrow::Cow;

use super::walk::{first, is_blank, members, unquote};

/// The value at `path`, as it stands in the text.
pub(super) fn find<'t>(object: &'t str, path: &[&str]) -> Option<&'t str> {
    let mut best: Option<(usize, &'t str)> = None;
    for (key, value) in members(object) {
        let Some(matched) = matched_segments(&key, path) else {
            continue;
        };
        let rest = path.get(matched..).unwrap_or_default();
        let found = if rest.is_empty() {
            Some(value)
        } else {
            find(first(value), rest)
        };
        let Some(found) = found.filter(|found| !is_blank(found)) else {
            continue;
        };
        if best.is_none_or(|(length, _)| matched >= length) {
            best = Some((matched, found));
        }
    }
    best.map(|(_, value)| value)
}

/// The text at `path`: a string, the first string of a list, or a number as written.
pub(super) fn find_text<'t>(object: &'t str, path: &[&str]) -> Option<Cow<'t, str>> {
    find(object, path).and_then(scalar)
}

/// A scalar as text; `None` for blank values, objects and lists of them.
pub(super) fn scalar(value: &str) -> Option<Cow<'_, str>> {
    let value = first(value);
    if is_blank(value) || value.starts_with(['{', '[']) {
        return None;
    }
    if value.starts_with('"') {
        unquote(value)
    } else {
        Some(Cow::Borrowed(value))
    }
}

/// The last member of this name, as text.
pub(super) fn scalar_of<'t>(object: &'t str, name: &str) -> Option<Cow<'t, str>> {
    members(object)
        .filter(|(key, _)| key == name)
        .last()
        .and_then(|(_, value)| scalar(value))
}

fn matched_segments(key: &str, path: &[&str]) -> Option<usize> {
    let mut wanted = path.iter();
    let mut matched = 0;
    for segment in key.split('.') {
        if wanted.next() != Some(&segment) {
            return None;
        }
        matched += 1;
    }
    Some(matched)
}
