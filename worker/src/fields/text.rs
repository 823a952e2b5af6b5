//! Resolves the escapes of a JSON string the scanner has already accepted. Never fails: half a surrogate pair becomes
//! U+FFFD, as the store can hold no other thing for it, and anything else that is not an escape is kept as it is.

/// The text between the quotes of a JSON string, escapes resolved.
pub(super) fn unescape(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let Some(escape) = rest.bytes().next() else {
            break;
        };
        if escape == b'u' {
            let (character, used) = unicode(rest.as_bytes());
            out.push(character);
            rest = rest.get(used..).unwrap_or_default();
            continue;
        }
        let Some(plain) = simple(escape) else {
            continue;
        };
        out.push(plain);
        rest = &rest[1..];
    }
    out.push_str(rest);
    out
}

/// The character of a one-letter escape.
const fn simple(escape: u8) -> Option<char> {
    Some(match escape {
        b'"' => '"',
        b'\\' => '\\',
        b'/' => '/',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        _ => return None,
    })
}

/// The character of `uXXXX` or of the pair `uXXXX\uXXXX`, and how many bytes it took.
fn unicode(escape: &[u8]) -> (char, usize) {
    let high = unit(escape, 1);
    if !(0xD800..0xDC00).contains(&high) {
        return (
            char::from_u32(high).unwrap_or(char::REPLACEMENT_CHARACTER),
            5,
        );
    }
    if escape.get(5..7) == Some(b"\\u") {
        let low = unit(escape, 7);
        if (0xDC00..0xE000).contains(&low) {
            let code = 0x1_0000 + ((high - 0xD800) << 10) + (low - 0xDC00);
            return (
                char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER),
                11,
            );
        }
    }
    (char::REPLACEMENT_CHARACTER, 5)
}

/// The four hex digits at `at`; a digit that is none counts as zero, which the scanner has excluded.
fn unit(escape: &[u8], at: usize) -> u32 {
    (at..at + 4).fold(0, |code, i| {
        let digit = escape
            .get(i)
            .and_then(|byte| char::from(*byte).to_digit(16));
        (code << 4) | digit.unwrap_or(0)
    })
}
