//! Mail addresses. Canonical is lower case throughout: RFC 5321 lets a host tell case apart in the local
//! part, none in use does, and one sender must be one indicator. `Bob <bob@x.y>` and `mailto:` are
//! unwrapped. The domain part must be a proper domain; quoted local parts are refused.

use std::borrow::Cow;

use super::domain::{self, lower};
use super::noise::after;
use super::tally::Dropped;

const LONGEST: usize = 254;
const LONGEST_LOCAL: usize = 64;

/// The canonical address in trimmed `text`.
pub(crate) fn parse(text: &str) -> Result<Cow<'_, str>, Dropped> {
    let text = match text
        .strip_suffix('>')
        .and_then(|open| open.rsplit_once('<'))
    {
        Some((_, inside)) => inside.trim(),
        None => text,
    };
    let text = after(text, "mailto:").unwrap_or(text);
    let (local, host) = text.rsplit_once('@').ok_or(Dropped::WrongType)?;
    if local.len() > LONGEST_LOCAL || text.len() > LONGEST {
        return Err(Dropped::TooLong);
    }
    if !is_local_part(local) || host.contains([':', '*']) {
        return Err(Dropped::WrongType);
    }
    let name = domain::parse(host).map_err(|_| Dropped::WrongType)?;
    if name.len() == host.len() {
        return Ok(lower(text));
    }
    Ok(Cow::Owned(format!("{}@{name}", lower(local))))
}

fn is_local_part(local: &str) -> bool {
    !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        && !local.is_empty()
        && local.chars().all(|letter| match letter {
            'a'..='z' | 'A'..='Z' | '0'..='9' => true,
            _ if letter.is_ascii() => "!#$%&'*+-/=?^_`{|}~.".contains(letter),
            _ => letter.is_alphanumeric(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_found_in_what_mail_programs_write() {
        let cases = [
            ("Bob@Evil.COM", Ok("bob@evil.com")),
            ("Bob <bob@evil.com>", Ok("bob@evil.com")),
            ("<bob@evil.com>", Ok("bob@evil.com")),
            ("\"Doe, Bob\" < bob+x@evil.com >", Ok("bob+x@evil.com")),
            ("mailto:bob@evil.com", Ok("bob@evil.com")),
            ("bob@evil.com.", Ok("bob@evil.com")),
            ("bob", Err(Dropped::WrongType)),
            ("root@localhost", Err(Dropped::WrongType)),
            ("bob@1.2.3.4", Err(Dropped::WrongType)),
            ("bob smith@evil.com", Err(Dropped::WrongType)),
            ("a@b@evil.com", Err(Dropped::WrongType)),
            ("@evil.com", Err(Dropped::WrongType)),
            ("bob@evil.com:25", Err(Dropped::WrongType)),
            ("bob..x@evil.com", Err(Dropped::WrongType)),
        ];
        for (text, expected) in cases {
            assert_eq!(parse(text).as_deref(), expected.as_ref().copied(), "{text}");
        }
        let long = format!("{}@evil.com", "a".repeat(65));
        assert_eq!(parse(&long), Err(Dropped::TooLong));
    }
}
