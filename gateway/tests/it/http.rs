//! The smallest HTTP client that can also misbehave: what is sent is written byte by byte.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
};

/// What a gateway answered.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: serde_json::Value,
}

impl Answer {
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
    let text = String::from_utf8(bytes).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").expect("an answer with a head");
    Answer {
        status: head[9..12].parse().unwrap(),
        head: head.to_owned(),
        body: serde_json::from_str(body).unwrap_or_default(),
    }
}

/// What a gateway counts, as text.
pub(crate) async fn metrics(admin: SocketAddr) -> String {
    let mut stream = TcpStream::connect(admin).await.unwrap();
    write(&mut stream, "GET /metrics", &[], b"").await;
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    text
}
