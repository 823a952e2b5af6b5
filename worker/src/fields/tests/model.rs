//! The reader finds what the plainest reading of the rules finds: every leaf spelled out, every path held against it.

use proptest::prelude::*;
use serde_json::Value;

use crate::fields::{CatalogBuilder, Scalar, Want};

const PATHS: [&str; 10] = [
    "a", "a.b", "a.b.c", "a.*.c", "*.b", "*", "b.c.a.b", "b.*.*.b", "a.b.*", "c.a",
];

/// Every leaf with the segments that lead to it and whether each was joined to the one before by a dot.
fn leaves(value: &Value, way: &[(String, bool)], found: &mut Vec<(Vec<(String, bool)>, String)>) {
    match value {
        Value::Null => {}
        Value::Array(items) => items.iter().for_each(|item| leaves(item, way, found)),
        Value::Object(members) => {
            for (key, value) in members {
                let mut way = way.to_vec();
                way.extend(
                    key.split('.')
                        .enumerate()
                        .map(|(index, segment)| (segment.to_owned(), index > 0)),
                );
                leaves(value, &way, found);
            }
        }
        Value::String(text) => found.push((way.to_vec(), text.clone())),
        other => found.push((way.to_vec(), other.to_string())),
    }
}

/// The leaves at a path, the longest dotted spelling first.
fn expected(path: &str, value: &Value) -> Vec<String> {
    let mut all = Vec::new();
    leaves(value, &[], &mut all);
    let segments: Vec<&str> = path.split('.').collect();
    let fits = |way: &[(String, bool)]| {
        way.len() == segments.len()
            && way
                .iter()
                .zip(&segments)
                .all(|((found, _), wanted)| *wanted == "*" || found == wanted)
    };
    all.retain(|(way, _)| fits(way));
    all.sort_by_key(|(way, _)| {
        std::cmp::Reverse(way.iter().map(|(_, joined)| *joined).collect::<Vec<_>>())
    });
    all.into_iter().map(|(_, text)| text).collect()
}

fn documents() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<u8>().prop_map(Value::from),
        "[a-c]{0,2}".prop_map(Value::from)
    ];
    leaf.prop_recursive(5, 48, 6, |inner| {
        let segment = prop::sample::select(vec!["a", "b", "c", "d", "*", ""]);
        let key = prop::collection::vec(segment, 1..4).prop_map(|segments| segments.join("."));
        prop_oneof![
            1 => prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            3 => prop::collection::vec((key, inner), 0..6).prop_map(|members| members.into_iter().collect()),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2048))]
    #[test]
    fn the_reader_finds_what_a_plain_reading_of_the_rules_finds(document in documents()) {
        let mut builder = CatalogBuilder::new();
        let ids: Vec<_> = PATHS.iter().filter_map(|path| builder.want(path, Want::Scalars).ok()).collect();
        let catalog = builder.build();
        let text = document.to_string();
        let reading = catalog.read(&text).map_err(|error| TestCaseError::fail(format!("{error}: {text}")))?;
        for (path, id) in PATHS.iter().zip(ids) {
            let found: Vec<&str> = reading.scalars(id).iter().map(Scalar::as_text).collect();
            prop_assert_eq!(found, expected(path, &document), "{} in {}", path, text);
        }
    }
}
