//! DNS names. Canonical is lower case without trailing dot or port; `*.evil.com` is `evil.com`. A name
//! needs an inner dot and an alphabetic (or `xn--`) top label. Refused: NetBIOS names, reverse names,
//! names with a label that starts with an underscore (RFC 8552: a service or record, not a host), and
//! names ending in a Windows executable suffix, none of which is a top-level domain. IDN stays as sent,
//! lower-cased, in Unicode or in punycode: the two spellings are two indicators.

use std::borrow::Cow;

use super::ip::is_port;
use super::tally::Dropped;

const LONGEST_NAME: usize = 253;
const LONGEST_LABEL: usize = 63;
const EXECUTABLE_SUFFIXES: &[&str] = &[
    "bat", "dll", "exe", "lnk", "msi", "scr", "sys", "tmp", "vbs",
];

/// The canonical name in trimmed `text`.
pub(crate) fn parse(text: &str) -> Result<Cow<'_, str>, Dropped> {
    let name = match text.rsplit_once(':') {
        Some((name, port)) if is_port(port) => name,
        _ => text,
    };
    let name = name.strip_prefix("*.").unwrap_or(name);
    let name = name.strip_suffix('.').unwrap_or(name);
    check_length(name)?;
    let name = lower(name);
    check(&name)?;
    Ok(name)
}

fn check_length(name: &str) -> Result<(), Dropped> {
    match name.len() {
        0..=LONGEST_NAME => Ok(()),
        _ if name.contains('.') => Err(Dropped::TooLong),
        _ => Err(Dropped::WrongType),
    }
}

fn check(name: &str) -> Result<(), Dropped> {
    check_length(name)?;
    if !is_host_name(name) {
        return Err(Dropped::WrongType);
    }
    let Some((rest, top)) = name.rsplit_once('.') else {
        return Err(match name {
            "localhost" => Dropped::LocalName,
            _ if name.bytes().all(|byte| byte.is_ascii_digit()) => Dropped::WrongType,
            _ => Dropped::SingleLabel,
        });
    };
    if top == "arpa" && (rest.ends_with("in-addr") || rest.ends_with("ip6")) {
        return Err(Dropped::ReverseName);
    }
    if top == "localdomain" || top == "localhost" {
        return Err(Dropped::LocalName);
    }
    if name.split('.').any(|label| label.starts_with('_')) {
        return Err(Dropped::ServiceName);
    }
    let alphabetic = top
        .bytes()
        .all(|byte| byte.is_ascii_alphabetic() || !byte.is_ascii());
    if top.chars().nth(1).is_none() || !(alphabetic || top.starts_with("xn--")) {
        return Err(Dropped::WrongType);
    }
    if EXECUTABLE_SUFFIXES.contains(&top) {
        Err(Dropped::WrongType)
    } else {
        Ok(())
    }
}

/// Whether lower-case text is labels of letters, digits, inner hyphens and underscores between dots.
pub(super) fn is_host_name(name: &str) -> bool {
    name.len() <= LONGEST_NAME
        && name.split('.').all(|label| {
            !label.is_empty()
                && label.len() <= LONGEST_LABEL
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.chars().all(is_label_char)
        })
}

fn is_label_char(letter: char) -> bool {
    match letter {
        'a'..='z' | '0'..='9' | '-' | '_' => true,
        _ if letter.is_ascii() => false,
        // Fullwidth forms and CJK punctuation map to ASCII or to a dot in IDNA: not canonical.
        '\u{3000}'..='\u{3004}' | '\u{fe00}'..='\u{ffff}' => false,
        // Names in many scripts need marks that are neither letters nor digits.
        '\u{300}'..='\u{1aff}' => !letter.is_whitespace(),
        _ => letter.is_alphanumeric(),
    }
}

pub(super) fn lower(text: &str) -> Cow<'_, str> {
    if text
        .bytes()
        .all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase())
    {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.to_lowercase())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_is_a_proper_name_and_nothing_else() {
        let cases = [
            ("Evil.EXAMPLE.com.", Ok("evil.example.com")),
            ("evil.com:8443", Ok("evil.com")),
            ("*.evil.com", Ok("evil.com")),
            ("host_1.evil.com", Ok("host_1.evil.com")),
            ("xn--bcher-kva.example", Ok("xn--bcher-kva.example")),
            ("BÜCHER.example", Ok("bücher.example")),
            ("elastic.local", Ok("elastic.local")),
            ("a.xn--p1ai", Ok("a.xn--p1ai")),
            ("payload.zip", Ok("payload.zip")),
            ("WORKSTATION", Err(Dropped::SingleLabel)),
            ("wpad", Err(Dropped::SingleLabel)),
            ("localhost", Err(Dropped::LocalName)),
            ("localhost.localdomain", Err(Dropped::LocalName)),
            ("_ldap._tcp.corp.com", Err(Dropped::ServiceName)),
            ("1.0.0.10.in-addr.arpa", Err(Dropped::ReverseName)),
            ("8.b.d.0.1.0.0.2.ip6.arpa.", Err(Dropped::ReverseName)),
            ("svchost.exe", Err(Dropped::WrongType)),
            ("1.2.3", Err(Dropped::WrongType)),
            ("1", Err(Dropped::WrongType)),
            ("song.mp3", Err(Dropped::WrongType)),
            ("a..com", Err(Dropped::WrongType)),
            ("evil.com/path", Err(Dropped::WrongType)),
            ("v=spf1 include:x.com", Err(Dropped::WrongType)),
            ("-a.com", Err(Dropped::WrongType)),
            ("*.*.com", Err(Dropped::WrongType)),
            ("evil。com", Err(Dropped::WrongType)),
            ("example.com..", Err(Dropped::WrongType)),
        ];
        for (text, expected) in cases {
            assert_eq!(parse(text).as_deref(), expected.as_ref().copied(), "{text}");
        }
        let long = format!("{}com", "a.".repeat(200));
        assert_eq!(parse(&long), Err(Dropped::TooLong));
    }
}
