//! URLs of networks. Canonical has scheme and host in lower case, no default port, and path, query and
//! fragment as sent. User and password are cut: they are a secret, not the place. Refused: no scheme or
//! host, schemes that name no network place (`javascript:`, `data:`, `file:`, extensions), control
//! characters, and more than [`LONGEST`] bytes, since a cut URL would lead elsewhere.

use std::borrow::Cow;
use std::net::{Ipv4Addr, Ipv6Addr};

use super::domain::{is_host_name, lower};
use super::refang::{bracketed, refang};
use super::tally::Dropped;

/// Bytes. Longer than any browser's or proxy's usual line; ids are hashes, so no index minds.
const LONGEST: usize = 8192;

/// Bytes of the longest name in [`SCHEMES`].
const LONGEST_SCHEME: usize = 6;

/// Schemes that are followed over a network, with their default ports, 0 for none.
const SCHEMES: &[(&str, u16)] = &[
    ("http", 80),
    ("https", 443),
    ("ftp", 21),
    ("ftps", 990),
    ("sftp", 22),
    ("tftp", 69),
    ("ws", 80),
    ("wss", 443),
    ("ldap", 389),
    ("ldaps", 636),
    ("smb", 445),
    ("rmi", 1099),
    ("ssh", 22),
    ("telnet", 23),
];

/// A canonical URL, and what was done to make it so.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Url {
    pub(crate) value: String,
    pub(crate) refanged: bool,
    pub(crate) credentials_removed: bool,
}

/// The URL in trimmed `text`.
pub(crate) fn parse(text: &str) -> Result<Url, Dropped> {
    let (sent, separator, rest) = split_scheme(text).ok_or(Dropped::WrongType)?;
    let plain = lower(sent);
    let scheme = whole_scheme(&plain);
    let known = SCHEMES.iter().find(|(name, _)| *name == scheme);
    let (_, default_port) = known.ok_or(Dropped::WrongType)?;
    if text.len() > LONGEST {
        return Err(Dropped::TooLong);
    }
    if rest.chars().any(char::is_control) {
        return Err(Dropped::WrongType);
    }
    // Browsers read a backslash as a slash, so it ends the authority too.
    let (sent, tail) = rest.split_at(rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len()));
    let authority = refang(sent);
    let (credentials, place) = authority
        .rsplit_once('@')
        .map_or((None, &*authority), |(user, place)| (Some(user), place));
    let (host, port) = split_port(place).ok_or(Dropped::WrongType)?;
    let host = canonical_host(host).ok_or(Dropped::WrongType)?;
    let mut value = String::with_capacity(text.len() + 2);
    value.extend([scheme, "://", &*host]);
    if let Some(port) = port.filter(|port| port != default_port) {
        value.push(':');
        value.push_str(&port.to_string());
    }
    value.push_str(tail);
    Ok(Url {
        value,
        refanged: scheme != plain || separator != "://" || matches!(authority, Cow::Owned(_)),
        credentials_removed: credentials.is_some(),
    })
}

/// Whether the text begins with the scheme of a URL, defanged or not.
pub(super) fn has_scheme(text: &str) -> bool {
    split_scheme(text).is_some_and(|(sent, _, _)| {
        let plain = lower(sent);
        let scheme = whole_scheme(&plain);
        SCHEMES.iter().any(|(name, _)| *name == scheme)
    })
}

/// The scheme that a defanged one stands for, in lower case.
fn whole_scheme(plain: &str) -> &str {
    match plain {
        "hxxp" | "hxtp" | "htxp" => "http",
        "hxxps" | "hxtps" | "htxps" => "https",
        "fxp" => "ftp",
        "fxps" => "ftps",
        other => other,
    }
}

/// Scheme, separator as sent, and the rest.
fn split_scheme(text: &str) -> Option<(&str, &str, &str)> {
    let end = text
        .bytes()
        .take(LONGEST_SCHEME + 1)
        .position(|byte| !byte.is_ascii_alphanumeric())?;
    let (scheme, after) = text.split_at(end);
    let rest = behind_separator(after)?;
    Some((scheme, &after[..after.len() - rest.len()], rest))
}

/// What follows `://`, any part of which may be in brackets: `[:]//`, `(://)`, `:[//]`.
fn behind_separator(text: &str) -> Option<&str> {
    let (mut rest, mut missing) = (text, "://");
    while !missing.is_empty() {
        let (part, after) = bracketed(rest).or_else(|| rest.split_at_checked(1))?;
        missing = missing.strip_prefix(part).filter(|_| !part.is_empty())?;
        rest = after;
    }
    Some(rest)
}

/// Host and port; an empty port is none.
fn split_port(place: &str) -> Option<(&str, Option<u16>)> {
    let end = if place.starts_with('[') {
        place.find(']')? + 1
    } else {
        0
    };
    match place[end..].find(':') {
        None => Some((place, None)),
        Some(colon) => {
            let (host, port) = place.split_at(end + colon);
            match &port[1..] {
                "" => Some((host, None)),
                port if port.bytes().all(|byte| byte.is_ascii_digit()) => {
                    Some((host, Some(port.parse().ok()?)))
                }
                _ => None,
            }
        }
    }
}

/// A name of one label or more, or an address. Numbers in other notations stay as sent: they are
/// hosts to a browser.
fn canonical_host(host: &str) -> Option<Cow<'_, str>> {
    if let Some(inside) = host.strip_prefix('[') {
        let address: Ipv6Addr = inside.strip_suffix(']')?.parse().ok()?;
        return Some(Cow::Owned(format!("[{address}]")));
    }
    if host.parse::<Ipv4Addr>().is_ok() {
        return Some(Cow::Borrowed(host));
    }
    let name = lower(host.strip_suffix('.').unwrap_or(host));
    is_host_name(&name).then_some(name)
}

#[cfg(test)]
#[path = "url_tests.rs"]
mod tests;
