//! Addresses of programs and servers: always loopback, and a proxy can be put before any of them.

use std::net::{SocketAddr, TcpListener};

use anyhow::Context;

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
    let listener = TcpListener::bind("127.0.0.1:0").context("no free port")?;
    Ok(listener.local_addr()?.port())
}

#[cfg(test)]
mod tests {
    use super::*;

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
