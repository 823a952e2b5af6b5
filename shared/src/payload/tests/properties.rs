//! What holds for all alerts and all bytes: equal ids whatever the shape, no panic, and only strict JSON handed on.

use std::collections::BTreeMap;

use proptest::collection::{btree_set, vec};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::value::RawValue;

use super::super::read;
use super::render::{MANY, SPELLINGS, Spelling, alert, message};
use super::{Limits, ids};

fn spelled() -> impl Strategy<Value = Vec<(Spelling, String, String)>> {
    (
        btree_set("[a-f0-9]{1,12}", 1..6),
        vec((select(&SPELLINGS[..]), any::<String>()), 6),
    )
        .prop_map(|(ids, rest)| {
            ids.into_iter()
                .rev()
                .zip(rest)
                .map(|(id, (spelling, message))| (spelling, id, message))
                .collect()
        })
}

fn assert_strict(body: &[u8]) {
    let Ok(payload) = read(body, Limits::default()) else {
        return;
    };
    for document in &payload.documents {
        let alert = serde_json::from_str::<BTreeMap<String, &RawValue>>(document.alert_text());
        assert!(alert.is_ok(), "{alert:?}");
        assert!(serde_json::from_str::<&RawValue>(&document.text).is_ok());
        let rule = document.rule.as_deref().unwrap_or("{}");
        assert!(serde_json::from_str::<BTreeMap<String, &RawValue>>(rule).is_ok());
    }
}

proptest! {
    #[test]
    fn any_alerts_in_any_shape_give_the_same_ids_and_messages(alerts in spelled()) {
        let expected: Vec<_> = alerts.iter().map(|(_, id, _)| id.clone()).collect();
        let messages: Vec<_> = alerts.iter().map(|(_, _, message)| message.clone()).collect();
        let texts: Vec<_> = alerts.iter().map(|(spelling, id, message)| alert(*spelling, id, message)).collect();
        for (name, shape) in MANY {
            let body = shape(&texts);
            let payload = read(body.as_bytes(), Limits::default()).map_err(|error| TestCaseError::fail(format!("{name}: {error}")))?;
            prop_assert_eq!(ids(&payload), &expected[..], "{}", name);
            let read_messages: Vec<_> = payload.documents.iter().map(|document| message(document.alert_text())).collect();
            prop_assert_eq!(read_messages, &messages[..], "{}", name);
        }
    }

    #[test]
    fn no_bytes_make_it_panic(body in vec(any::<u8>(), 0..400)) {
        assert_strict(&body);
    }

    #[test]
    fn no_json_like_text_makes_it_panic(pieces in vec(select(&PIECES[..]), 0..40)) {
        assert_strict(pieces.concat().as_bytes());
    }

    #[test]
    fn no_mutation_of_a_good_body_makes_it_panic(
        alerts in spelled(),
        shape in select(&MANY[..]),
        edits in vec((any::<Index>(), any::<u8>(), 0..4u8), 1..6),
        cut in any::<Index>(),
        is_cut in any::<bool>(),
    ) {
        let texts: Vec<_> = alerts.iter().map(|(spelling, id, message)| alert(*spelling, id, message)).collect();
        let mut body = shape.1(&texts).into_bytes();
        for (at, byte, edit) in edits {
            let at = at.index(body.len());
            match edit {
                0 => body[at] = byte,
                1 => body.insert(at, byte),
                2 => body[at] = *b"{}[],:\"\\ \n&u".get(usize::from(byte) % 12).unwrap_or(&b'"'),
                _ => { body.remove(at); }
            }
            if body.is_empty() { break; }
        }
        if is_cut && !body.is_empty() {
            body.truncate(cut.index(body.len()));
        }
        assert_strict(&body);
    }
}

const PIECES: [&str; 32] = [
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "\\",
    "\n",
    " ",
    "\"a\"",
    "1",
    "-",
    "null",
    "true",
    "\\u",
    "\\ud83d",
    "d83d",
    "&quot;",
    "&amp;",
    "\u{feff}",
    "é",
    "\"signal.x\":1",
    "\"kibana\":{\"alert\":{\"uuid\":\"1\"}}",
    "\"alerts\":",
    "\"context\":",
    "\"body\":",
    "\"rule\":",
    "\"_source\":",
    "\"_id\":\"1\"",
    "{\"index\":{}}",
    "{\\\"",
];
