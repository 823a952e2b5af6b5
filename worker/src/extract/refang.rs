//! Makes defanged text whole: `evil[.]com`, `1(.)2(.)3(.)4`, `bob[at]evil[dot]com`. Only the bracketed
//! forms, which can mean nothing else in a host or a mail address; bare `dot` and `at` stay.

use std::borrow::Cow;

const FORMS: &[(&str, &str)] = &[
    ("[.]", "."),
    ("(.)", "."),
    ("{.}", "."),
    ("[dot]", "."),
    ("(dot)", "."),
    ("[:]", ":"),
    ("[@]", "@"),
    ("[at]", "@"),
    ("(at)", "@"),
];

/// Longer text is no host or mail address, whatever it has inside.
const LONGEST: usize = 2048;

/// The whole text, owned only when something was defanged.
pub(crate) fn refang(text: &str) -> Cow<'_, str> {
    if text.len() > LONGEST || !text.bytes().any(|byte| matches!(byte, b'[' | b'(' | b'{')) {
        return Cow::Borrowed(text);
    }
    let mut rest = text;
    let mut whole = String::new();
    while let Some(at) = rest.find(['[', '(', '{']) {
        let (before, from) = rest.split_at(at);
        whole.push_str(before);
        let form = FORMS
            .iter()
            .find_map(|(form, plain)| Some((*plain, super::noise::after(from, form)?)));
        if let Some((plain, after)) = form {
            whole.push_str(plain);
            rest = after;
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
