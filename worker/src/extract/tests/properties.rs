//! What must hold for any document: no panic, no order, one pass is enough.

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Map, Value};

use super::extract;
use crate::extract::classify::classify;
use crate::extract::content::Content;
use crate::extract::fields;
use crate::extract::noise::is_placeholder;
use crate::indicator::IndicatorType;

/// Pieces that values are made of, so that random text comes near to being one.
const PIECES: &[&str] = &[
    "1.2.3.4",
    "::ffff:1.2.3.4",
    "fe80::1%eth0",
    "[",
    "]",
    ":443",
    ":80",
    "/8",
    "/32",
    "://",
    "http",
    "HXXPS",
    "evil",
    "[.]",
    ".",
    "com",
    "Ünï",
    "İ",
    "ΑΣ",
    "*.",
    "_ldap",
    "@",
    "[at]",
    "{dot}",
    "( . )",
    "[:]//",
    "arn:",
    "http://b.example/x",
    "<",
    ">",
    " ",
    "\\",
    "DOMAIN",
    "$",
    "S-1-5-21-7",
    "SYSTEM",
    "-",
    ",",
    "0x",
    "sha256:",
    "MD5=",
    "debf08c09d49337fbe7acde4d3749242",
    "?q",
    "#",
    "\u{0}",
    "mailto:",
    "user",
    "127.0.0.1",
    "0.0.0.0",
    "localhost",
    "exe",
    "\u{3000}",
    "=",
    "K",
];

fn dirty_text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => vec(prop::sample::select(PIECES), 0..7).prop_map(|pieces| pieces.concat()),
        1 => any::<String>(),
    ]
}

fn contents() -> impl Strategy<Value = Content> {
    let all: Vec<_> = fields::all()
        .map(|field| field.content)
        .chain([Content::Digest])
        .collect();
    prop::sample::select(all)
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        6 => dirty_text().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::from),
    ];
    prop_oneof![3 => leaf.clone(), 1 => vec(leaf, 0..4).prop_map(Value::Array)]
}

fn documents() -> impl Strategy<Value = Vec<(String, Value)>> {
    let places = fields::NAMED_INSIDE.iter().flat_map(|(place, _)| {
        [
            format!("{place}.field"),
            format!("{place}.value"),
            place.to_string(),
        ]
    });
    let others = [
        "threat.enrichments.matched.field",
        "signal.rule.threshold.field",
        "kibana.alert.rule.new_terms_fields",
        "other",
    ];
    let paths: Vec<String> = fields::all()
        .map(|field| field.path.replace('*', "any"))
        .chain(places)
        .chain(others.map(str::to_owned))
        .collect();
    vec((prop::sample::select(paths), values()), 0..12)
}

fn document(entries: &[(String, Value)]) -> String {
    Value::Object(entries.iter().cloned().collect::<Map<_, _>>()).to_string()
}

proptest! {
    #[test]
    fn a_canonical_value_is_its_own_canonical_value(content in contents(), text in dirty_text()) {
        let text = text.trim();
        if is_placeholder(text) {
            return Ok(());
        }
        if let Ok(found) = classify(content, text) {
            prop_assert_eq!(found.value.trim(), &*found.value);
            prop_assert!(!is_placeholder(&found.value), "{:?}", found);
            let again = classify(found.indicator_type.into(), &found.value);
            prop_assert_eq!(again.as_ref().map(|again| (again.indicator_type, &*again.value)), Ok((found.indicator_type, &*found.value)));
            if let Some(email) = found.email {
                prop_assert_eq!(classify(Content::Email, &email).map(|again| again.value), Ok(email.clone()));
            }
        }
    }

    #[test]
    fn any_document_is_read_without_a_panic_and_the_same_each_time(entries in documents(), any_text in any::<String>()) {
        let mut entries = entries;
        entries.push(("user.name".to_owned(), Value::from(any_text)));
        let text = document(&entries);
        let first = extract(&text).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let second = extract(&text).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(&first, &second);
        let keys: Vec<_> = first.indicators.iter().map(|one| (one.indicator_type, &one.value)).collect();
        prop_assert!(keys.is_sorted_by(|a, b| a < b), "{:?}", keys);
    }

    #[test]
    fn a_kept_value_sent_again_is_itself_and_nothing_else(content in contents(), text in dirty_text()) {
        let field = |content: Content| fields::all().find(|field| field.content == content).map(|field| field.path);
        let Some(path) = field(content) else {
            return Ok(());
        };
        let first = extract(&document(&[(path.replace('*', "any"), Value::from(text))]));
        let first = first.map_err(|error| TestCaseError::fail(error.to_string()))?;
        for kept in first.indicators {
            let Some(path) = field(kept.indicator_type.into()) else {
                return Err(TestCaseError::fail("a type without a field"));
            };
            let again = extract(&document(&[(path.replace('*', "any"), Value::from(kept.value.clone()))]));
            let again = again.map_err(|error| TestCaseError::fail(error.to_string()))?;
            let found = again.indicators.iter().find(|one| one.value == kept.value);
            prop_assert!(found.is_some(), "{:?} became {:?}", kept.value, again.indicators);
            // An account that is a mail address is an email too.
            let others = again.indicators.iter().filter(|one| one.indicator_type != IndicatorType::Email);
            prop_assert!(others.count() <= 1, "{:?} became {:?}", kept.value, again.indicators);
        }
    }

    #[test]
    fn the_order_of_keys_changes_nothing(entries in documents().prop_shuffle(), seed in any::<prop::sample::Index>()) {
        let mut unique = entries;
        unique.sort_by(|a, b| a.0.cmp(&b.0));
        unique.dedup_by(|a, b| a.0 == b.0);
        // Text and not a map, so that the order is really another one.
        let text = |entries: &[(String, Value)]| {
            let members: Vec<_> = entries.iter().map(|(key, value)| format!("{}:{value}", Value::from(&**key))).collect();
            format!("{{{}}}", members.join(","))
        };
        let sorted = text(&unique);
        if !unique.is_empty() {
            let middle = seed.index(unique.len());
            unique.rotate_left(middle);
            unique[..].reverse();
        }
        let (first, second) = (extract(&sorted), extract(&text(&unique)));
        prop_assert_eq!(first.ok(), second.ok());
    }
}
