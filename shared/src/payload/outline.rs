//! Checks an object and finds its members in one pass, where a check and a walk would be two.
//! Of objects with an ordinary number of members only, so that a hostile one takes no memory.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde_json::value::RawValue;

/// Ten times what an alert has.
const MOST_MEMBERS: usize = 1_000;

/// Key and value of one member; the value as it stands in the text.
pub(super) type Member<'t> = (Cow<'t, str>, &'t str);

/// The object at the start of a text.
pub(super) struct Outline<'t> {
    /// Its text.
    pub(super) object: &'t str,
    /// In document order, duplicates included.
    pub(super) members: Vec<Member<'t>>,
}

/// Reads the object at the start of a text, whatever follows it. `None` for anything but strict JSON of an
/// object with not too many members.
pub(super) fn outline(text: &str) -> Option<Outline<'_>> {
    if !text.starts_with('{') {
        return None;
    }
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Members<'_>>();
    let Members(members) = values.next()?.ok()?;
    let object = text.get(..values.byte_offset())?;
    Some(Outline { object, members })
}

struct Members<'t>(Vec<Member<'t>>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::with_capacity(64);
        while let Some(Key(key)) = map.next_key()? {
            if members.len() == MOST_MEMBERS {
                return Err(A::Error::custom("too many members"));
            }
            members.push((key, map.next_value::<&RawValue>()?.get()));
        }
        Ok(Members(members))
    }
}

/// A key, borrowed unless it has escapes.
#[derive(Deserialize)]
#[serde(transparent)]
struct Key<'t>(#[serde(borrow)] Cow<'t, str>);

#[cfg(test)]
mod tests {
    use super::super::walk::members;
    use super::*;

    #[test]
    fn an_outline_has_what_a_walk_finds_and_ends_where_the_object_does() {
        let object = r#"{ "a" : 1e999 , "b\"\u00e9" : [{"c": "}"}], "a":{"d" :null},"":"" }"#;
        let text = format!("{object}\n{{}}");
        let found = outline(&text).map(|found| (found.object, found.members));
        assert_eq!(found, Some((object, members(object).collect())));
    }

    #[test]
    fn what_is_no_object_or_not_strict_or_too_large_has_no_outline() {
        let many = (0..=MOST_MEMBERS).map(|n| format!("\"{n}\":{n}"));
        let large = format!("{{{}}}", many.collect::<Vec<_>>().join(","));
        for text in [
            "[{}]",
            "1",
            r#"{"a":1,}"#,
            r#"{"a" 1}"#,
            r#"{"a":1"#,
            r#"{"\ud800":1}"#,
            &large,
        ] {
            assert!(outline(text).is_none(), "{text}");
        }
    }
}
