//! What counts as an Elastic alert, case by case.

use super::{PayloadError, read};

#[test]
fn what_an_elastic_alert_has_makes_it_one() {
    let bodies = [
        r#"{"kibana.alert.reason":"r"}"#,
        r#"{"kibana.alert":{"reason":"r"}}"#,
        r#"{"kibana":{"alert.reason":"r"}}"#,
        r#"{"kibana":[{"alert":{"reason":["r"]}}]}"#,
        r#"{"signal":{"rule":{"name":"r"}}}"#,
        r#"{"signal":{},"event":{"kind":"signal"}}"#,
        r#"{"event":{"kind":"alert","module":"endpoint"},"file":{"name":"f"}}"#,
        r#"{"event.kind":["alert"]}"#,
        r#"{"_index":".alerts-security.alerts-default","_id":"1"}"#,
        r#"{"rule":{"name":"r","id":"1"},"alert":{"id":"2"},"date":"d"}"#,
        r#"{"rule":{"name":"r"},"alertId":"1","context":{"results_link":"l"}}"#,
        r#"{"rule":{"name":"r"},"severity":"high","host":"h"}"#,
        r#"{"rule":{"name":"r"},"alerts":[{"source":{"ip":"192.0.2.1"}}]}"#,
        r#"{"rule.name":"r","alerts":[{"@timestamp":"t"}]}"#,
        r#"{"rule":{"name":"r"},"context":{"hits":[{"_index":"logs","_id":"1","_source":{"a":1}}]}}"#,
        r#"{"kibana.alert.reason":"r","data":{"x":1},"body":"{}","alerts":[5]}"#,
    ];
    for body in bodies {
        let payload = read(body).unwrap_or_else(|error| panic!("{body}: {error}"));
        assert_eq!(payload.documents.len(), 1, "{body}");
        assert!(payload.rejected.is_empty(), "{body}");
    }
}

#[test]
fn what_any_document_may_have_does_not() {
    let bodies = [
        r#"{"test":"value"}"#,
        r#"{"rule":"r","severity":"high","host":"h"}"#,
        r#"{"rule":{"name":"r"},"host":"h"}"#,
        r#"{"rule":{"ruleset":"x"},"severity":"high"}"#,
        r#"{"signal":"SIGTERM"}"#,
        r#"{"signal":{},"kibana":{}}"#,
        r#"{"kibana":{"version":"9"}}"#,
        r#"{"kibana.version":"9","kibana.alert.reason":""}"#,
        r#"{"event":{"kind":"event"}}"#,
        r#"{"message":{"kibana":{"alert":{"uuid":"deeper"}}}}"#,
        r#"{"hits":{"hits":[{"_index":"logs","_id":"1","_source":{"a":1}}]}}"#,
        r#"{"data":{"x":1}}"#,
        r#"{"alerts":4}"#,
        r#"{"alerts":["none"]}"#,
        r#"{"rule":{"name":"r"},"alerts":[{"foo":"bar"}]}"#,
        r#"{"a":{"kibana.alert.uuid":"1"}}"#,
        "5",
        "null",
        r#""hello""#,
        r#""{\"kibana.alert.uuid\":""#,
    ];
    for body in bodies {
        let refused = read(body);
        assert!(
            matches!(refused, Err(PayloadError::NotAnAlert { .. })),
            "{body}: {refused:?}"
        );
    }
}

#[test]
fn a_list_of_alerts_is_opened_even_in_what_looks_like_an_alert() {
    let body = r#"{"kibana.alert.rule.name":"r","context":{"alerts":[{"kibana.alert.uuid":"1"},{"kibana.alert.uuid":"2"}]}}"#;
    assert_eq!(read(body).unwrap().documents.len(), 2);
}

#[test]
fn envelopes_are_opened_to_a_bounded_depth() {
    let nested = |levels: usize| {
        format!(
            "{}{{\"signal.x\":1}}{}",
            "{\"data\":".repeat(levels),
            "}".repeat(levels)
        )
    };
    assert_eq!(read(&nested(5)).unwrap().documents.len(), 1);
    assert!(matches!(
        read(&nested(9)),
        Err(PayloadError::NotAnAlert { .. })
    ));
}
