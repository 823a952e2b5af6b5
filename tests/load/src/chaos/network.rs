//! A TCP proxy that can do to a connection what networks do: cut it, swallow it, slow it down.
//!
//! Passes bytes unchanged and in order while it passes any. A change takes effect on connections that
//! are open, within one read.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
    task::JoinHandle,
};

/// How the network is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Network {
    /// As it should be.
    Up,
    /// Open connections end, new ones end at once.
    Broken,
    /// Nothing arrives, nothing ends.
    Blackhole,
    /// Everything arrives this much later.
    Slow(Duration),
}

/// A proxy before one server.
#[derive(Debug)]
pub struct ChaosProxy {
    address: SocketAddr,
    network: watch::Sender<Network>,
    accepting: JoinHandle<()>,
}

impl ChaosProxy {
    /// Starts one before the server at `upstream`.
    ///
    /// # Errors
    /// When no port is free.
    pub async fn start(upstream: String) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (network, state) = watch::channel(Network::Up);
        Ok(Self {
            address,
            network,
            accepting: tokio::spawn(accept(listener, upstream, state)),
        })
    }

    /// Where clients connect to.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Makes the network so.
    pub fn set(&self, network: Network) {
        self.network.send_replace(network);
    }
}

impl Drop for ChaosProxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, upstream: String, state: watch::Receiver<Network>) {
    while let Ok((client, _)) = listener.accept().await {
        if *state.borrow() == Network::Broken {
            continue; // dropped, and with it closed
        }
        let Ok(server) = TcpStream::connect(&upstream).await else {
            continue;
        };
        for socket in [&client, &server] {
            socket.set_nodelay(true).ok();
        }
        let (client_reads, client_writes) = client.into_split();
        let (server_reads, server_writes) = server.into_split();
        tokio::spawn(pass(client_reads, server_writes, state.clone()));
        tokio::spawn(pass(server_reads, client_writes, state.clone()));
    }
}

/// One direction of one connection; both halves are dropped at its end.
async fn pass(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut state: watch::Receiver<Network>,
) {
    let mut buffer = vec![0; 64 * 1_024];
    loop {
        let read = tokio::select! {
            read = from.read(&mut buffer) => read,
            ended = state.wait_for(|network| *network == Network::Broken) => {
                drop(ended);
                return;
            }
        };
        let Ok(count @ 1..) = read else { return };
        // A black hole keeps what came, and hands it on when the network is back.
        let Ok(network) = state
            .wait_for(|network| *network != Network::Blackhole)
            .await
            .map(|now| *now)
        else {
            return;
        };
        if let Network::Slow(delay) = network {
            tokio::time::sleep(delay).await;
        }
        if network == Network::Broken || to.write_all(&buffer[..count]).await.is_err() {
            return;
        }
    }
}
