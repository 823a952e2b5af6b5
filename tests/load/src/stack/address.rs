//! Addresses of programs and servers: always loopback, and a proxy can be put before any of them.

use std::net::{SocketAddr, TcpListener};

use anyhow::Context;
use uuid::Uuid;

/// Below those that the kernel gives to outgoing connections, so that a program which starts again finds
/// its port free.
const PORTS: std::ops::Range<u16> = 20_000..32_000;

/// The URL with another host and port.
pub(super) fn through(url: &str, address: Option<SocketAddr>) -> String {
    let replaced = address.and_then(|address| {
        let (head, rest) = url.split_once('@')?;
        let (_, path) = rest.split_once('/')?;
        Some(format!("{head}@{address}/{path}"))
    });
    replaced.unwrap_or_else(|| url.to_owned())
}

/// A port of loopback that nobody listened on just now.
pub(super) fn free_port() -> anyhow::Result<u16> {
    // The last bits of a version 7 are random: runs beside each other look at different places.
    let random = usize::try_from(Uuid::now_v7().as_u128() & 0xffff).unwrap_or_default();
    PORTS
        .cycle()
        .skip(random % PORTS.len())
        .take(PORTS.len())
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .context("no free port of loopback below 32000")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_free_port_is_none_that_an_outgoing_connection_could_take() -> anyhow::Result<()> {
        let (first, second) = (free_port()?, free_port()?);
        assert!(PORTS.contains(&first) && PORTS.contains(&second));
        Ok(())
    }

    #[test]
    fn a_url_can_be_led_through_another_address() {
        let proxy = Some(SocketAddr::from(([127, 0, 0, 1], 99)));
        assert_eq!(
            through("amqp://u:p@h:1/v", proxy),
            "amqp://u:p@127.0.0.1:99/v"
        );
        assert_eq!(through("amqp://u:p@h:1/v", None), "amqp://u:p@h:1/v");
    }
}
