//! One case a shape: dotted, nested, split, lists, arrays of objects, wildcards, subtrees, doubled keys.

use crate::fields::{CatalogBuilder, PathError, PathId, ReadError, Scalar, Want};

/// The values at one path, as text.
fn read(path: &str, document: &str) -> Result<Vec<String>, ReadError> {
    let mut builder = CatalogBuilder::new();
    let id = builder
        .want(path, Want::Scalars)
        .unwrap_or(PathId(u16::MAX));
    let catalog = builder.build();
    let reading = catalog.read(document)?;
    Ok(reading
        .scalars(id)
        .iter()
        .map(|scalar| scalar.as_text().to_owned())
        .collect())
}

#[test]
fn a_path_is_found_in_every_spelling() -> Result<(), ReadError> {
    let cases = [
        ("dotted", r#"{"a.b.c": "x"}"#, &["x"][..]),
        ("nested", r#"{"a": {"b": {"c": "x"}}}"#, &["x"]),
        ("split early", r#"{"a": {"b.c": "x"}}"#, &["x"]),
        ("split late", r#"{"a.b": {"c": "x"}}"#, &["x"]),
        (
            "beside a scalar parent",
            r#"{"a.b": "p", "a.b.c": "x"}"#,
            &["x"],
        ),
        ("a list", r#"{"a.b.c": ["x", ["y", 1]]}"#, &["x", "y", "1"]),
        (
            "a list of objects",
            r#"{"a": [{"b": {"c": "x"}}, {"b.c": ["y"]}, 3]}"#,
            &["y", "x"],
        ),
        (
            "dotted before nested",
            r#"{"a": {"b": {"c": "z"}, "b.c": "y"}, "a.b.c": "x"}"#,
            &["x", "y", "z"],
        ),
        (
            "escaped keys",
            "{\"\\u0061.b\": {\"\\u0063\": \"x\"}}",
            &["x"],
        ),
        (
            "null is no value",
            r#"{"a.b.c": [null, true, ""]}"#,
            &["true", ""],
        ),
        (
            "longer and shorter keys",
            r#"{"a.b": "p", "a.b.c.d": "q", "a.b.cc": 1, "a.bc": 2}"#,
            &[],
        ),
        (
            "odd dots",
            r#"{"a..b.c": 1, ".a.b.c": 2, "a.b.c.": 3, "": 4, ".": 5}"#,
            &[],
        ),
        ("any root", r#"[{"a.b.c": 1}, {"a.b.c": 2}]"#, &["1", "2"]),
    ];
    for (case, document, expected) in cases {
        assert_eq!(read("a.b.c", document)?, expected, "{case}");
    }
    Ok(())
}

#[test]
fn the_last_of_two_equal_keys_wins_with_all_below_it() -> Result<(), ReadError> {
    let cases = [
        (r#"{"a": 1, "a": 2}"#, "a", &["2"][..]),
        (r#"{"a": 1, "a": null}"#, "a", &[]),
        (r#"{"a": {"b": 1}, "a.b": 5, "a": {"c": 2}}"#, "a.b", &["5"]),
        (r#"{"a.b": 1, "a": {"b": 2}, "a.b": 3}"#, "a.b", &["3", "2"]),
        (
            r#"{"a": {"x": {"b": 1}, "y": {"b": 2}, "x": {"b": 3}}}"#,
            "a.*.b",
            &["2", "3"],
        ),
        (r#"{"a": [{"b": 1}, {"b": 2}]}"#, "a.b", &["1", "2"]),
    ];
    for (document, path, expected) in cases {
        assert_eq!(read(path, document)?, expected, "{path} in {document}");
    }
    Ok(())
}

#[test]
fn a_wildcard_is_exactly_one_segment() -> Result<(), ReadError> {
    let document = r#"{"p": {"api.0.md5": "x", "api": {"k": {"md5": "y"}, "md5": "no", "a.b": {"md5": "no"}}}}"#;
    assert_eq!(read("p.api.*.md5", document)?, ["x", "y"]);
    Ok(())
}

#[test]
fn numbers_keep_their_text() -> Result<(), ReadError> {
    let document = r#"{"n": [18446744073709551616, 1e400, -0, 123456789012345678901234567890.0]}"#;
    let numbers = [
        "18446744073709551616",
        "1e400",
        "-0",
        "123456789012345678901234567890.0",
    ];
    assert_eq!(read("n", document)?, numbers);
    Ok(())
}

#[test]
fn escapes_are_resolved_and_half_surrogates_replaced() -> Result<(), ReadError> {
    let document = r#"{"s": ["a\"\\\/\b\f\n\r\t\u0041\u0000", "\ud83d\ude00", "\ud83d!", "\ude00\ud83d", "\ud83d\u0041"]}"#;
    let texts = [
        "a\"\\/\u{8}\u{c}\n\r\tA\0",
        "\u{1F600}",
        "\u{FFFD}!",
        "\u{FFFD}\u{FFFD}",
        "\u{FFFD}A",
    ];
    assert_eq!(read("s", document)?, texts);
    Ok(())
}

#[test]
#[expect(clippy::unwrap_used, reason = "a failing read is a failing test")]
fn a_subtree_is_kept_as_written_beside_its_own_leaves() {
    let mut builder = CatalogBuilder::new();
    let threat = builder.want("threat", Want::Subtree).unwrap();
    let objects = builder.want("threat", Want::Objects).unwrap();
    let names = builder.want("threat.name", Want::Scalars).unwrap();
    let catalog = builder.build();
    let reading = catalog
        .read(r#"{"threat": [ {"name": "x"}, null ], "q": {"threat": 1}}"#)
        .unwrap();
    assert_eq!(reading.subtrees(threat), [r#"[ {"name": "x"}, null ]"#]);
    assert_eq!(reading.subtrees(objects), [r#"{"name": "x"}"#]);
    assert_eq!(reading.scalars(names), [Scalar::Text("x".into())]);
    assert_eq!(
        catalog
            .read(r#"{"threat": null}"#)
            .unwrap()
            .subtrees(threat),
        [""; 0]
    );
}

#[test]
fn a_path_asked_for_twice_has_one_id() -> Result<(), PathError> {
    let mut builder = CatalogBuilder::new();
    let first = builder.want("a.b", Want::Scalars)?;
    assert_eq!(builder.want("a.b", Want::Scalars)?, first);
    let other = builder.want("a.b", Want::Subtree)?;
    assert_ne!(other, first);
    assert_eq!(builder.build().path(other), "a.b");
    Ok(())
}

#[test]
fn a_path_nothing_can_match_is_refused() {
    let deep = vec!["a"; 33].join(".");
    for path in ["", ".", "a..b", ".a", "a.", "a.b*", deep.as_str()] {
        assert!(
            CatalogBuilder::new().want(path, Want::Scalars).is_err(),
            "{path:?}"
        );
    }
}
