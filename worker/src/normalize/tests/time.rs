//! Every way of writing a time, and what is none.

use proptest::prelude::*;
use time::macros::datetime;

use crate::normalize::time::{TimeError, parse};

#[test]
fn every_way_of_writing_a_time_is_read() {
    let millis = datetime!(2022-04-04 12:15:41.594 UTC);
    let cases = [
        ("2022-04-04T12:15:41.594Z", millis, false),
        (" 2022-04-04t12:15:41.594z ", millis, false),
        ("2022-04-04T12:15:41.594+00:00", millis, false),
        ("2022-04-04T14:45:41.594+0230", millis, false),
        ("2022-04-04T10:15:41.594-02", millis, false),
        ("2022-04-04 12:15:41,594", millis, true),
        ("1649074541594", millis, false),
        ("1.649074541594E12", millis, false),
        ("1649074541.594", millis, false),
        ("1649074541", datetime!(2022-04-04 12:15:41 UTC), false),
        (
            "2022-04-04T12:15:41.5944062Z",
            datetime!(2022-04-04 12:15:41.594_406_2 UTC),
            false,
        ),
        (
            "2022-04-04T12:15:41.123456789Z",
            datetime!(2022-04-04 12:15:41.123_456_789 UTC),
            false,
        ),
        (
            "2022-04-04T12:15:41.1234567891234Z",
            datetime!(2022-04-04 12:15:41.123_456_789 UTC),
            false,
        ),
        ("2022-04-04T12:15Z", datetime!(2022-04-04 12:15 UTC), false),
        ("2022-04-04", datetime!(2022-04-04 0:00 UTC), true),
        (
            "2016-12-31T23:59:60Z",
            datetime!(2016-12-31 23:59:59.999_999_999 UTC),
            false,
        ),
    ];
    for (text, time, zoneless) in cases {
        let parsed = parse(text).map(|parsed| (parsed.time, parsed.zoneless));
        assert_eq!(parsed, Ok((time, zoneless)), "{text}");
    }
}

#[test]
fn what_is_no_time_of_an_event_is_refused_with_its_reason() {
    let cases = [
        ("", TimeError::Blank),
        (" ", TimeError::Blank),
        ("yesterday", TimeError::Unreadable),
        ("2022-02-30T00:00:00Z", TimeError::Unreadable),
        ("2022-04-04T25:00:00Z", TimeError::Unreadable),
        ("2022-04-04T12:15:41.Z", TimeError::Unreadable),
        ("2022-04-04T12:15:41Zulu", TimeError::Unreadable),
        ("2022-04-04T12:15:41+99:00", TimeError::Unreadable),
        ("12:15:41", TimeError::Unreadable),
        ("1.2.3", TimeError::Unreadable),
        ("true", TimeError::Unreadable),
        ("0001-01-01T00:00:00Z", TimeError::OutOfRange),
        ("1969-12-31T23:59:59Z", TimeError::OutOfRange),
        ("10000-01-01T00:00:00Z", TimeError::OutOfRange),
        ("+292278994-08-17T07:12:55.807Z", TimeError::OutOfRange),
        ("-0001-01-01T00:00:00Z", TimeError::OutOfRange),
        ("9999-12-31T23:59:59-01:00", TimeError::OutOfRange),
        ("0", TimeError::OutOfRange),
        ("1e400", TimeError::OutOfRange),
        ("99999999999999999999", TimeError::OutOfRange),
    ];
    for (text, error) in cases {
        assert_eq!(parse(text), Err(error), "{text}");
    }
}

proptest! {
    #[test]
    fn no_text_is_too_much(text in "[-+0-9TZtz:., eE]{0,40}|\\PC{0,20}") {
        let result = parse(&text);
        prop_assert!(result.is_err() || result.is_ok_and(|parsed| (1970..=9999).contains(&parsed.time.year())));
    }
}
