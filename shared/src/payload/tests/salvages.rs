//! Good documents of a mixed body are accepted, and the bad ones are named with their text.

use super::super::RejectedReason;
use super::{ids, mends, read};

#[test]
fn elements_that_are_no_alert_are_rejected_by_themselves() {
    let payload = read(r#"{"alerts":[{"kibana.alert.uuid":"1"},{"foo":1},7,"x","{\"cut\":",{"kibana.alert.uuid":"2"}]}"#).unwrap();
    assert_eq!(ids(&payload), ["1", "2"]);
    let rejected: Vec<_> = payload
        .rejected
        .iter()
        .map(|part| (part.position, part.reason.name(), &*part.text))
        .collect();
    assert_eq!(
        rejected,
        [
            (1, "not_an_alert", r#"{"foo":1}"#),
            (2, "not_an_object", "7"),
            (3, "not_an_object", r#""x""#),
            (4, "invalid_json", r#""{\"cut\":""#),
        ]
    );
}

#[test]
fn a_broken_line_does_not_cost_the_others() {
    let body = "{\"index\":{\"_id\":\"1\"}}\n{\"signal.x\":1}\n{\"signal.x\":\"cut\n\n{\"index\":{\"_id\":\"3\"}}\n{\"signal.x\":3}\n";
    let payload = read(body).unwrap();
    assert_eq!(ids(&payload), ["1", "3"]);
    assert_eq!(payload.rejected.len(), 1);
    assert_eq!(payload.rejected[0].reason, RejectedReason::InvalidJson);
    assert_eq!(payload.rejected[0].text, "{\"signal.x\":\"cut");
    assert!(mends(&payload).contains(&"salvaged"));
}

#[test]
fn a_tail_that_was_cut_off_does_not_cost_what_came_before() {
    let payload =
        read(r#"{"kibana.alert.uuid":"1"}{"kibana.alert.uuid":"2"}{"kibana.alert.uu"#).unwrap();
    assert_eq!(ids(&payload), ["1", "2"]);
    assert_eq!(payload.rejected[0].text, r#"{"kibana.alert.uu"#);
}

#[test]
fn lines_of_one_broken_document_are_not_taken_for_documents() {
    let pretty =
        "{\n  \"kibana.alert.uuid\": \"1\",\n  \"threat\": [\n    {\"id\": 1},\n    {\"id\": 2}\n";
    assert!(read(pretty).is_err());
}
