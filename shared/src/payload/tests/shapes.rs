//! Every way of putting alerts into a body gives the same alerts, in order, whole.

use std::borrow::Cow;

use super::render::{MANY, ONE, SPELLINGS, Spelling, alert};
use super::{ids, mends, read};

#[test]
fn every_shape_gives_each_alert_once_and_in_order() {
    for (name, shape) in MANY {
        for spelling in SPELLINGS {
            let alerts: Vec<_> = ["b", "a", "c"].map(|id| alert(spelling, id, "m")).into();
            let body = shape(&alerts);
            let payload =
                read(&body).unwrap_or_else(|error| panic!("{name}, {spelling:?}: {error}"));
            assert_eq!(ids(&payload), ["b", "a", "c"], "{name}, {spelling:?}");
            assert!(payload.rejected.is_empty(), "{name}, {spelling:?}");
            let texts: Vec<_> = payload
                .documents
                .iter()
                .map(|document| &*document.text)
                .collect();
            assert_eq!(texts, alerts, "{name}, {spelling:?}");
        }
    }
}

#[test]
fn every_shape_of_a_single_alert_gives_it() {
    for (name, shape) in ONE.iter().chain(&MANY) {
        for spelling in SPELLINGS {
            let body = shape(&[alert(spelling, "x", "m")]);
            let payload =
                read(&body).unwrap_or_else(|error| panic!("{name}, {spelling:?}: {error}"));
            assert_eq!(ids(&payload), ["x"], "{name}, {spelling:?}");
        }
    }
}

#[test]
fn a_clean_body_is_borrowed_and_names_no_mend() {
    for (name, shape) in [MANY[0], MANY[1], MANY[2], MANY[5], MANY[7], MANY[8], ONE[0]] {
        let body = shape(&[alert(Spelling::Hit, "x", "a \"quoted\" \\ path")]);
        let payload = read(&body).unwrap();
        assert_eq!(mends(&payload), [""; 0], "{name}");
        let borrowed = payload
            .documents
            .iter()
            .all(|document| matches!(document.text, Cow::Borrowed(_)));
        assert!(borrowed, "{name}");
    }
}

#[test]
fn a_hit_keeps_its_frame_and_names_its_alert() {
    let source = read(r#"{"_index":"i","_id":"1","_source":{"signal":{"status":"open"}},"fields":{"signal.status":["open"]}}"#).unwrap();
    let document = &source.documents[0];
    assert_eq!(document.alert_text(), r#"{"signal":{"status":"open"}}"#);
    assert!(document.text.starts_with(r#"{"_index""#));
    assert_eq!(
        (document.id.as_deref(), document.index.as_deref()),
        (Some("1"), Some("i"))
    );

    let fields = read(r#"{"_id":"1","_source":{},"fields":{"signal.status":["open"]}}"#).unwrap();
    assert_eq!(
        fields.documents[0].alert_text(),
        r#"{"signal.status":["open"]}"#
    );
}

#[test]
fn the_uuid_names_an_alert_before_its_hit_does() {
    let payload = read(r#"{"_id":"hit","_source":{"kibana":{"alert.uuid":["own"]}}}"#).unwrap();
    assert_eq!(payload.documents[0].elastic_id().as_deref(), Some("own"));
}

#[test]
fn the_innermost_rule_stands_beside_the_alerts() {
    let body = r#"{"rule":{"name":"outer"},"context":{"rule":{"name":"inner"},"alerts":[{"signal.status":"open"}]}}"#;
    assert_eq!(
        read(body).unwrap().documents[0].rule.as_deref(),
        Some(r#"{"name":"inner"}"#)
    );
    let body = r#"{"rule.name":"dotted","rule.tags":["a"],"alerts":[{"signal.status":"open"}]}"#;
    assert_eq!(
        read(body).unwrap().documents[0].rule.as_deref(),
        Some(r#"{"name":"dotted","tags":["a"]}"#)
    );
}

#[test]
fn a_bulk_line_gives_the_next_document_its_id() {
    let body = "{\"create\":{\"_index\":\"i\",\"_id\":\"7\"}}\n{\"signal\":{\"status\":\"open\"}}\n{\"index\":{}}\n{\"signal\":{\"status\":\"closed\"}}\n";
    let payload = read(body).unwrap();
    assert_eq!(ids(&payload), ["7", "-"]);
    assert_eq!(payload.documents[0].index.as_deref(), Some("i"));
}

#[test]
fn the_same_alert_twice_counts_once_by_id_else_by_text() {
    let cases = [
        (
            r#"[{"kibana.alert.uuid":"1"},{"kibana":{"alert":{"uuid":"1"}},"more":2}]"#,
            1,
        ),
        (
            r#"[{"_id":"1","signal.status":"a"},{"_id":"1","signal.status":"b"}]"#,
            1,
        ),
        (
            r#"[{"signal.status":"a"},{"signal.status":"a"},{"signal.status":"b"}]"#,
            2,
        ),
        (
            r#"[{"_id":"1","kibana.alert.uuid":"2"},{"_id":"1","kibana.alert.uuid":"3"}]"#,
            2,
        ),
    ];
    for (body, count) in cases {
        assert_eq!(read(body).unwrap().documents.len(), count, "{body}");
    }
}

#[test]
fn an_envelope_without_alerts_is_read_as_none() {
    let bodies = [
        "[]",
        r#"{"alerts":[]}"#,
        r#"{"alerts": [ ] }"#,
        r#"{"alerts":""}"#,
        r#"{"alerts":}"#,
        r#"{"alerts":null,"rule":{"name":"r"}}"#,
        r#"{"context":{"alerts":[]}}"#,
        r#"{"rule":{"name":"r","id":"1"},"alertId":"1","context":{"alerts":[],"rule":{"name":"r"}}}"#,
        r#"{"hits":{"total":{"value":0},"hits":[]}}"#,
        r#"{"alerts":{"new":{"count":0,"data":[]},"recovered":{"count":1,"data":[{"kibana.alert.uuid":"1"}]}}}"#,
        r#"{"alerts":{"recovered":{"count":1,"data":[{"kibana.alert.uuid":"1"}]}}}"#,
    ];
    for body in bodies {
        let payload = read(body).unwrap_or_else(|error| panic!("{body}: {error}"));
        assert!(
            payload.documents.is_empty() && payload.rejected.is_empty(),
            "{body}"
        );
    }
}
