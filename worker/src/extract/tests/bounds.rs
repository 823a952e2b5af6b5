//! A hostile document gives a bounded extraction: the first values in the order of the table, the rest counted.

use super::{drops, extract, summary};
use crate::extract::Dropped;
use crate::fields;

/// So many different addresses as a JSON list.
fn addresses(network: u8, count: usize) -> String {
    let all = (0..count).map(|n| format!("{network}.7.{}.{}", n / 256, n % 256));
    format!("{:?}", all.collect::<Vec<_>>())
}

#[test]
fn values_beyond_the_limits_are_counted_as_too_many() -> anyhow::Result<()> {
    let limit = fields::MAX_VALUES;
    let found = extract(&format!(r#"{{"source.ip": {}}}"#, addresses(11, limit + 5)))?;
    assert_eq!(
        (found.indicators.len(), drops(&found)),
        (limit, vec!["too_many 5".to_owned()])
    );

    let list = addresses(11, limit + 5).replace(['"', '[', ']'], "");
    let found = extract(&format!(r#"{{"source.ip": "{list}"}}"#))?;
    assert_eq!(
        (found.indicators.len(), drops(&found)),
        (limit, vec!["too_many 5".to_owned()])
    );

    let many = [
        "source.ip",
        "client.ip",
        "source.nat.ip",
        "server.ip",
        "host.ip",
        "dns.resolved_ip",
    ];
    let members: Vec<String> = (11..)
        .zip(many)
        .map(|(network, path)| format!("{path:?}:{}", addresses(network, limit)))
        .collect();
    let found = extract(&format!("{{{}}}", members.join(",")))?;
    let mut reversed = members.clone();
    reversed.reverse();
    assert_eq!(
        found,
        extract(&format!("{{{}}}", reversed.join(",")))?,
        "the order of keys decides nothing"
    );
    assert_eq!(found.indicators.len(), super::super::gather::MAX_VALUES);
    assert_eq!(
        found.dropped.get(Dropped::TooMany) as usize,
        6 * limit - super::super::gather::MAX_VALUES
    );
    Ok(())
}

#[test]
fn lists_that_were_cut_are_not_joined() -> anyhow::Result<()> {
    let limit = fields::MAX_VALUES;
    // Beyond the limit are fields the values cannot be told to be of.
    let names: Vec<&str> = (0..limit)
        .map(|_| "user.name")
        .chain(["source.ip"; 5])
        .collect();
    let values = vec!["someone"; limit + 5];
    let found = extract(&format!(
        r#"{{"kibana.alert.threshold_result.terms.field": {names:?}, "kibana.alert.threshold_result.terms.value": {values:?}}}"#
    ))?;
    assert_eq!(summary(&found), [""; 0]);
    assert_eq!(
        drops(&found),
        [format!("unpaired {limit}"), "too_many 5".to_owned()]
    );
    Ok(())
}
