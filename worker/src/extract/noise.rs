//! Values that look like data and say nothing: placeholders, digests of nothing, accounts that every
//! machine has. Closed lists, compared without regard to case; nothing here is a guess about intent,
//! so `root`, loopback addresses and well-known tools are no noise.

const PLACEHOLDERS: &[&str] = &[
    "-",
    "--",
    "?",
    "*",
    "(empty)",
    "(none)",
    "(null)",
    "(unknown)",
    "<none>",
    "<null>",
    "<redacted>",
    "<unknown>",
    "[redacted]",
    "empty",
    "n/a",
    "nil",
    "none",
    "not applicable",
    "not available",
    "null",
    "redacted",
    "undefined",
    "unknown",
    "unset",
    "00000000-0000-0000-0000-000000000000",
    // The unset audit uid, which is -1 as an unsigned number.
    "4294967295",
];

/// The first bytes of [`PLACEHOLDERS`] and of unfilled variables, in lower case.
const PLACEHOLDER_STARTS: &[u8] = b"-?*(<[enru04{%";

/// Whether trimmed text stands for "no value". Unfilled template variables (`{{user.name}}`,
/// `%{[source][ip]}`, Windows' `%%1843`) do.
pub(crate) fn is_placeholder(text: &str) -> bool {
    // Most values are none, and most of those show it at once.
    let first = text.bytes().next().map(|byte| byte.to_ascii_lowercase());
    if first.is_some_and(|first| !PLACEHOLDER_STARTS.contains(&first)) {
        return false;
    }
    text.is_empty()
        || PLACEHOLDERS
            .iter()
            .any(|known| text.eq_ignore_ascii_case(known))
        || ["{{", "%{", "%%"].iter().any(|open| text.starts_with(open))
}

const EMPTY_DIGESTS: &[&str] = &[
    "d41d8cd98f00b204e9800998ecf8427e",
    "da39a3ee5e6b4b0d3255bfef95601890afd80709",
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce\
     47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e",
];

/// Whether a canonical digest is of the empty file, or all zeros.
pub(crate) fn is_noise_hash(digest: &str) -> bool {
    digest.bytes().all(|byte| byte == b'0') || EMPTY_DIGESTS.contains(&digest)
}

/// Authorities that own only accounts of the operating system.
const SYSTEM_DOMAINS: &[&str] = &[
    "nt authority",
    "nt-autorität",
    "autorite nt",
    "window manager",
    "font driver host",
    "nt virtual machine",
];

const SYSTEM_ACCOUNTS: &[&str] = &[
    "system",
    "localsystem",
    "local system",
    "local service",
    "localservice",
    "network service",
    "networkservice",
    "anonymous logon",
    "système",
    "service local",
    "service réseau",
    "lokaler dienst",
    "netzwerkdienst",
];

/// Whether an account is of the operating system or of a machine: `SYSTEM`, `DWM-1`, `HOST$`,
/// `HOST$@REALM`, anything of `NT AUTHORITY`, and well-known SIDs.
pub(crate) fn is_system_account(domain: Option<&str>, name: &str) -> bool {
    if domain.is_some_and(|domain| listed(SYSTEM_DOMAINS, domain)) || listed(SYSTEM_ACCOUNTS, name)
    {
        return true;
    }
    let user = name.split('@').next().unwrap_or(name);
    if user.ends_with('$') {
        return true;
    }
    numbered(name, "DWM-") || numbered(name, "UMFD-") || is_well_known_sid(name)
}

/// A SID of neither a domain or local user (`S-1-5-21-…`) nor an Entra one (`S-1-12-1-…`).
fn is_well_known_sid(name: &str) -> bool {
    let sid = after(name, "S-1-").filter(|rest| {
        rest.bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'-')
            && !rest.is_empty()
    });
    sid.is_some_and(|rest| !rest.starts_with("5-21-") && !rest.starts_with("12-1-"))
}

fn numbered(name: &str, prefix: &str) -> bool {
    after(name, prefix)
        .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The rest after an ASCII prefix in any case.
pub(super) fn after<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (start, rest) = text.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// The lists are lower-case; the longest entry bounds the work on hostile text.
fn listed(list: &[&str], text: &str) -> bool {
    text.len() <= 20
        && list
            .iter()
            .any(|known| text.chars().flat_map(char::to_lowercase).eq(known.chars()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_placeholder_is_known_in_any_case() {
        for known in PLACEHOLDERS
            .iter()
            .chain(&["", "{{user.name}}", "%{[source][ip]}", "%%1843"])
        {
            assert!(is_placeholder(&known.to_uppercase()), "{known}");
        }
        assert!(
            ["root", "none.example", "4", "-x"]
                .iter()
                .all(|text| !is_placeholder(text))
        );
    }
}
