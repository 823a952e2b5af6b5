//! What may differ from stack to stack. Everything has a default but the folder of the binaries.

use std::{net::SocketAddr, path::PathBuf};

/// What a stack is made of.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The folder of the binaries.
    pub binaries: PathBuf,
    /// Part of the names of vhost and database.
    pub purpose: String,
    /// Reach the broker through this address.
    pub broker: Option<SocketAddr>,
    /// Workers reach it through this one instead.
    pub worker_broker: Option<SocketAddr>,
    /// Reach Postgres through this address.
    pub postgres: Option<SocketAddr>,
    /// More settings of the gateway, by their name in the environment.
    pub gateway: Vec<(String, String)>,
    /// More settings of the workers.
    pub worker: Vec<(String, String)>,
}
