//! Undoes the HTML escaping of tools that render a body with a stock mustache engine.
//! One pass from left to right, each entity once: `&amp;quot;` becomes `&quot;`, as it was before the tool.
//! Only the entities such engines write are known; any other ampersand stays.

/// Longest entity known, with its `&` and `;`.
const LONGEST: usize = 8;

/// The text with entities resolved, or `None` when it holds none.
pub(super) fn decode(text: &str) -> Option<String> {
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    let mut found = false;
    while let Some(at) = memchr::memchr(b'&', rest.as_bytes()) {
        let (before, tail) = rest.split_at(at);
        decoded.push_str(before);
        if let Some((character, length)) = entity(tail) {
            found = true;
            decoded.push(character);
            rest = tail.get(length..).unwrap_or_default();
        } else {
            decoded.push('&');
            rest = tail.get(1..).unwrap_or_default();
        }
    }
    decoded.push_str(rest);
    found.then_some(decoded)
}

fn entity(tail: &str) -> Option<(char, usize)> {
    let end = tail.bytes().take(LONGEST).position(|byte| byte == b';')?;
    let name = tail.get(1..end)?;
    let character = match name {
        "quot" => '"',
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "apos" => '\'',
        _ => numeric(name.strip_prefix('#')?)?,
    };
    Some((character, end + 1))
}

fn numeric(digits: &str) -> Option<char> {
    let code = match digits.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16),
        None => digits.parse(),
    };
    char::from_u32(code.ok()?)
}
