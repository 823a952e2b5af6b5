//! Where every request with a key comes in: the key is looked up, and wrong ones are slowed down.
//!
//! A right key is let in whatever its address did before. An address that was slowed down is answered
//! 429 instead of 401, and no look at the database is spent on it.

use std::{net::IpAddr, time::Duration};

use actix_web::HttpRequest;
use time::OffsetDateTime;
use tokio::time::Instant;

use super::{AuthenticateConfig, Caller, Throttle, authenticate};
use crate::{
    error::{Cause, Refusal},
    keys::Keys,
};

/// One gateway's door.
pub struct Door {
    keys: Keys,
    throttle: Throttle,
    opened: Instant,
}

impl Door {
    /// A door for these keys.
    pub fn new(keys: Keys, config: &AuthenticateConfig) -> Self {
        Self {
            keys,
            throttle: Throttle::new(config),
            opened: Instant::now(),
        }
    }

    /// The caller of a request.
    ///
    /// # Errors
    /// When there is none, or its address guessed too often.
    pub async fn admit(&self, request: &HttpRequest) -> Result<Caller, Refusal> {
        let address = request.peer_addr().map(|address| address.ip());
        let is_tired = |address| self.throttle.is_tired_of(address, self.uptime());
        let patient = || !address.is_some_and(is_tired);
        let now = OffsetDateTime::now_utc();
        match authenticate(&self.keys, request.headers(), now, patient).await {
            Ok(caller) => Ok(caller),
            Err(error) if error.is_wrong_credential() => {
                Err(self.failed(address).unwrap_or_else(|| error.into()))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Notes a wrong credential; the refusal to give instead, when there were too many.
    pub fn failed(&self, address: Option<IpAddr>) -> Option<Refusal> {
        let wait = self.throttle.note_failure(address?, self.uptime()).err()?;
        let seconds = wait.as_secs().saturating_add(1);
        Some(Refusal::new(Cause::AddressThrottled).retry_after(seconds))
    }

    /// Takes one request from the caller's rate.
    ///
    /// # Errors
    /// When the key is over it.
    pub fn spend(&self, caller: &Caller) -> Result<(), Refusal> {
        Ok(caller.spends(self.uptime())?)
    }

    fn uptime(&self) -> Duration {
        // An hour ahead: a bucket that was never touched must be full at the start.
        self.opened.elapsed() + Duration::from_secs(3_600)
    }
}
