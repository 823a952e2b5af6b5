//! Any re-nesting of the same document reads the same.

use proptest::prelude::*;

use crate::fields::{CatalogBuilder, PathId, Scalar, Want};

/// Paths of which none is the beginning of another, so that every nesting of them is one document.
const PATHS: [&str; 8] = [
    "a.b.c",
    "a.b.d.e",
    "a.f",
    "g",
    "h.i.j.k.l",
    "h.i.m",
    "kibana.alert.rule.name",
    "kibana.alert.severity",
];

/// A document of the paths in order, its keys joined where a bit of `cuts` says so.
fn nest(values: &[(usize, Vec<String>)], cuts: &[u8], as_lists: bool) -> String {
    let mut members = Vec::new();
    for (index, leaves) in values {
        let path = PATHS[*index];
        let mut text = match leaves.as_slice() {
            [one] if !as_lists => serde_json::json!(one).to_string(),
            many => serde_json::json!(many).to_string(),
        };
        let mut keys: Vec<String> = Vec::new();
        for (place, segment) in path.split('.').enumerate() {
            match keys.last_mut() {
                Some(last) if cuts[*index] >> place & 1 == 1 => *last = format!("{last}.{segment}"),
                _ => keys.push(segment.to_owned()),
            }
        }
        let first = keys.remove(0);
        for key in keys.iter().rev() {
            text = if as_lists {
                format!("[{{{key:?}:{text}}}]")
            } else {
                format!("{{{key:?}:{text}}}")
            };
        }
        members.push((first, text));
    }
    merge(members)
}

/// Members of one object; values under an equal key become a list, as the same key twice would overtake.
fn merge(members: Vec<(String, String)>) -> String {
    let mut merged: Vec<(String, Vec<String>)> = Vec::new();
    for (key, text) in members {
        match merged.iter_mut().find(|(known, _)| *known == key) {
            Some((_, texts)) => texts.push(text),
            None => merged.push((key, vec![text])),
        }
    }
    let members = merged.iter().map(|(key, texts)| match texts.as_slice() {
        [one] => format!("{key:?}:{one}"),
        many => format!("{key:?}:[{}]", many.join(",")),
    });
    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
}

fn values() -> impl Strategy<Value = Vec<(usize, Vec<String>)>> {
    let leaves = prop::collection::vec(any::<String>(), 1..4);
    prop::collection::btree_map(0..PATHS.len(), leaves, 0..PATHS.len())
        .prop_map(|map| map.into_iter().collect())
}

proptest! {
    #[test]
    fn any_nesting_reads_the_same(
        values in values(),
        cuts in prop::array::uniform8(any::<u8>()),
        as_lists in any::<bool>(),
    ) {
        let mut builder = CatalogBuilder::new();
        let ids: Vec<Option<PathId>> = PATHS.iter().map(|path| builder.want(path, Want::Scalars).ok()).collect();
        let catalog = builder.build();
        let document = nest(&values, &cuts, as_lists);
        let reading = catalog.read(&document).map_err(|error| TestCaseError::fail(format!("{error}: {document}")))?;
        for (index, id) in ids.iter().enumerate() {
            let Some(id) = *id else { continue };
            let found: Vec<&str> = reading.scalars(id).iter().map(Scalar::as_text).collect();
            let expected = values.iter().find(|(known, _)| *known == index);
            let expected = expected.map_or(&[][..], |(_, leaves)| leaves.as_slice());
            prop_assert_eq!(found, expected, "{} in {}", PATHS[index], document);
        }
    }
}
