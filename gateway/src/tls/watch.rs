//! Looks at the files and takes over what changed, as long as it can be used.
//!
//! A pair that cannot be used changes nothing: the earlier one stays in force, readiness says so, and
//! the log says it once. A certificate that nears its end is named before it has ended.

use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use calseta_shared::health::{Part, State};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::{
    ClientCertificates, TlsConfig, TlsError,
    files::{Files, Material, Problem, warn_of_open_key},
    handshake::Live,
};
use crate::metrics::{Reload, TlsMetrics};

/// What keeps the port's certificate as the files have it.
pub struct Watch {
    pub(super) config: TlsConfig,
    pub(super) live: Arc<Live>,
    pub(super) clients: Arc<ClientCertificates>,
    pub(super) metrics: TlsMetrics,
    pub(super) health: Part,
    pub(super) not_after: i64,
    /// The files that were looked at last, good or not.
    pub(super) seen: [u8; 32],
    /// Why they are not in force.
    pub(super) refused: Option<String>,
}

impl Watch {
    /// Looks at the files until `stop`.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut look = interval(self.config.reload_interval);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = look.tick() => self.look(now()),
            }
        }
    }

    pub(super) fn look(&mut self, now: i64) {
        match self.changed(now) {
            Ok(None) => {}
            Ok(Some(material)) => self.take(material),
            Err(error) => self.refuse(error.to_string()),
        }
        self.health.set(self.state(now));
    }

    fn changed(&mut self, now: i64) -> Result<Option<Material>, TlsError> {
        let files = Files::read(&self.config)?;
        let digest = files.digest();
        if digest == self.seen {
            return Ok(None);
        }
        // Noted before it is tried: what cannot be used is tried, counted and logged once.
        self.seen = digest;
        let material = files.material()?;
        if material.not_after < now {
            return Err(Problem::Expired.of("tls.certificate"));
        }
        Ok(Some(material))
    }

    /// Puts material in force.
    pub(super) fn take(&mut self, material: Material) {
        self.live.replace(material.pair);
        self.clients.replace(material.trust);
        self.not_after = material.not_after;
        self.refused = None;
        self.metrics.expires(self.not_after);
        self.metrics.reloaded(Reload::Loaded);
        warn_of_open_key(&self.config);
        tracing::info!(not_after_s = self.not_after, "the TLS files are in force");
    }

    fn refuse(&mut self, reason: String) {
        if self.refused.as_ref() == Some(&reason) {
            return;
        }
        self.metrics.reloaded(Reload::Refused);
        tracing::warn!(
            reason,
            "the TLS files cannot be used, the earlier ones stay in force"
        );
        self.refused = Some(reason);
    }

    fn state(&self, now: i64) -> State {
        let left = self.not_after.saturating_sub(now);
        let warning = i64::try_from(self.config.expiry_warning.as_secs()).unwrap_or(i64::MAX);
        if let Some(reason) = &self.refused {
            State::Degraded(format!("an earlier certificate is in force: {reason}"))
        } else if left < 0 {
            State::Degraded("the certificate has expired".into())
        } else if left < warning {
            let days = left / 86_400;
            State::Degraded(format!("the certificate ends in {days} days"))
        } else {
            State::Ready
        }
    }
}

/// Seconds since the epoch.
pub(super) fn now() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(0, |now| i64::try_from(now.as_secs()).unwrap_or(i64::MAX))
}
