//! A port that looks free and is taken when its server binds it moves that server to another, and nothing fails.

use std::{fs, net::SocketAddr};

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
    const NAMES: [&str; 3] = ["RABBITMQ_DIST_PORT", "RABBITMQ_EPMD_PORT", "POSTGRES_PORT"];
    let mut held = Vec::new();
    let state = private_folder("ports")?.join("state");
    fs::create_dir_all(&state)?;
    for name in NAMES {
        let (socket, port) = taken()?;
        held.push((socket, format!("{name}={port}")));
    }
    let lines: Vec<&str> = held.iter().map(|(_, line)| line.as_str()).collect();
    fs::write(state.join("rabbitmq.env"), lines[..2].join("\n") + "\n")?;
    fs::write(state.join("postgres.env"), format!("{}\n", lines[2]))?;

    let servers = private("ports", None).await?;

    let answered = servers.control_broker(&["eval", "1 + 1."]).await?;
    ensure!(answered.trim() == "2", "the broker said {answered:?}");
    for (file, name, line) in [
        ("rabbitmq.env", NAMES[0], lines[0]),
        ("rabbitmq.env", NAMES[1], lines[1]),
        ("postgres.env", NAMES[2], lines[2]),
    ] {
        let text = fs::read_to_string(state.join(file))?;
        let now = text.lines().find(|now| now.starts_with(name));
        let now = now.with_context(|| format!("{name} is not in {file}"))?;
        ensure!(now != line, "{name} stayed at a port that was taken");
    }
    Ok(())
}
