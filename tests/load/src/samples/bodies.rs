//! The bodies themselves, embedded: `calseta-load samples` needs no checkout.
//!
//! Both schemas, dotted, nested, and as a hit with its `_source`; another rule type each.

/// Name and text, in the order they are posted.
pub(super) const ALL: [(&str, &str); 6] = [
    (
        "brute force, legacy",
        include_str!("../../samples/1-brute-force-legacy.json"),
    ),
    (
        "eql, dotted",
        include_str!("../../samples/2-eql-dotted.json"),
    ),
    (
        "threat match, nested",
        include_str!("../../samples/3-threat-match-nested.json"),
    ),
    (
        "threshold, dotted",
        include_str!("../../samples/4-threshold-dotted.json"),
    ),
    (
        "query, legacy dotted",
        include_str!("../../samples/5-query-legacy-dotted.json"),
    ),
    (
        "endpoint, a hit",
        include_str!("../../samples/6-endpoint-hit.json"),
    ),
];

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn every_sample_is_one_json_object() {
        for (name, body) in ALL {
            let read = serde_json::from_str::<Value>(body);
            assert!(read.is_ok_and(|document| document.is_object()), "{name}");
        }
    }
}
