//! Where one string holds several values: `{{source.ip}}` of a list renders as `a,b`. A comma divides only
//! where it cannot be part of a value, and a string is a list only when every part is a value or known noise.
//!
//! URLs have commas of their own: one divides before the scheme of the next. So do names: `Doe, John` is one
//! account, since a rendered list has no blank behind its commas. `Doe,John` cannot be told from `alice,bob`,
//! and is two. Distinguished names, ARNs and quoted names keep their commas.

use super::content::Content;
use super::noise::is_placeholder;
use super::url;

/// Which commas divide; some writers use semicolons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    /// Every one, and every semicolon.
    Every,
    /// One before a URL, before another comma, or at the end.
    BeforeUrl,
    /// One without a blank behind it.
    Bare,
    /// One before an ARN: names inside an ARN may have commas.
    BeforeArn,
    /// One behind a mail address or nothing, or a semicolon, outside of quotes: names before an address have commas.
    AfterAddress,
}

/// The rules to try for a text that may be a list, the first that makes sense of every part.
pub(super) fn rules(content: Content, text: &str) -> &'static [Rule] {
    match content {
        Content::Url | Content::UrlOrPath => &[Rule::BeforeUrl, Rule::Every],
        Content::Ip | Content::Address | Content::Domain if text.contains("//") => {
            &[Rule::BeforeUrl, Rule::Every]
        }
        Content::Email => &[Rule::AfterAddress],
        Content::Account | Content::AccountId if text.starts_with("arn:") => &[Rule::BeforeArn],
        Content::Account | Content::AccountId if text.contains(['=', '"']) => &[],
        Content::Account | Content::AccountId => &[Rule::Bare],
        _ => &[Rule::Every],
    }
}

/// The trimmed parts of a text, at least one.
#[derive(Debug, Clone)]
pub(super) struct Parts<'a> {
    rule: Rule,
    rest: Option<&'a str>,
}

impl<'a> Parts<'a> {
    pub(super) fn of(text: &'a str, rule: Rule) -> Self {
        Self {
            rule,
            rest: Some(text),
        }
    }
}

impl<'a> Iterator for Parts<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let text = self.rest?;
        let (mut quoted, mut address) = (false, false);
        for (at, byte) in text.bytes().enumerate() {
            let divides = match byte {
                b'"' => {
                    quoted = !quoted;
                    false
                }
                b'@' => {
                    address |= !quoted;
                    false
                }
                b';' => match self.rule {
                    Rule::Every => true,
                    Rule::AfterAddress => !quoted,
                    Rule::BeforeUrl | Rule::Bare | Rule::BeforeArn => false,
                },
                b',' => {
                    let (before, after) = (&text[..at], &text[at + 1..]);
                    match self.rule {
                        Rule::Every => true,
                        Rule::Bare => !after.starts_with(char::is_whitespace),
                        Rule::BeforeArn => after.trim_start().starts_with("arn:"),
                        Rule::BeforeUrl => starts_a_part(after.trim_start()),
                        Rule::AfterAddress => !quoted && (address || is_placeholder(before.trim())),
                    }
                }
                _ => false,
            };
            if divides {
                self.rest = Some(&text[at + 1..]);
                return Some(text[..at].trim());
            }
        }
        self.rest = None;
        Some(text.trim())
    }
}

fn starts_a_part(after: &str) -> bool {
    after.is_empty() || after.starts_with(',') || url::has_scheme(after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comma_divides_only_where_it_cannot_be_part_of_a_value() {
        let cases: [(Rule, &str, &[&str]); 12] = [
            (Rule::Every, "a, b,,c", &["a", "b", "", "c"]),
            (Rule::Every, "MD5=a;SHA1=b,c", &["MD5=a", "SHA1=b", "c"]),
            (Rule::BeforeUrl, "http://a/1,2", &["http://a/1,2"]),
            (
                Rule::BeforeUrl,
                "http://a/1,2,hxxps[:]//b",
                &["http://a/1,2", "hxxps[:]//b"],
            ),
            (
                Rule::BeforeUrl,
                "http://a,, ftp://b,",
                &["http://a", "", "ftp://b", ""],
            ),
            (Rule::BeforeUrl, "http://a?x=1,y:z", &["http://a?x=1,y:z"]),
            (Rule::Bare, "alice,bob", &["alice", "bob"]),
            (
                Rule::Bare,
                "Doe, John,Roe, Jane",
                &["Doe, John", "Roe, Jane"],
            ),
            (Rule::BeforeArn, "arn:a:x,y,arn:b", &["arn:a:x,y", "arn:b"]),
            (
                Rule::AfterAddress,
                "Doe, J <j@x>, Roe, J <r@x>",
                &["Doe, J <j@x>", "Roe, J <r@x>"],
            ),
            (
                Rule::AfterAddress,
                "\"j@x, y\" <j@x>",
                &["\"j@x, y\" <j@x>"],
            ),
            (
                Rule::AfterAddress,
                "-,a@x,,b@x; c@x",
                &["-", "a@x", "", "b@x", "c@x"],
            ),
        ];
        for (rule, text, expected) in cases {
            assert_eq!(
                Parts::of(text, rule).collect::<Vec<_>>(),
                expected,
                "{text}"
            );
        }
    }
}
