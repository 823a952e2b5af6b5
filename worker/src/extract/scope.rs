//! The scope of an address, by the IANA special-purpose registries of 2024. Every address has exactly
//! one scope; what no registry sets apart is public. Translation prefixes (6to4, Teredo, NAT64) are
//! public, because they are routed.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::indicator::IpScope;

/// The scope of any address.
pub(crate) fn of(address: IpAddr) -> IpScope {
    match address {
        IpAddr::V4(v4) => of_v4(v4),
        IpAddr::V6(v6) => of_v6(v6),
    }
}

fn of_v4(address: Ipv4Addr) -> IpScope {
    match address.octets() {
        [127, ..] => IpScope::Loopback,
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => IpScope::Private,
        [169, 254, ..] => IpScope::LinkLocal,
        [100, 64..=127, ..] => IpScope::Shared,
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => IpScope::Documentation,
        [198, 18..=19, ..] => IpScope::Benchmarking,
        [224..=239, ..] => IpScope::Multicast,
        [255, 255, 255, 255] => IpScope::Broadcast,
        [0 | 240..=255, ..] | [192, 0, 0, _] => IpScope::Reserved,
        _ => IpScope::Public,
    }
}

fn of_v6(address: Ipv6Addr) -> IpScope {
    if address.is_loopback() {
        return IpScope::Loopback;
    }
    match address.segments() {
        [0xff00..=0xffff, ..] => IpScope::Multicast,
        [0xfe80..=0xfebf, ..] => IpScope::LinkLocal,
        [0xfc00..=0xfdff, ..] => IpScope::UniqueLocal,
        [0x2001, 0x0db8, ..] | [0x3fff, 0..=0x0fff, ..] => IpScope::Documentation,
        [0x2001, 0x0002, 0, ..] => IpScope::Benchmarking,
        [0x0064, 0xff9b, 0, ..] | [0x2000..=0x3fff, ..] => IpScope::Public,
        _ => IpScope::Reserved,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::unwrap_used, reason = "a test's own addresses parse")]
    fn every_special_range_is_told_apart_at_its_edges() {
        let cases = [
            ("9.255.255.255", IpScope::Public),
            ("10.0.0.0", IpScope::Private),
            ("172.15.255.255", IpScope::Public),
            ("172.31.255.255", IpScope::Private),
            ("172.32.0.0", IpScope::Public),
            ("192.168.0.1", IpScope::Private),
            ("127.0.0.53", IpScope::Loopback),
            ("169.254.169.254", IpScope::LinkLocal),
            ("100.63.255.255", IpScope::Public),
            ("100.127.255.255", IpScope::Shared),
            ("203.0.113.42", IpScope::Documentation),
            ("198.19.0.1", IpScope::Benchmarking),
            ("239.255.255.250", IpScope::Multicast),
            ("255.255.255.255", IpScope::Broadcast),
            ("255.255.255.254", IpScope::Reserved),
            ("0.0.0.1", IpScope::Reserved),
            ("::1", IpScope::Loopback),
            ("fe80::1", IpScope::LinkLocal),
            ("fec0::1", IpScope::Reserved),
            ("fd00::1", IpScope::UniqueLocal),
            ("ff02::fb", IpScope::Multicast),
            ("2001:db8::1", IpScope::Documentation),
            ("3fff:fff::1", IpScope::Documentation),
            ("2001:2::1", IpScope::Benchmarking),
            ("2606:4700::1111", IpScope::Public),
            ("64:ff9b::808:808", IpScope::Public),
        ];
        for (text, scope) in cases {
            assert_eq!(of(text.parse().unwrap()), scope, "{text}");
        }
    }
}
