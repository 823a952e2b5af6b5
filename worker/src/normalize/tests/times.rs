//! Which time stands in for which.

use serde_json::{Value, json};
use time::macros::datetime;

use super::{normalize, normalize_with, notes};
use crate::fields::PathError;
use crate::normalize::NormalizeInput;

/// A document, the day it gives, and what is noted.
type Case = (&'static str, Value, &'static str, &'static [&'static str]);

fn stand_ins() -> [Case; 8] {
    [
        (
            "at",
            json!({"@timestamp": "2024-01-02T00:00:00Z", "timestamp": 0}),
            "2024-01-02",
            &[],
        ),
        (
            "plain",
            json!({"timestamp": "2024-01-03T00:00:00Z"}),
            "2024-01-03",
            &["occurred_at_from_timestamp"],
        ),
        (
            "a bucket's time is not the alert's",
            json!({"timestamp": 1_704_240_000_000_u64, "job_id": "j", "kibana.alert.start": "2024-01-04T00:00:00Z"}),
            "2024-01-04",
            &["occurred_at_from_start"],
        ),
        (
            "unreadable",
            json!({"@timestamp": "soon", "kibana.alert.start": ["2024-01-04T00:00:00Z"]}),
            "2024-01-04",
            &["timestamp_unreadable", "occurred_at_from_start"],
        ),
        (
            "original",
            json!({"kibana.alert.original_time": 1_704_412_800_000_u64}),
            "2024-01-05",
            &["occurred_at_from_original_time"],
        ),
        (
            "original, legacy",
            json!({"signal": {"original_time": ["1704412800000"]}}),
            "2024-01-05",
            &["occurred_at_from_original_time"],
        ),
        (
            "out of range",
            json!({"@timestamp": "0001-01-01T00:00:00Z", "kibana.alert.start": "2024-01-04"}),
            "2024-01-04",
            &[
                "timestamp_out_of_range",
                "timestamp_without_zone",
                "occurred_at_from_start",
            ],
        ),
        ("nothing", json!({}), "", &["occurred_at_missing"]),
    ]
}

#[test]
fn a_missing_timestamp_is_stood_in_for_in_order_and_said() {
    for (case, document, day, expected) in stand_ins() {
        let alert = normalize(&document);
        assert_eq!(
            alert
                .occurred_at
                .map(|at| at.date().to_string())
                .unwrap_or_default(),
            day,
            "{case}"
        );
        let noted: Vec<_> = notes(&alert)
            .into_iter()
            .filter(|note| note.contains("time") || note.contains("occurred"))
            .collect();
        assert_eq!(noted, expected, "{case}");
        assert!(!alert.occurred_at_estimated, "{case}");
    }
}

#[test]
fn the_time_of_receipt_is_the_last_resort_and_marked_as_estimated() -> Result<(), PathError> {
    let received_at = Some(datetime!(2024-05-06 09:08:07 +2));
    let input = NormalizeInput {
        received_at,
        ..NormalizeInput::default()
    };
    let alert = normalize_with("{}", input)?;
    assert_eq!(
        (alert.occurred_at, alert.occurred_at_estimated),
        (received_at, true)
    );
    assert!(notes(&alert).contains(&"occurred_at_from_receipt"));
    let alert = normalize_with(r#"{"@timestamp": "2024-01-02T00:00:00Z"}"#, input)?;
    assert!(!alert.occurred_at_estimated);
    Ok(())
}

#[test]
fn the_start_of_the_alert_is_never_the_events_time() {
    let alert = normalize(
        &json!({"@timestamp": "2024-01-02T00:00:00Z", "kibana.alert.start": "2024-01-04T00:00:00Z"}),
    );
    assert_eq!(alert.event_time, None);
}

#[test]
fn times_are_serialized_as_rfc_3339_in_utc() -> Result<(), serde_json::Error> {
    let alert = normalize(&json!({"@timestamp": "2024-01-02T03:04:05.600+0100"}));
    let value = serde_json::to_value(alert)?;
    assert_eq!(
        (&value["occurred_at"], &value["event_time"]),
        (&json!("2024-01-02T02:04:05.6Z"), &json!(null))
    );
    Ok(())
}
