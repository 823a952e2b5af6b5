//! An HTTP server of the gateway's stack that only reads the body and answers 202, under the same
//! sender: what is left of a second when nothing is checked, queued or kept.

use std::{net::TcpListener, sync::Arc, time::Duration};

use actix_web::{App, HttpResponse, HttpServer, web};
use anyhow::{Context, ensure};

use crate::{
    client::{Client, INGEST},
    generate::Generator,
    report::per_second as rate_of,
    send::{self, Bodies, Pace, Plan},
    sign::Proof,
};

/// Connections, as in the measurement of the gateway.
const CONNECTIONS: usize = 256;

/// Serves and sends for `limit`, and returns the requests a second.
pub(super) async fn per_second(generator: &Generator, limit: Duration) -> anyhow::Result<f64> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let gateway = format!("http://{}", listener.local_addr()?).parse()?;
    let (handles, handle) = std::sync::mpsc::channel();
    let serving = std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let app = || {
                App::new()
                    .app_data(web::PayloadConfig::new(16 * 1_024 * 1_024))
                    .route(INGEST, web::post().to(accept))
            };
            let server = HttpServer::new(app)
                .disable_signals()
                .listen(listener)?
                .run();
            handles.send(server.handle()).ok();
            server.await
        })
    });
    let handle = handle.recv().context("the server did not start")?;
    let client = Client::new(
        &gateway,
        Some("cai_none".into()),
        Proof::SecretHeader("as in the gateway's case".into()),
    );
    let plan = Plan {
        pace: Pace::Closed,
        connections: CONNECTIONS,
        count: None,
        duration: Some(limit),
        quiet: true,
    };
    let bodies = Arc::new(Bodies::Generated(generator.clone()));
    let tally = send::run(&plan, &client, &bodies).await?;
    handle.stop(false).await;
    let served = serving
        .join()
        .map_err(|_| anyhow::anyhow!("the server panicked"))?;
    served.context("the server failed")?;
    ensure!(
        tally.all_accepted(),
        "not every request was answered 202:\n{}",
        tally.table()
    );
    Ok(rate_of(tally.latencies.count(), tally.elapsed))
}

async fn accept(body: web::Bytes) -> HttpResponse {
    std::hint::black_box(body.len());
    HttpResponse::Accepted().body("{\"data\":{\"status\":\"read\"}}")
}
