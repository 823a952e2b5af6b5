//! Each mend makes strict JSON of what it names, and touches nothing else.

use serde_json::Value;

use super::{ids, mends, read};

#[test]
fn each_mend_is_named_and_keeps_the_values() {
    let cases: [(&str, &[&str], &str); 13] = [
        ("\u{feff}{\"signal.x\":\"v\"}", &["byte_order_mark"], "v"),
        (
            "{\"signal.x\":\"v\"}\n{\"signal.x\":\"w\"}",
            &["value_stream"],
            "v",
        ),
        (
            "{\"signal.x\":\"v\"},{\"signal.x\":\"w\"}",
            &["comma_list"],
            "v",
        ),
        ("{\"signal.x\":\"v\"},", &["trailing_comma"], "v"),
        (
            "{\"signal.x\":\"v ,] ,}\",}",
            &["trailing_comma"],
            "v ,] ,}",
        ),
        ("[,{\"signal.x\":\"v\"},,]", &["trailing_comma"], "v"),
        (
            "{\"signal.x\":\"v\",\"port\":,\"end\": }",
            &["missing_value"],
            "v",
        ),
        (
            "{\"signal.x\":\"a\nb\tc\u{1}\"}",
            &["control_character"],
            "a\nb\tc\u{1}",
        ),
        (
            r#"{"signal.x":"C:\Windows\System32\\x"}"#,
            &["invalid_escape"],
            r"C:\Windows\System32\x",
        ),
        (
            r#"{"signal.x":"a\ud83d b \udc00\ud83d\ude00"}"#,
            &["lone_surrogate"],
            "a\u{fffd} b \u{fffd}\u{1f600}",
        ),
        (r#""{\"signal.x\":\"v\"}""#, &["json_in_string"], "v"),
        (
            "{&quot;signal.x&quot;:&quot;a &amp;quot; &#39;&quot;}",
            &["html_entities"],
            "a &quot; '",
        ),
        (
            "{&quot;signal.x&quot;:&quot;v&quot;,}",
            &["html_entities", "trailing_comma"],
            "v",
        ),
    ];
    for (body, names, expected) in cases {
        let payload = read(body).unwrap_or_else(|error| panic!("{body}: {error}"));
        assert_eq!(mends(&payload), names, "{body}");
        let alert: Value = serde_json::from_str(payload.documents[0].alert_text()).unwrap();
        assert_eq!(alert["signal.x"], expected, "{body}");
    }
}

#[test]
fn bytes_that_are_no_utf_8_are_replaced() {
    let payload =
        super::super::read(b"{\"signal.x\":\"caf\xe9\"}", super::Limits::default()).unwrap();
    assert_eq!(mends(&payload), ["invalid_utf8"]);
    assert_eq!(
        payload.documents[0].alert_text(),
        "{\"signal.x\":\"caf\u{fffd}\"}"
    );
}

#[test]
fn what_is_valid_is_kept_as_it_stands() {
    let bodies = [
        r#"{"signal.x":"a\u0000b"}"#,
        r#"{"signal.x":1e400,"n":184467440737095516150000000000.5,"z":-0}"#,
        r#"{"signal.x":"&quot;"}"#,
        r#"{"signal.x":"1","signal.x":"2"}"#,
        r#"{"signal.x":"\ud83d\ude00 \\ud83d"}"#,
        r#"{"kibana\u002ealert.x":1}"#,
    ];
    for body in bodies {
        let payload = read(body).unwrap();
        assert_eq!(mends(&payload), [""; 0], "{body}");
        assert_eq!(payload.documents[0].text, body);
    }
}

#[test]
fn of_duplicate_keys_the_last_one_wins() {
    let payload =
        read(r#"{"_id":"1","_id":"2","_source":{"signal.x":1},"_source":{"signal.x":2}}"#).unwrap();
    assert_eq!(ids(&payload), ["2"]);
    assert_eq!(payload.documents[0].alert_text(), r#"{"signal.x":2}"#);
}
