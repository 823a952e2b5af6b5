//! What the measurements rest on: sizes, distinctness, and the share of new indicators.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::HashSet;

use serde_json::Value;

use super::*;

fn generator() -> Generator {
    Generator::new(
        7,
        OffsetDateTime::from_unix_timestamp(1_760_000_000).unwrap(),
    )
}

#[test]
fn every_body_is_json_of_2_to_20_kb_with_no_hole_left() {
    let mut total = 0;
    for n in 0..2_000 {
        let body = generator_body(n);
        assert!(
            (2_000..=20_480).contains(&body.len()),
            "{} bytes",
            body.len()
        );
        let text = String::from_utf8(body.to_vec()).unwrap();
        assert!(!text.contains("{{"), "{text}");
        assert!(serde_json::from_str::<Value>(&text).unwrap().is_object());
        total += body.len();
    }
    let mean = total / 2_000;
    assert!((3_000..5_500).contains(&mean), "mean {mean}");
}

#[test]
fn a_body_is_made_again_the_same_and_no_two_are_the_same_alert() {
    let bodies: HashSet<Bytes> = (0..2_000).map(generator_body).collect();
    assert_eq!(bodies.len(), 2_000);
    assert_eq!(generator_body(42), generator().body(42));
    let other = Generator::new(8, OffsetDateTime::UNIX_EPOCH);
    assert_ne!(generator_body(42), other.body(42));
}

#[test]
fn about_two_of_eight_indicators_are_new_once_the_pools_are_known() {
    let mut known = HashSet::new();
    let mut new = 0;
    for n in 0..30_000 {
        let document: Value = serde_json::from_slice(&generator_body(n)).unwrap();
        let indicators = [
            "/source/ip",
            "/destination/ip",
            "/host/ip/0",
            "/user/name",
            "/user/email",
            "/file/hash/sha256",
            "/url/full",
            "/url/domain",
        ];
        for pointer in indicators {
            let value = document.pointer(pointer).and_then(Value::as_str).unwrap();
            new += usize::from(known.insert((pointer, value.to_owned())) && n >= 20_000);
        }
    }
    assert!(
        (19_900..20_300).contains(&new),
        "{new} new in 10,000 alerts"
    );
}

fn generator_body(n: u64) -> Bytes {
    use std::sync::LazyLock;
    static GENERATOR: LazyLock<Generator> = LazyLock::new(generator);
    GENERATOR.body(n)
}
