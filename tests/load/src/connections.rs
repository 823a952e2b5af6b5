//! Connections to the gateway, kept open and used again, each for one request at a time.
//!
//! hyper's client with a pool does more, and takes more from the processors that are to be measured.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{
    Request, Response,
    body::Incoming,
    client::conn::http1::{SendRequest, handshake},
    http::response::Parts,
};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::client::PostError;

type Connection = SendRequest<Full<Bytes>>;

/// All connections of one client.
#[derive(Clone, Debug)]
pub(crate) struct Connections(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    address: String,
    idle: Mutex<Vec<Connection>>,
}

impl Connections {
    /// To `host:port`; none is opened yet.
    pub(crate) fn to(address: &str) -> Self {
        Self(Arc::new(Inner {
            address: address.into(),
            idle: Mutex::default(),
        }))
    }

    /// `host:port`.
    pub(crate) fn address(&self) -> &str {
        &self.0.address
    }

    /// Sends a request and waits for the whole answer.
    ///
    /// # Errors
    /// When there is no connection, or it ends before the answer.
    pub(crate) async fn exchange(
        &self,
        mut request: Request<Full<Bytes>>,
    ) -> Result<(Parts, Bytes), PostError> {
        // The gateway may have closed those that waited; what was not sent over them goes over the next.
        while let Some(connection) = self.take() {
            match answer(connection, request).await {
                Ok(answered) => return self.read(answered).await,
                Err((error, None)) => return Err(error.into()),
                Err((_, Some(unsent))) => request = unsent,
            }
        }
        let connection = open(&self.0.address).await?;
        match answer(connection, request).await {
            Ok(answered) => self.read(answered).await,
            Err((error, _)) => Err(error.into()),
        }
    }

    fn take(&self) -> Option<Connection> {
        let mut idle = self.0.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.pop()
    }

    /// Reads the rest of the answer; then the connection is free.
    async fn read(
        &self,
        (connection, response): (Connection, Response<Incoming>),
    ) -> Result<(Parts, Bytes), PostError> {
        let (head, body) = response.into_parts();
        let body = body.collect().await?.to_bytes();
        if !connection.is_closed() {
            let mut idle = self.0.idle.lock().unwrap_or_else(PoisonError::into_inner);
            idle.push(connection);
        }
        Ok((head, body))
    }
}

async fn open(address: &str) -> Result<Connection, PostError> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (connection, running) = handshake(TokioIo::new(stream)).await?;
    // Its error is that of the request that is under way.
    tokio::spawn(async { running.await.ok() });
    Ok(connection)
}

/// The head of the answer; or the error, with the request where nothing of it was sent.
async fn answer(
    mut connection: Connection,
    request: Request<Full<Bytes>>,
) -> Result<(Connection, Response<Incoming>), (hyper::Error, Option<Request<Full<Bytes>>>)> {
    if let Err(error) = connection.ready().await {
        return Err((error, Some(request)));
    }
    match connection.try_send_request(request).await {
        Ok(response) => Ok((connection, response)),
        Err(mut error) => {
            let unsent = error.take_message();
            Err((error.into_error(), unsent))
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    use super::*;

    #[tokio::test]
    async fn a_connection_that_was_closed_while_it_waited_is_replaced() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let serving = tokio::spawn(async move {
            for _ in 0..3 {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut head = [0; 1_024];
                assert!(stream.read(&mut head).await.unwrap() > 0);
                let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
                stream.write_all(answer).await.unwrap();
            }
        });
        let connections = Connections::to(&address);
        for _ in 0..3 {
            let request = Request::get("/").header("host", &address);
            let request = request.body(Full::default()).unwrap();
            let (head, body) = connections.exchange(request).await.unwrap();
            assert_eq!((head.status.as_u16(), &*body), (200, &b"ok"[..]));
        }
        serving.await.unwrap();
    }
}
