//! Counts the statements that pass on their way to Postgres, as the protocol has them: simple queries and executions
//! of prepared ones, whoever sends them and by whatever crate.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    task::JoinHandle,
};

/// The code of a request for TLS, which the server declines and the client then starts without.
const TLS_REQUEST: u32 = 80_877_103;

/// A proxy before a Postgres.
pub(crate) struct Wire {
    pub(crate) address: String,
    statements: Arc<AtomicUsize>,
    accepting: JoinHandle<()>,
}

impl Wire {
    pub(crate) async fn before(server: String) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?.to_string();
        let statements = Arc::new(AtomicUsize::new(0));
        let counter = statements.clone();
        let accepting = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let Ok(server) = TcpStream::connect(&server).await else {
                    return;
                };
                let (from_client, mut to_client) = client.into_split();
                let (mut from_server, to_server) = server.into_split();
                tokio::spawn(async move {
                    drop(tokio::io::copy(&mut from_server, &mut to_client).await);
                });
                tokio::spawn(pass(from_client, to_server, counter.clone()));
            }
        });
        Ok(Self {
            address,
            statements,
            accepting,
        })
    }

    /// How many passed since the last time.
    pub(crate) fn take(&self) -> usize {
        self.statements.swap(0, Ordering::SeqCst)
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn pass(
    mut client: OwnedReadHalf,
    mut server: OwnedWriteHalf,
    statements: Arc<AtomicUsize>,
) -> std::io::Result<()> {
    // What comes before the first statement has no kind, only a length and a code.
    loop {
        let length = client.read_u32().await?;
        let mut rest = vec![0; length as usize - 4];
        client.read_exact(&mut rest).await?;
        server.write_u32(length).await?;
        server.write_all(&rest).await?;
        if rest[..4] != TLS_REQUEST.to_be_bytes() {
            break;
        }
    }
    loop {
        let kind = client.read_u8().await?;
        let length = client.read_u32().await?;
        let mut rest = vec![0; length as usize - 4];
        client.read_exact(&mut rest).await?;
        if matches!(kind, b'Q' | b'E') {
            statements.fetch_add(1, Ordering::SeqCst);
        }
        server.write_u8(kind).await?;
        server.write_u32(length).await?;
        server.write_all(&rest).await?;
    }
}
