//! Bytes made to hurt: a mebibyte of each finishes, on the small stack of a test thread, whatever it is answered.

use super::super::read;
use super::Limits;

const SIZE: usize = 1 << 20;

const PIECES: [&str; 37] = [
    "[",
    "{",
    "]",
    "}{",
    "{}",
    "{\"",
    "\"",
    ",",
    ":",
    "\\",
    "\\\"",
    "\"\\",
    "\"{",
    "\n",
    "1 ",
    "1,",
    "{},",
    "[[],",
    "&quot;",
    "&",
    "\u{1}",
    "{\"alerts\":",
    "{\"alerts\":[",
    "[{\"body\":",
    "{\"a\":\"\\ud83d\"}",
    "{\"signal.x\":1}\n{\n",
    "{\"signal.x\":1},[\n",
    "{\"index\":{}}\n",
    "{\"rule\":{\"name\":\"r\"},\"alerts\":[{\"id\":1}]}",
    "{\"alerts\":\"{",
    "\"\\\"\\\\\\\"",
    "{\"kibana\":",
    "\"alerts\":[],",
    "\\u0000",
    "\u{feff}",
    "{\"_id\":\"a\\n\",\"_source\":",
    "error rendering mustache template ",
];

#[test]
fn a_mebibyte_of_anything_finishes() {
    for piece in PIECES {
        let repeated = piece.repeat(SIZE / piece.len());
        let embedded = piece.repeat(SIZE / 16 / piece.len());
        for body in [
            repeated,
            format!("[{embedded}"),
            format!("{{\"alerts\":\"{embedded}\"}}"),
            format!("\"{embedded}"),
            format!("{{\"kibana.alert.uuid\":\"1\",\"x\":\"{embedded}"),
            format!("{{\"kibana.alert.uuid\":\"1\"}}\n{embedded}\n{{\"kibana.alert.uuid\":\"2\"}}"),
        ] {
            if let Ok(payload) = read(body.as_bytes(), Limits::default()) {
                let held: usize = payload
                    .documents
                    .iter()
                    .map(|document| document.text.len())
                    .sum();
                assert!(
                    held <= 4 * body.len(),
                    "{piece:?} grows from {} to {held}",
                    body.len()
                );
            }
        }
    }
}

#[test]
fn many_documents_share_one_rule() {
    let rule = "r".repeat(SIZE);
    let alerts = vec!["{\"id\":1}"; 5_000].join(",");
    let body = format!(
        "{{\"rule\":{{\"name\":\"{rule}\"}},\"alerts\":[{alerts},{{\"id\":\"\\ud83d\"}}]}}"
    );
    let payload = read(body.as_bytes(), Limits::default()).unwrap();
    assert_eq!(payload.documents.len(), 2);
    let rules: Vec<_> = payload
        .documents
        .iter()
        .filter_map(|document| document.rule.as_ref())
        .collect();
    assert!(std::sync::Arc::ptr_eq(rules[0], rules[1]));
}

#[test]
fn strings_inside_strings_are_decoded_a_fixed_number_of_times() {
    let mut body = "{\"kibana.alert.uuid\":\"1\"}".to_owned();
    for _ in 0..2 {
        body = serde_json::json!({ "body": body }).to_string();
    }
    assert!(read(body.as_bytes(), Limits::default()).is_ok());
    body = serde_json::json!({ "body": body }).to_string();
    assert!(read(body.as_bytes(), Limits::default()).is_err());
}
