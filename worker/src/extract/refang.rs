//! Makes defanged text whole: `evil[.]com`, `1(.)2(.)3(.)4`, `bob [at] evil {dot} com`. Only the bracketed
//! forms, which can mean nothing else in a host or a mail address; bare `dot` and `at` stay.

use std::borrow::Cow;

const OPEN: [char; 3] = ['[', '(', '{'];
const FORMS: &[(&str, &str)] = &[
    (".", "."),
    ("dot", "."),
    (":", ":"),
    ("@", "@"),
    ("at", "@"),
];

/// Bytes between the brackets, blanks with them.
const LONGEST_FORM: usize = 8;

/// Longer text is no host or mail address, whatever it has inside.
const LONGEST: usize = 2048;

/// The whole text, owned only when something was defanged.
pub(crate) fn refang(text: &str) -> Cow<'_, str> {
    if text.len() > LONGEST || !text.contains(OPEN) {
        return Cow::Borrowed(text);
    }
    let mut rest = text;
    let mut whole = String::new();
    while let Some(at) = rest.find(OPEN) {
        let (before, from) = rest.split_at(at);
        whole.push_str(before);
        if let Some((plain, after)) = form(from) {
            // `evil [dot] com`: the blanks belong to the form.
            whole.truncate(whole.trim_end().len());
            whole.push_str(plain);
            rest = after.trim_start();
        } else {
            whole.push_str(&from[..1]);
            rest = &from[1..];
        }
    }
    whole.push_str(rest);
    if whole == text {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(whole)
    }
}

/// What a bracketed form at the start of the text stands for, and what follows it.
fn form(text: &str) -> Option<(&'static str, &str)> {
    let (inside, after) = bracketed(text)?;
    let known = FORMS
        .iter()
        .find(|(form, _)| inside.trim().eq_ignore_ascii_case(form));
    known.map(|(_, plain)| (*plain, after))
}

/// What is between the bracket that opens the text and the one that closes it, and what follows.
pub(super) fn bracketed(text: &str) -> Option<(&str, &str)> {
    let close = match text.bytes().next()? {
        b'[' => b']',
        b'(' => b')',
        b'{' => b'}',
        _ => return None,
    };
    let end = text
        .bytes()
        .take(LONGEST_FORM + 2)
        .position(|byte| byte == close)?;
    // Brackets are one byte long.
    Some((&text[1..end], &text[end + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bracketed_form_is_made_whole_and_bare_words_stay() {
        for (open, close) in [('[', ']'), ('(', ')'), ('{', '}')] {
            for dot in [".", "dot", "DOT", " . "] {
                let text = format!("evil{open}{dot}{close}com");
                assert_eq!(refang(&text), "evil.com", "{text}");
            }
            for at in ["@", "at", " AT "] {
                let text = format!("bob {open}{at}{close} evil{open}.{close}com");
                assert_eq!(refang(&text), "bob@evil.com", "{text}");
            }
            let text = format!("2001{open}:{close}db8{open}:{close}{open}:{close}1");
            assert_eq!(refang(&text), "2001:db8::1", "{text}");
        }
        for stays in [
            "evil dot com",
            "[::1]:53",
            "a[.)b",
            "[.",
            "x(dotted)y",
            "[ü]",
        ] {
            assert_eq!(refang(stays), stays);
        }
    }
}
