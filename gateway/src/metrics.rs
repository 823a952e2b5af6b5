//! Every metric of the gateway, its help text, and the closed enums its labels come from.
//!
//! The only label that is not an enum is the name of a webhook secret, which the configuration bounds.

mod spool;

use std::{sync::Arc, time::Duration};

use calseta_shared::dead_letter::Reason;
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::{Registry, Unit},
};

use crate::{
    error::{Cause, Code},
    verify::VerifiedPayload,
};

pub use spool::SpoolMetrics;

/// Seconds; the first is about a confirm of a broker nearby, the last is Kibana's patience.
const SECONDS: [f64; 12] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 15.0, 60.0,
];

/// How a request to the ingest path ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Queued.
    Accepted,
    /// Read, and nothing was in it.
    Empty,
    /// Refused with a code.
    Refused(Code),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabel {
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CauseLabel {
    cause: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReasonLabel {
    reason: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ProofLabel {
    method: &'static str,
    secret: Arc<str>,
}

/// The gateway's metrics; clones count together.
#[derive(Clone, Debug)]
pub struct Metrics {
    requests: Family<OutcomeLabel, Counter>,
    /// The one of `requests` that nearly all are, found once.
    accepted: Counter,
    refusals: Family<CauseLabel, Counter>,
    verified: Family<ProofLabel, Counter>,
    dead_letters: Family<ReasonLabel, Counter>,
    documents: Counter,
    body_bytes: Counter,
    request_seconds: Histogram,
    publish_seconds: Histogram,
    spool: SpoolMetrics,
}

impl Metrics {
    /// Makes and registers them all.
    pub fn register(registry: &mut Registry) -> Self {
        let registry = registry.sub_registry_with_prefix("gateway");
        let requests = Family::<OutcomeLabel, Counter>::default();
        let accepted = OutcomeLabel {
            outcome: "accepted",
        };
        let metrics = Self {
            accepted: requests.get_or_create_owned(&accepted),
            requests,
            refusals: Family::default(),
            verified: Family::default(),
            dead_letters: Family::default(),
            documents: Counter::default(),
            body_bytes: Counter::default(),
            request_seconds: Histogram::new(SECONDS),
            publish_seconds: Histogram::new(SECONDS),
            spool: SpoolMetrics::register(registry),
        };
        registry.register(
            "requests",
            "Requests to the ingest path, by how they ended",
            metrics.requests.clone(),
        );
        registry.register(
            "refusals",
            "Requests refused, by the cause that the caller is not told",
            metrics.refusals.clone(),
        );
        registry.register(
            "verified",
            "Bodies verified, by method and by the name of the secret",
            metrics.verified.clone(),
        );
        registry.register(
            "dead_letters",
            "Refused bodies that were kept, by reason",
            metrics.dead_letters.clone(),
        );
        registry.register("documents", "Alerts accepted", metrics.documents.clone());
        registry.register_with_unit(
            "body",
            "Bytes of accepted bodies, as published",
            Unit::Bytes,
            metrics.body_bytes.clone(),
        );
        registry.register_with_unit(
            "request_duration",
            "From the head of a request to its answer",
            Unit::Seconds,
            metrics.request_seconds.clone(),
        );
        registry.register_with_unit(
            "publish_duration",
            "From a publish to its confirm, the synced spool, or failure",
            Unit::Seconds,
            metrics.publish_seconds.clone(),
        );
        metrics
    }

    /// Those of the spool.
    pub fn spool(&self) -> SpoolMetrics {
        self.spool.clone()
    }

    /// Counts a finished request.
    pub fn finished(&self, outcome: Outcome, took: Duration) {
        let label = |outcome| OutcomeLabel { outcome };
        match outcome {
            Outcome::Accepted => self.accepted.inc(),
            Outcome::Empty => self.requests.get_or_create(&label("empty")).inc(),
            Outcome::Refused(code) => self.requests.get_or_create(&label(code.name())).inc(),
        };
        self.request_seconds.observe(took.as_secs_f64());
    }

    /// Counts a refusal.
    pub fn refused(&self, cause: Cause) {
        let label = CauseLabel {
            cause: cause.name(),
        };
        self.refusals.get_or_create(&label).inc();
    }

    /// Counts a use of a secret.
    pub fn verified(&self, payload: &VerifiedPayload) {
        let label = ProofLabel {
            method: payload.method().name(),
            secret: payload.secret().clone(),
        };
        self.verified.get_or_create(&label).inc();
    }

    /// Counts a dead letter.
    pub fn dead_letter(&self, reason: Reason) {
        let label = ReasonLabel {
            reason: reason.name(),
        };
        self.dead_letters.get_or_create(&label).inc();
    }

    /// Counts what was accepted.
    pub fn accepted(&self, documents: u32, bytes: usize) {
        self.documents.inc_by(documents.into());
        self.body_bytes
            .inc_by(u64::try_from(bytes).unwrap_or(u64::MAX));
    }

    /// Notes how long a publish took.
    pub fn published(&self, took: Duration) {
        self.publish_seconds.observe(took.as_secs_f64());
    }
}

/// What became of changed TLS files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reload {
    /// They are in force.
    Loaded,
    /// They cannot be used.
    Refused,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReloadLabel {
    result: &'static str,
}

/// The metrics of a port that speaks TLS.
#[derive(Clone, Debug, Default)]
pub struct TlsMetrics {
    expiry: Gauge,
    reloads: Family<ReloadLabel, Counter>,
}

impl TlsMetrics {
    /// Makes and registers them.
    pub fn register(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        let registry = registry.sub_registry_with_prefix("gateway_tls");
        registry.register_with_unit(
            "certificate_expiry_timestamp",
            "When the certificate in force ends, since the epoch",
            Unit::Seconds,
            metrics.expiry.clone(),
        );
        registry.register(
            "reloads",
            "TLS files that were read because they changed, and once at the start",
            metrics.reloads.clone(),
        );
        metrics
    }

    /// Notes the end of the certificate in force.
    pub fn expires(&self, at_s: i64) {
        self.expiry.set(at_s);
    }

    /// Counts a change of the files.
    pub fn reloaded(&self, result: Reload) {
        let result = match result {
            Reload::Loaded => "loaded",
            Reload::Refused => "refused",
        };
        self.reloads.get_or_create(&ReloadLabel { result }).inc();
    }
}
