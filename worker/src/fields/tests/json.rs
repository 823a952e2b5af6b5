//! The reader and serde_json agree on what is JSON, on any text; depth is bounded and time linear.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use serde::de::IgnoredAny;

use crate::fields::{Catalog, CatalogBuilder, MAX_DEPTH, ReadError, Scalar, Want};

fn catalog() -> Catalog {
    let mut builder = CatalogBuilder::new();
    for path in ["a", "a.b", "a.b.c", "b", "*.c", "a.*.*.a"] {
        assert!(builder.want(path, Want::Scalars).is_ok());
        assert!(builder.want(path, Want::Subtree).is_ok());
    }
    builder.build()
}

/// Text that is JSON, nearly JSON, or neither.
fn texts() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        " ",
        "\n",
        "\"a\"",
        "\"b\"",
        "\"a.b\"",
        "\"c",
        "\"",
        "\\",
        "\\n",
        "\\u00",
        "41",
        "\\ud800",
        "0",
        "-",
        "1",
        ".",
        "e",
        "E+",
        "true",
        "false",
        "null",
        "tru",
        "\u{1}",
        "é",
        "\u{feff}",
        "\"a\":",
        "\"b\":",
        "{\"a\":",
        "12345678",
        "\"long enough text\"",
    ]);
    prop_oneof![
        prop::collection::vec(pieces, 0..24).prop_map(|pieces| pieces.concat()),
        any::<String>()
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]
    #[test]
    fn json_is_what_serde_json_takes(text in texts()) {
        let expected = serde_json::from_str::<IgnoredAny>(&text);
        let found = catalog().read(&text);
        prop_assert_eq!(found.is_ok(), expected.is_ok(), "{:?} {:?}", found, expected);
        let skipped = CatalogBuilder::new().build().read(&text);
        prop_assert_eq!(skipped.is_ok(), expected.is_ok(), "{:?} {:?}", skipped, expected);
    }

    #[test]
    fn text_reads_as_serde_json_reads_it(text in any::<String>(), number in any::<f64>()) {
        let value = serde_json::json!({"a": [text], "b": number});
        let document = value.to_string();
        let mut builder = CatalogBuilder::new();
        let (a, b) = (builder.want("a", Want::Scalars).ok(), builder.want("b", Want::Scalars).ok());
        let catalog = builder.build();
        let reading = catalog.read(&document).ok();
        let first = |id| reading.as_ref().and_then(|reading| reading.scalars(id?).first());
        prop_assert_eq!(first(a).map(Scalar::as_text), value["a"][0].as_str());
        if !number.is_nan() && !number.is_infinite() {
            prop_assert_eq!(first(b).map(|scalar| scalar.as_text().to_owned()), Some(value["b"].to_string()));
        }
    }
}

#[test]
fn depth_is_refused_at_the_limit_not_overflowed() {
    let nested = |open: &str, close: &str, levels: usize| {
        format!("{}1{}", open.repeat(levels), close.repeat(levels))
    };
    for (open, close) in [
        ("[", "]"),
        ("{\"a\":", "}"),
        ("{\"x\":", "}"),
        ("{\"a.b\":[", "]}"),
    ] {
        let levels = MAX_DEPTH / (close.len());
        assert!(
            catalog().read(&nested(open, close, levels)).is_ok(),
            "{open}"
        );
        let deeper = nested(open, close, levels + 1);
        assert!(
            matches!(catalog().read(&deeper), Err(ReadError::TooDeep { .. })),
            "{open}"
        );
        assert!(catalog().read(&open.repeat(1_000_000)).is_err(), "{open}");
    }
}

/// Shapes meant to hurt, of about `size` bytes.
fn hostile(size: usize) -> Vec<(&'static str, String)> {
    let many = |one: &dyn Fn(usize) -> String| {
        let mut text = String::from("{");
        let mut count = 0;
        while text.len() < size {
            let separator = if count > 0 { "," } else { "" };
            assert!(write!(text, "{separator}{}", one(count)).is_ok());
            count += 1;
        }
        text + "}"
    };
    vec![
        (
            "one key again and again",
            many(&|_| r#""a.b":1"#.to_owned()),
        ),
        (
            "wildcard keys and equal keys",
            many(&|i| format!(r#""k{i}.c":1,"a.b":[{{"c":1}}]"#)),
        ),
        ("unknown keys", many(&|i| format!(r#""k{i}":{{"b":1}}"#))),
        ("dots", many(&|_| format!(r#""{}":1"#, "a.".repeat(500)))),
        (
            "escapes",
            format!(r#"{{"a":"{}"}}"#, r"\u0041\n".repeat(size / 8)),
        ),
        (
            "small values",
            format!(r#"{{"a":[{}1]}}"#, "1,".repeat(size / 2)),
        ),
        (
            "nested doubles",
            many(&|_| r#""a":{"b":{"c":1},"b":{"c":[1,2]}}"#.to_owned()),
        ),
    ]
}

#[test]
fn a_hostile_mebibyte_is_read_in_a_fraction_of_what_a_quadratic_reader_needs() {
    // Linear, each takes a tenth of a second unoptimized; quadratic, ten seconds. A busy machine gets three tries.
    let (catalog, limit) = (catalog(), Duration::from_secs(4));
    for (case, document) in hostile(1 << 20) {
        let in_time = |_| {
            let start = Instant::now();
            assert!(catalog.read(&document).is_ok(), "{case}");
            start.elapsed() < limit
        };
        assert!((0..3).any(in_time), "{case} takes longer than {limit:?}");
    }
}
