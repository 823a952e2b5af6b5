//! Addresses. Canonical is RFC 5952 text without port, brackets or zone, IPv4-mapped addresses as
//! IPv4. Only what is unambiguous is stripped: `1.2.3.4:443`, `[::1]:53`, `fe80::1%eth0`, a prefix of
//! full length, the dot of the root. A shorter prefix is a network and refused; so are octal-looking quads and numbers.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::scope;
use super::tally::Dropped;
use crate::indicator::IpScope;

/// The canonical address in trimmed `text`, and its scope.
pub(crate) fn parse(text: &str) -> Result<(Cow<'_, str>, IpScope), Dropped> {
    let address = read(text)?;
    Ok((canonical(text, address), scope::of(address)))
}

fn canonical(text: &str, address: IpAddr) -> Cow<'_, str> {
    // Rust reads no form of IPv4 but the one it writes, so such text is canonical as it stands.
    if address.is_ipv4() && text.parse::<Ipv4Addr>().is_ok() {
        return Cow::Borrowed(text);
    }
    Cow::Owned(address.to_string())
}

fn read(text: &str) -> Result<IpAddr, Dropped> {
    if let Ok(address) = text.parse() {
        return keep(address);
    }
    // The dot of the root, as a name server writes it.
    let text = text.strip_suffix('.').unwrap_or(text);
    if let Some((address, prefix)) = text.split_once('/') {
        return read_network(address, prefix);
    }
    if let Some((inside, after)) = text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        let port = after.is_empty() || after.strip_prefix(':').is_some_and(is_port);
        return if port {
            keep(read_host(inside)?)
        } else {
            Err(Dropped::WrongType)
        };
    }
    if let Some((address, port)) = text.split_once(':')
        && is_port(port)
        && let Ok(address) = address.parse::<Ipv4Addr>()
    {
        return keep(address.into());
    }
    keep(read_host(text)?)
}

fn read_network(address: &str, prefix: &str) -> Result<IpAddr, Dropped> {
    let address = address.parse::<IpAddr>().map_err(|_| Dropped::WrongType)?;
    let full = if address.is_ipv4() { "32" } else { "128" };
    if prefix == full {
        return keep(address);
    }
    let mask = !prefix.is_empty()
        && prefix
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'.'));
    Err(if mask {
        Dropped::Cidr
    } else {
        Dropped::WrongType
    })
}

/// An address, or an IPv6 one with a zone.
fn read_host(text: &str) -> Result<IpAddr, Dropped> {
    if let Some((address, zone)) = text.split_once('%') {
        let named = !zone.is_empty() && zone.bytes().all(|byte| byte.is_ascii_graphic());
        let address = address
            .parse::<Ipv6Addr>()
            .map_err(|_| Dropped::WrongType)?;
        return if named {
            Ok(address.into())
        } else {
            Err(Dropped::WrongType)
        };
    }
    text.parse().map_err(|_| Dropped::WrongType)
}

fn keep(address: IpAddr) -> Result<IpAddr, Dropped> {
    let address = address.to_canonical();
    if address.is_unspecified() {
        Err(Dropped::UnspecifiedIp)
    } else {
        Ok(address)
    }
}

pub(super) fn is_port(text: &str) -> bool {
    text.len() <= 5 && text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dirt_around_an_address_is_stripped_only_where_it_is_unambiguous() {
        let cases = [
            ("1.2.3.4", Ok("1.2.3.4")),
            ("1.2.3.4.", Ok("1.2.3.4")),
            ("1.2.3.4:443", Ok("1.2.3.4")),
            ("[1.2.3.4]:443", Ok("1.2.3.4")),
            ("[fe80::1]:53", Ok("fe80::1")),
            ("[fe80::1%3]", Ok("fe80::1")),
            ("fe80::1%eth0", Ok("fe80::1")),
            ("2001:DB8:0:0::0001", Ok("2001:db8::1")),
            ("::ffff:192.168.1.218", Ok("192.168.1.218")),
            ("::ffff:c0a8:1da", Ok("192.168.1.218")),
            ("1.2.3.4/32", Ok("1.2.3.4")),
            ("127.0.0.1", Ok("127.0.0.1")),
            ("10.0.0.0/8", Err(Dropped::Cidr)),
            ("10.0.0.0/255.0.0.0", Err(Dropped::Cidr)),
            ("fe80::/10", Err(Dropped::Cidr)),
            ("0.0.0.0", Err(Dropped::UnspecifiedIp)),
            ("::", Err(Dropped::UnspecifiedIp)),
            ("::ffff:0.0.0.0", Err(Dropped::UnspecifiedIp)),
            ("1.2.3", Err(Dropped::WrongType)),
            ("010.0.0.1", Err(Dropped::WrongType)),
            ("1.2.3.4:99999", Err(Dropped::WrongType)),
            ("1.2.3.4/index.html", Err(Dropped::WrongType)),
            ("1.2.3.4%eth0", Err(Dropped::WrongType)),
            ("16909060", Err(Dropped::WrongType)),
        ];
        for (text, expected) in cases {
            let value = parse(text).map(|(value, _)| value);
            assert_eq!(value.as_deref(), expected.as_ref().copied(), "{text}");
        }
    }
}
