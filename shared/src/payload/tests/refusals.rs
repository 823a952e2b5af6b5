//! A refused body says where, why, and on which side of the line between unreadable and no alert it is.

use super::super::read as read_within;
use super::{Limits, PayloadError, read};

#[test]
fn a_truncated_body_is_refused_with_its_position() {
    let cases = [
        ("{\"signal.x\":\"cut", 1, 16, "EOF while parsing a string"),
        ("{\n  \"signal.x\": 1,\n  \"y\" 2\n}", 3, 7, "expected `:`"),
        ("{\"a\":1}\n{\"b\":}x", 2, 6, "expected value"),
        ("plain words", 1, 1, "expected value"),
        (",", 1, 1, "expected value"),
    ];
    for (body, at_line, at_column, said) in cases {
        let Err(PayloadError::InvalidJson {
            line,
            column,
            detail,
        }) = read(body)
        else {
            panic!("{body} was read")
        };
        assert_eq!(
            (line, column, detail.as_str()),
            (at_line, at_column, said),
            "{body}"
        );
    }
}

#[test]
fn a_template_error_is_told_from_broken_json() {
    let body = "error rendering mustache template \"{{#context.alerts}}\": Unclosed section";
    let refused = read(body).unwrap_err();
    assert_eq!(
        refused,
        PayloadError::TemplateError {
            detail: "Unclosed section".to_owned()
        }
    );
    assert_eq!(
        (refused.reason(), refused.is_unreadable()),
        ("template_error", true)
    );
}

#[test]
fn a_body_of_white_space_is_empty() {
    for body in ["", " \r\n\t", "\u{feff}", "\u{feff}\n"] {
        assert_eq!(read(body), Err(PayloadError::Empty), "{body:?}");
    }
}

#[test]
fn depth_is_refused_past_the_limit_and_not_before() {
    let deep = |levels: usize| {
        format!(
            "{{\"signal.x\":{}{}}}",
            "[".repeat(levels),
            "]".repeat(levels)
        )
    };
    assert!(read(&deep(126)).is_ok());
    assert!(serde_json::from_str::<serde_json::Value>(&deep(126)).is_ok());
    assert_eq!(
        read(&deep(127)),
        Err(PayloadError::TooDeep {
            depth: 128,
            limit: 127
        })
    );
    let quoted = format!("{{\"signal.x\":\"{}\"}}", "[{\\\"".repeat(500));
    assert!(read(&quoted).is_ok(), "brackets in strings are no levels");
}

#[test]
fn more_documents_than_allowed_are_refused() {
    let limits = Limits {
        documents: 3,
        ..Limits::default()
    };
    let body = |count: usize| format!("[{}]", vec!["{\"signal.x\":1}"; count].join(","));
    assert!(read_within(body(3).as_bytes(), limits).is_ok());
    for body in [
        body(4),
        body(4).replace(['[', ']', ','], " "),
        "[1,2,3,4]".to_owned(),
        "1 2 3 4 5 6 7".to_owned(),
    ] {
        assert_eq!(
            read_within(body.as_bytes(), limits),
            Err(PayloadError::TooManyDocuments { limit: 3 }),
            "{body}"
        );
    }
}
