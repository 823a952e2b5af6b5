//! Each part of the gateway, made from the settings: the order is the service's.

use std::sync::Arc;

use calseta_shared::health::{Health, Part};
use prometheus_client::registry::Registry;
use secrecy::ExposeSecret;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::{
    config::Settings,
    keys::{KeyStore, Keys, Refresher, file::FileWatch},
    metrics::{Metrics, TlsMetrics},
    publish::Outbox,
    receipts::ReceiptStore,
    spool::{Drain, Spool, SpoolError},
    tls::{ClientCertificates, Tls},
};

/// The spool, and what takes payloads out of it.
pub(super) struct Draining {
    pub(super) spool: Spool,
    /// Before the publisher: what is on its way may still be confirmed.
    pub(super) stop: CancellationToken,
    pub(super) drain: JoinHandle<()>,
}

/// The spool, unless it is turned off.
pub(super) fn open_spool(settings: &Settings, metrics: &Metrics) -> anyhow::Result<Option<Spool>> {
    if !settings.spool.is_on() {
        tracing::warn!("spool.dir is empty: while the broker is away, requests are answered 429");
        return Ok(None);
    }
    let opened = Spool::open(&settings.spool, metrics.spool());
    let spool = opened.map_err(SpoolError::at_start)?;
    tracing::info!(depth = spool.depth(), "the spool is open");
    Ok(Some(spool))
}

/// Starts what empties the spool and what tells how it is; with it the broker may be away.
pub(super) fn drain(
    spool: Spool,
    outbox: &Outbox,
    settings: &Settings,
    health: &Health,
) -> Draining {
    let stop = CancellationToken::new();
    let part = health.part("spool");
    health.either("broker", "spool");
    tokio::spawn(spool.clone().watch(part, stop.clone()));
    let drain = Drain::new(spool.clone(), outbox.clone(), &settings.spool);
    let drain = tokio::spawn(drain.run(stop.clone()));
    Draining { spool, stop, drain }
}

/// Starts what keeps the keys fresh: the file when there is one, else the database.
pub(super) fn keep_keys(
    settings: &Settings,
    keys: &Keys,
    health: Part,
    finish: &CancellationToken,
) -> anyhow::Result<(Option<KeyStore>, JoinHandle<()>)> {
    let path = &settings.keys.file;
    if !path.as_os_str().is_empty() {
        let watch = FileWatch {
            path: path.clone(),
            keys: keys.clone(),
            health,
        };
        return Ok((None, tokio::spawn(watch.run(finish.clone()))));
    }
    let store = KeyStore::new(settings.database.pool("calseta-gateway")?);
    let refresher = Refresher {
        store: store.clone(),
        database: settings.database.clone(),
        config: settings.keys.clone(),
        keys: keys.clone(),
        health,
    };
    Ok((Some(store), tokio::spawn(refresher.run(finish.clone()))))
}

/// Also a gateway with its keys in a file may have a database to ask.
pub(super) fn receipts(settings: &Settings) -> anyhow::Result<Option<ReceiptStore>> {
    if settings.database.url.expose_secret().is_empty() {
        return Ok(None);
    }
    let pool = settings.database.pool("calseta-gateway receipts")?;
    Ok(Some(ReceiptStore::new(pool)))
}

/// The files of the port's certificate, read before anybody can connect.
pub(super) fn tls(
    settings: &Settings,
    clients: Arc<ClientCertificates>,
    registry: &mut Registry,
    health: &Health,
) -> anyhow::Result<Option<Tls>> {
    if !settings.tls.is_on() {
        return Ok(None);
    }
    let metrics = TlsMetrics::register(registry);
    let tls = Tls::load(&settings.tls, clients, metrics, health.part("tls"))?;
    Ok(Some(tls))
}
