//! A worker that starts before Postgres waits for it, says so, and can be asked to stop meanwhile; what waiting
//! cannot cure ends it with its reason.

use std::{
    process::{Command, Stdio},
    time::Duration,
};

use calseta_shared::{admin, config::Environment};
use calseta_worker::{
    config::{VARIABLES, WorkerConfig},
    service::Service,
};
use tokio::net::{TcpSocket, TcpStream};
use tokio_util::sync::CancellationToken;

use crate::database::{Database, eventually};

const LONG: Duration = Duration::from_secs(20);
/// Nothing listens there, and nothing of the broker is needed.
const NO_BROKER: &str = "amqp://nobody:nothing@127.0.0.1:1/none";

/// An address that nothing listens at.
fn free() -> anyhow::Result<String> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    Ok(listener.local_addr()?.to_string())
}

/// The URL with another server.
pub(crate) fn with_server(url: &str, address: &str) -> String {
    let start = url.rfind('@').unwrap() + 1;
    let end = start + url[start..].find('/').unwrap();
    format!("{}{address}{}", &url[..start], &url[end..])
}

pub(crate) fn server_of(url: &str) -> &str {
    let start = url.rfind('@').unwrap() + 1;
    url[start..].split('/').next().unwrap()
}

fn config(database_url: &str, admin: &str) -> anyhow::Result<WorkerConfig> {
    let variables = [
        ("DATABASE_URL", database_url),
        ("AMQP_URL", NO_BROKER),
        ("CALSETA__ADMIN__LISTEN", admin),
    ];
    Ok(WorkerConfig::load(
        None,
        &Environment::of(VARIABLES, variables),
    )?)
}

/// Waits until `/readyz` has this text.
async fn until_said(admin: &str, text: &str) -> anyhow::Result<()> {
    eventually(LONG, async || {
        let said = admin::healthcheck(admin).await.err();
        let said = said.map(|error| error.to_string()).unwrap_or_default();
        Ok(said.contains(text).then_some(()))
    })
    .await
}

/// Passes connections on to the server, from now on.
fn forward(away: TcpSocket, server: String) -> anyhow::Result<tokio::task::JoinHandle<()>> {
    let listener = away.listen(16)?;
    Ok(tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let server = server.clone();
            tokio::spawn(async move {
                if let Ok(mut server) = TcpStream::connect(server).await {
                    drop(tokio::io::copy_bidirectional(&mut client, &mut server).await);
                }
            });
        }
    }))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_started_before_postgres_waits_for_it_and_says_so() -> anyhow::Result<()> {
    let database = Database::create().await?;
    // Bound and not listening: it refuses, and nobody else can take it meanwhile.
    let away = TcpSocket::new_v4()?;
    away.bind("127.0.0.1:0".parse()?)?;
    let (address, admin) = (away.local_addr()?.to_string(), free()?);
    let config = config(&with_server(&database.url, &address), &admin)?;
    let stop = CancellationToken::new();
    let running = tokio::spawn(Service::build(config)?.run(stop.clone()));
    until_said(&admin, r#""state":"not_ready"}"#).await?;
    let forwarding = forward(away, server_of(&database.url).to_owned())?;
    until_said(&admin, r#""database":{"state":"ready"}"#).await?;
    stop.cancel();
    running.await??;
    forwarding.abort();
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_asked_to_stop_while_it_waits_for_postgres_ends_well() -> anyhow::Result<()> {
    let admin = free()?;
    let mut worker = Command::new(env!("CARGO_BIN_EXE_calseta-worker"))
        .env("DATABASE_URL", format!("postgresql://a:b@{}/c", free()?))
        .env("AMQP_URL", NO_BROKER)
        .env("CALSETA__ADMIN__LISTEN", &admin)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let said = until_said(&admin, r#""state":"not_ready"}"#).await;
    let asked = Command::new("kill")
        .args(["-TERM", &worker.id().to_string()])
        .status()?;
    let ended = eventually(LONG, || {
        std::future::ready(worker.try_wait().map_err(Into::into))
    })
    .await;
    if ended.is_err() {
        worker.kill()?;
        worker.wait()?;
    }
    said?;
    assert!(asked.success());
    assert_eq!(ended?.code(), Some(0));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waiting_cannot_cure_ends_the_worker_with_its_reason() -> anyhow::Result<()> {
    let database = Database::create().await?;
    let missing = format!("{}_missing", database.url);
    let user = database.url.find("://").unwrap() + 3;
    let host = database.url.rfind('@').unwrap();
    let wrong = format!(
        "{}nobody:wrong{}",
        &database.url[..user],
        &database.url[host..]
    );
    for (url, reason) in [(missing, "does not exist"), (wrong, "nobody")] {
        let service = Service::build(config(&url, &free()?)?)?;
        let running = tokio::time::timeout(LONG, service.run(CancellationToken::new()));
        let error = format!("{:#}", running.await?.unwrap_err());
        assert!(error.contains(reason), "{error}");
    }
    Ok(())
}
