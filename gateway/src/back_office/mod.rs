//! What admins do beside the way of alerts: dead letters and field mappings, by HTTP.
//!
//! The logic and the SQL are the worker's; only this folder knows that library. It has few connections of
//! its own, and its work runs off the threads that take alerts.

mod answers;
mod background;
mod changes;
mod conditions;
mod dead_letters;
mod described;
mod extraction;
mod mapping_shape;
mod mappings;
mod replays;

use std::{sync::Arc, time::Duration};

use actix_web::{HttpRequest, web};
use calseta_shared::{broker::Backoff, payload::Limits};
use calseta_worker::{interpret::Interpreter, mappings::load};
use deadpool_postgres::Pool;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use tokio::{runtime::Handle, sync::Semaphore};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    app::Gateway,
    authenticate::Caller,
    config::Settings,
    error::{Cause, Refusal},
    keys::Scope,
    request::caller,
};

pub(crate) use described::describe;

/// How the back office works; see the defaults for the reason of each.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "each key is explained in config.default.toml")]
pub struct BackOfficeConfig {
    pub connections: usize,
    #[serde(with = "humantime_serde")]
    pub statement_timeout: Duration,
    pub replays: usize,
    #[serde(with = "humantime_serde")]
    pub fingerprint_window: Duration,
}

/// The back office of a gateway with a database. Cheap to clone.
#[derive(Clone)]
pub struct BackOffice {
    pool: Pool,
    /// Not one of the threads that take alerts.
    runtime: Handle,
    /// One permit a replay on its way.
    replays: Arc<Semaphore>,
    limits: Limits,
    fingerprint_window: Duration,
    backoff: Backoff,
    stop: CancellationToken,
}

impl BackOffice {
    /// Opens it where there is a database; its replays are interrupted at `stop`. Needs a tokio runtime.
    ///
    /// # Errors
    /// When the URL cannot be read.
    pub fn open(settings: &Settings, stop: &CancellationToken) -> anyhow::Result<Option<Self>> {
        if settings.database.url.expose_secret().is_empty() {
            return Ok(None);
        }
        let config = &settings.back_office;
        let mut database = settings.database.clone();
        database.connections = config.connections;
        database.statement_timeout = config.statement_timeout;
        Ok(Some(Self {
            pool: database.pool("calseta-gateway back office")?,
            runtime: Handle::current(),
            replays: Arc::new(Semaphore::new(config.replays)),
            limits: Limits {
                documents: settings.inspect.max_documents,
                ..Limits::default()
            },
            fingerprint_window: config.fingerprint_window,
            backoff: Backoff::new(settings.broker.backoff_min, settings.broker.backoff_max),
            stop: stop.clone(),
        }))
    }

    /// Does work off the threads that take alerts.
    async fn aside<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, Refusal>> + Send + 'static,
    ) -> Result<T, Refusal> {
        let done = self.runtime.spawn(work).await;
        done.unwrap_or_else(|error| {
            tracing::error!(%error, "work of the back office ended early");
            Err(Refusal::new(Cause::Internal))
        })
    }

    /// What reads documents, with the saved mappings.
    async fn interpreter(&self) -> Result<Interpreter, Refusal> {
        let client = self.pool.get().await?;
        let loaded = load(&client).await?;
        Interpreter::new(&loaded.mappings, self.limits).map_err(|error| {
            let problem = format!("the saved field mappings cannot be used together: {error}");
            Refusal::with_message(Cause::InvalidRequest, problem)
        })
    }
}

/// The paths.
pub fn routes(config: &mut web::ServiceConfig) {
    replays::routes(config);
    dead_letters::routes(config);
    mappings::routes(config);
}

/// The back office, for a caller who is an admin.
async fn admitted(
    gateway: &Gateway,
    request: &HttpRequest,
) -> Result<(BackOffice, Caller), Refusal> {
    let caller = caller(gateway, request, Scope::Admin).await?;
    let office = gateway.back_office.clone().ok_or_else(|| {
        Refusal::with_message(Cause::NotFound, "this gateway has no database to ask")
    })?;
    Ok((office, caller))
}

fn id(text: &str) -> Result<Uuid, Refusal> {
    Uuid::parse_str(text).map_err(|_| Refusal::new(Cause::NotFound))
}

fn invalid(problem: impl Into<String>) -> Refusal {
    Refusal::with_message(Cause::InvalidRequest, problem)
}
