//! An HTTP server of the gateway's stack that only reads the body and answers 202, under the same
//! sender: what is left of a second when nothing is checked, queued or kept.

use std::{net::TcpListener, sync::Arc, time::Duration};

use actix_web::{App, HttpResponse, HttpServer, web};
use anyhow::{Context, ensure};

use crate::{
    client::{Client, INGEST},
    generate::Generator,
    process,
    report::{per_second as rate_of, us_each},
    send::{self, Bodies, Pace, Plan},
    sign::Proof,
};

/// Connections, as in the measurement of the gateway.
const CONNECTIONS: usize = 256;

/// What the server answers.
#[derive(Clone, Copy, Debug)]
pub struct Requests {
    /// How many a second.
    pub per_second: f64,
    /// Processor time of server and sender together, in microseconds a request.
    pub cpu_us: f64,
}

/// Serves and sends for `limit`.
pub(super) async fn measure(generator: &Generator, limit: Duration) -> anyhow::Result<Requests> {
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
    let before = process::cpu(std::process::id())?;
    let tally = send::run(&plan, &client, &bodies).await?;
    let cpu = process::cpu(std::process::id())?.saturating_sub(before);
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
    let answered = tally.latencies.count();
    Ok(Requests {
        per_second: rate_of(answered, tally.elapsed),
        cpu_us: us_each(cpu, answered),
    })
}

async fn accept(body: web::Bytes) -> HttpResponse {
    std::hint::black_box(body.len());
    HttpResponse::Accepted().body("{\"data\":{\"status\":\"read\"}}")
}
