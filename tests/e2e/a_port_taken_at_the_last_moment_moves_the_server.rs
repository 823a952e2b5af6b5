//! A port that looks free and is taken when its server binds it moves that server to another, and nothing fails.

use std::{
    fs::{self, File},
    io::Write,
    net::SocketAddr,
};

use anyhow::{Context, ensure};
use harness::{private, private_folder};
use tokio::net::TcpSocket;

/// A port that nothing listens at and nobody else can bind: to look at it does not tell that it is taken.
fn taken() -> anyhow::Result<(TcpSocket, u16)> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
    let port = socket.local_addr()?.port();
    Ok((socket, port))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_taken_at_the_last_moment_moves_the_server() -> anyhow::Result<()> {
    const PORTS: [(&str, &str); 3] = [
        ("rabbitmq.env", "RABBITMQ_DIST_PORT"),
        ("rabbitmq.env", "RABBITMQ_EPMD_PORT"),
        ("postgres.env", "POSTGRES_PORT"),
    ];
    let state = private_folder("ports")?.join("state");
    fs::create_dir_all(&state)?;
    let mut held = Vec::new();
    for (file, name) in PORTS {
        let (socket, port) = taken()?;
        let mut file = File::options()
            .create(true)
            .append(true)
            .open(state.join(file))?;
        writeln!(file, "{name}={port}")?;
        held.push((socket, port));
    }

    let servers = private("ports", None).await?;

    let answered = servers.control_broker(&["eval", "1 + 1."]).await?;
    ensure!(answered.trim() == "2", "the broker said {answered:?}");
    for ((file, name), (_, port)) in PORTS.iter().zip(&held) {
        let lines = fs::read_to_string(state.join(file))?;
        let now = lines.lines().find_map(|line| line.strip_prefix(name));
        let now = now.with_context(|| format!("{name} is not in {file}"))?;
        ensure!(
            now != format!("={port}"),
            "{name} stayed at a port that was taken"
        );
    }
    Ok(())
}
