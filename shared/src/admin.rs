//! The admin port of both programs: `/livez`, `/readyz` (with what is missing) and `/metrics`.
//!
//! It is a port of its own so that it need never be reachable from where webhooks come.
//! It answers while the program drains, so that an orchestrator sees the end coming.

use std::{net::TcpListener, sync::Arc, time::Duration};

use actix_web::{
    App, HttpResponse, HttpServer,
    dev::Server,
    web::{self, Data},
};
use anyhow::Context;
use prometheus_client::{encoding::text::encode, registry::Registry};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::health::Health;

/// OpenMetrics text, as `prometheus-client` writes it.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Starts the admin server on a bound listener; await or spawn what it returns.
///
/// # Errors
/// When the listener cannot be used.
pub fn serve(
    listener: TcpListener,
    health: Health,
    registry: Arc<Registry>,
) -> std::io::Result<Server> {
    let server = HttpServer::new(move || {
        App::new()
            .app_data(Data::new(health.clone()))
            .app_data(Data::from(registry.clone()))
            .route("/livez", web::get().to(livez))
            .route("/readyz", web::get().to(readyz))
            .route("/metrics", web::get().to(metrics))
    })
    .workers(1)
    .disable_signals()
    .listen(listener)?;
    Ok(server.run())
}

async fn livez() -> HttpResponse {
    HttpResponse::Ok().json(serde_json::json!({"status": "alive"}))
}

async fn readyz(health: Data<Health>) -> HttpResponse {
    let (ready, parts) = health.report();
    let body = serde_json::json!({"status": if ready {"ready"} else {"not_ready"}, "parts": parts});
    if ready {
        HttpResponse::Ok().json(body)
    } else {
        HttpResponse::ServiceUnavailable().json(body)
    }
}

async fn metrics(registry: Data<Registry>) -> HttpResponse {
    let mut text = String::new();
    match encode(&mut text, &registry) {
        Ok(()) => HttpResponse::Ok().content_type(OPEN_METRICS).body(text),
        Err(_) => HttpResponse::InternalServerError().finish(),
    }
}

/// Asks a running program's admin port whether it is ready: the `healthcheck` of both binaries.
///
/// # Errors
/// When nothing answers at `address` within 3 s, or the answer is not "ready"; the text has it.
pub async fn healthcheck(address: &str) -> anyhow::Result<()> {
    const PATIENCE: Duration = Duration::from_secs(3);
    let request = format!("GET /readyz HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    let answer = timeout(PATIENCE, async {
        let mut stream = TcpStream::connect(address).await.with_context(|| {
            format!("nothing answers at admin.listen = {address}, is the program running?")
        })?;
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        Ok::<_, anyhow::Error>(answer)
    })
    .await
    .map_err(|_| anyhow::anyhow!("no answer from the admin port within {PATIENCE:?}"))??;
    anyhow::ensure!(
        answer.starts_with("HTTP/1.1 200"),
        "not ready: {}",
        answer.split("\r\n\r\n").nth(1).unwrap_or("no body").trim()
    );
    Ok(())
}
