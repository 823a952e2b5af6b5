//! Measures strict JSON before anybody walks it: how deep it nests, and whether an escape is half a surrogate pair.
//! One pass, no recursion, so a text of any depth can be measured and refused.
//! A lone surrogate is valid JSON but no text: it is mended to U+FFFD so that every later reader can read the string.

use memchr::{memchr2, memchr2_iter};

/// What one pass over a value tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Survey {
    /// The deepest nesting of objects and lists, or a number that it is certainly not over; a scalar has 0.
    pub(super) depth: usize,
    /// Whether a `\u` escape is half a surrogate pair.
    pub(super) lone_surrogate: bool,
}

/// Measures one text of strict JSON. Nesting that cannot be over `enough`, since the text does not open so
/// many objects and lists, is not measured: it is that many at most.
pub(super) fn survey(text: &str, enough: usize) -> Survey {
    let bytes = text.as_bytes();
    if !may_have_surrogates(bytes) {
        let opened = memchr2_iter(b'{', b'[', bytes).take(enough + 1).count();
        if opened <= enough {
            return Survey {
                depth: opened,
                lone_surrogate: false,
            };
        }
    }
    let mut seen = Survey::default();
    let mut depth = 0usize;
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        at += 1;
        match byte {
            b'"' => at = string_end(bytes, at, &mut seen),
            b'{' | b'[' => {
                depth += 1;
                seen.depth = seen.depth.max(depth);
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    seen
}

/// Whether `\ud` is anywhere, with which every surrogate begins; many paths of Windows have a `\u`.
fn may_have_surrogates(bytes: &[u8]) -> bool {
    memchr::memmem::find_iter(bytes, b"\\u")
        .any(|at| matches!(bytes.get(at + 2), Some(b'd' | b'D')))
}

fn string_end(bytes: &[u8], mut at: usize, seen: &mut Survey) -> usize {
    while let Some(found) = bytes.get(at..).and_then(|rest| memchr2(b'"', b'\\', rest)) {
        at += found;
        if bytes.get(at) == Some(&b'"') {
            return at + 1;
        }
        let (length, lone) = escape(bytes, at);
        seen.lone_surrogate |= lone;
        at += length;
    }
    bytes.len()
}

/// Length of the escape at `at`, a whole surrogate pair counted as one, and whether it is half a pair.
fn escape(bytes: &[u8], at: usize) -> (usize, bool) {
    match code_unit(bytes, at) {
        Some(0xD800..=0xDBFF) => match code_unit(bytes, at + 6) {
            Some(0xDC00..=0xDFFF) => (12, false),
            _ => (6, true),
        },
        Some(0xDC00..=0xDFFF) => (6, true),
        Some(_) => (6, false),
        None => (2, false),
    }
}

fn code_unit(bytes: &[u8], at: usize) -> Option<u16> {
    let digits = bytes.get(at..at + 6)?.strip_prefix(b"\\u")?;
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

/// The text with every lone surrogate escape replaced by `\ufffd`.
pub(super) fn mend_surrogates(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut mended = String::with_capacity(text.len());
    let (mut kept, mut at) = (0, 0);
    while let Some(found) = bytes.get(at..).and_then(|rest| memchr::memchr(b'\\', rest)) {
        at += found;
        let (length, lone) = escape(bytes, at);
        if lone {
            mended.push_str(text.get(kept..at).unwrap_or_default());
            mended.push_str("\\ufffd");
            kept = at + length;
        }
        at += length;
    }
    mended.push_str(text.get(kept..).unwrap_or_default());
    mended
}
