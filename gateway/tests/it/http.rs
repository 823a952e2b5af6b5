//! The smallest HTTP client that can also misbehave: what is sent is written byte by byte.

use std::net::SocketAddr;

use calseta_gateway::keys::KeySecret;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
};

/// What a gateway answered.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: serde_json::Value,
    /// The body as it came.
    pub(crate) bytes: Vec<u8>,
}

impl Answer {
    /// The body, when it is text.
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.bytes).unwrap()
    }

    /// A header's value, by its lower-case name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    /// The error's code, or nothing.
    pub(crate) fn code(&self) -> &str {
        self.body["error"]["code"].as_str().unwrap_or_default()
    }
}

/// Sends a whole request and reads the answer.
pub(crate) async fn send(
    address: SocketAddr,
    request: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Answer {
    let mut stream = TcpStream::connect(address).await.unwrap();
    write(&mut stream, request, headers, body).await;
    read(&mut stream).await
}

/// Writes a whole request, to whatever the gateway is at the other end of.
pub(crate) async fn write(
    stream: &mut (impl AsyncWrite + Unpin),
    request: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) {
    let mut head = vec![format!(
        "{request} HTTP/1.1\r\nhost: gateway\r\nconnection: close"
    )];
    head.extend(
        headers
            .iter()
            .map(|(name, value)| format!("{name}: {value}")),
    );
    head.push(format!("content-length: {}\r\n\r\n", body.len()));
    let head = head.join("\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    // A gateway that refuses early may stop reading; its answer is what counts.
    drop(stream.write_all(body).await);
    drop(stream.flush().await);
}

/// Reads an answer to its end.
pub(crate) async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Answer {
    let mut bytes = Vec::new();
    drop(stream.read_to_end(&mut bytes).await);
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
    let end = end.expect("an answer with a head");
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let mut bytes = bytes.split_off(end + 4);
    if head
        .to_ascii_lowercase()
        .contains("transfer-encoding: chunked")
    {
        bytes = whole(&bytes);
    }
    Answer {
        status: head[9..12].parse().unwrap(),
        head,
        body: serde_json::from_slice(&bytes).unwrap_or_default(),
        bytes,
    }
}

/// A body that came in chunks.
fn whole(mut chunked: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let end = chunked.windows(2).position(|two| two == b"\r\n").unwrap();
        let size = std::str::from_utf8(&chunked[..end]).unwrap();
        let size = usize::from_str_radix(size, 16).unwrap();
        if size == 0 {
            return body;
        }
        body.extend_from_slice(&chunked[end + 2..end + 2 + size]);
        chunked = &chunked[end + 2 + size + 2..];
    }
}

/// Asks as the holder of a key, with a JSON body unless it is null.
pub(crate) async fn ask(
    address: SocketAddr,
    key: &KeySecret,
    request: &str,
    body: serde_json::Value,
) -> Answer {
    let bearer = format!("Bearer {}", key.expose());
    let headers = [("authorization", bearer.as_str())];
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    send(address, request, &headers, body.as_bytes()).await
}

/// What a gateway counts, as text.
pub(crate) async fn metrics(admin: SocketAddr) -> String {
    let mut stream = TcpStream::connect(admin).await.unwrap();
    write(&mut stream, "GET /metrics", &[], b"").await;
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    text
}
