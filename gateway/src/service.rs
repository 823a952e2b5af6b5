//! Owns the order of start and stop, and nothing else.
//!
//! Start: sockets are bound and the spool is opened, then the broker and the keys are sought in the
//! background, so that readiness can tell what is missing. Stop: no new connections, running requests
//! finish and are confirmed or spooled, the drain ends, then the broker's connection and the spool
//! close; the admin port answers until the end.

mod parts;

use std::{
    net::{SocketAddr, TcpListener},
    sync::Arc,
    time::Duration,
};

use actix_web::{HttpServer, dev::Server, web::Data};
use anyhow::Context;
use calseta_shared::{
    admin,
    broker::Publisher,
    health::{Health, State},
};
use prometheus_client::registry::Registry;
use rustls::ServerConfig;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use self::parts::Draining;
use crate::{
    app::{Connections, Gateway, build},
    back_office::BackOffice,
    config::Settings,
    keys::Keys,
    metrics::Metrics,
    publish::{Lane, Outbox},
    tls::{ClientCertificates, remember},
};

/// A gateway that is listening.
pub struct Service {
    address: SocketAddr,
    admin_address: SocketAddr,
    http: Server,
    admin: Server,
    /// Stops the keys and the publisher, after the last request.
    finish: CancellationToken,
    background: Vec<JoinHandle<()>>,
    draining: Option<Draining>,
}

impl Service {
    /// Binds and starts everything. Needs a tokio runtime.
    ///
    /// # Errors
    /// When an address cannot be bound or a URL cannot be used.
    pub fn start(settings: &Settings) -> anyhow::Result<Self> {
        let listener = bind(&settings.http.listen).context("http.listen")?;
        let admin_listener = bind(&settings.admin.listen).context("admin.listen")?;
        let (address, admin_address) = (listener.local_addr()?, admin_listener.local_addr()?);
        let health = Health::new();
        let mut registry = Registry::default();
        let metrics = Metrics::register(&mut registry);
        let finish = CancellationToken::new();
        let spool = parts::open_spool(settings, &metrics)?;
        let (publisher, supervisor) = Publisher::start(
            settings.broker.clone(),
            settings.topology.clone(),
            settings.publisher.clone(),
            health.part("broker"),
            finish.clone(),
        );
        let outbox = Outbox::new(publisher, spool.clone(), settings.spool.after);
        let draining = spool.map(|spool| parts::drain(spool, &outbox, settings, &health));
        let keys = Keys::new();
        let (store, keeper) = parts::keep_keys(settings, &keys, health.part("keys"), &finish)?;
        let clients = Arc::new(ClientCertificates::new(&settings.tls));
        let connections = Connections {
            keys,
            clients: clients.clone(),
            store,
            receipts: parts::receipts(settings)?,
            back_office: BackOffice::open(settings, &finish)?,
        };
        let gateway = Gateway::new(settings, connections, metrics);
        warn_of_weak_proof(&gateway, &health);
        let tls = parts::tls(settings, clients, &mut registry, &health)?;
        let mut background = vec![supervisor, keeper];
        let tls = tls.map(|tls| {
            background.push(tokio::spawn(tls.watch.run(finish.clone())));
            tls.server
        });
        let http = serve(listener, (Data::new(gateway), outbox), settings, tls)?;
        let admin = admin::serve(admin_listener, health, Arc::new(registry))?;
        tracing::info!(%address, %admin_address, "the gateway listens");
        Ok(Self {
            address,
            admin_address,
            http,
            admin,
            finish,
            background,
            draining,
        })
    }

    /// Where webhooks come to.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where health and metrics are.
    pub fn admin_address(&self) -> SocketAddr {
        self.admin_address
    }

    /// Serves until `stop`, then drains.
    ///
    /// # Errors
    /// When a server ends by itself.
    pub async fn run(mut self, stop: CancellationToken) -> anyhow::Result<()> {
        let (http_handle, admin_handle) = (self.http.handle(), self.admin.handle());
        let admin = tokio::spawn(self.admin);
        let mut http = tokio::spawn(self.http);
        let ended = tokio::select! {
            () = stop.cancelled() => None,
            ended = &mut http => Some(ended),
        };
        if ended.is_none() {
            // Graceful: no new connections, and an answer for every request that is in.
            http_handle.stop(true).await;
        }
        if let Some(draining) = &mut self.draining {
            draining.stop.cancel();
            let ended = (&mut draining.drain).await;
            ended.context("the drain of the spool panicked")?;
        }
        self.finish.cancel();
        for task in self.background {
            task.await.context("a part of the gateway panicked")?;
        }
        if let Some(draining) = &self.draining {
            draining.spool.close().await;
        }
        admin_handle.stop(false).await;
        admin.await??;
        tracing::info!("the gateway has stopped");
        match ended {
            Some(ended) => ended?.context("the server ended by itself"),
            None => Ok(http.await??),
        }
    }
}

fn bind(address: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).with_context(|| format!("cannot listen on {address}"))
}

fn serve(
    listener: TcpListener,
    (gateway, outbox): (Data<Gateway>, Outbox),
    settings: &Settings,
    tls: Option<ServerConfig>,
) -> std::io::Result<Server> {
    let config = &settings.http;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let workers = match config.workers {
        0 => threads(cores, tls.is_some()),
        workers => workers,
    };
    let server = HttpServer::new(move || build(gateway.clone(), Lane::open(outbox.clone())))
        .workers(workers)
        .max_connections(config.connections.div_ceil(workers))
        .client_request_timeout(config.head_timeout)
        .client_disconnect_timeout(Duration::from_secs(1))
        .keep_alive(config.keep_alive)
        .shutdown_timeout(config.shutdown_grace.as_secs())
        .tls_handshake_timeout(settings.tls.handshake_timeout)
        .max_connection_rate(settings.tls.handshakes.div_ceil(workers))
        .on_connect(remember)
        .disable_signals();
    let server = match tls {
        Some(tls) => server.listen_rustls_0_23(listener, tls)?,
        None => server.listen(listener)?,
    };
    Ok(server.run())
}

/// Threads that serve requests, when `http.workers` leaves it open; its comment has the reasons.
fn threads(cores: usize, tls: bool) -> usize {
    if tls { cores } else { cores.div_ceil(2) }
}

/// Says what makes the gateway less safe than it could be.
fn warn_of_weak_proof(gateway: &Gateway, health: &Health) {
    if gateway.verifier.is_open() {
        tracing::warn!(
            "no webhook secret is set: whoever has a key can send anything; set ELASTIC_WEBHOOK_SECRET"
        );
        health
            .part("verify")
            .set(State::Degraded("no webhook secret is set".into()));
    }
    for secret in gateway.verifier.weak_secrets() {
        tracing::warn!(secret, "the webhook secret is short enough to be guessed");
    }
}

#[cfg(test)]
mod tests {
    use super::threads;

    #[test]
    fn one_thread_serves_two_cores_and_each_core_has_its_own_where_tls_is_spoken() {
        let found = [1, 2, 5].map(|cores| (threads(cores, false), threads(cores, true)));
        assert_eq!(found, [(1, 1), (1, 2), (3, 5)]);
    }
}
