//! Whose request it is: a key that is known, not revoked, not expired.
//!
//! The caller is told nothing but "not valid"; only the holder of the whole key learns that it has
//! expired. What the key may do is asked of the [`Caller`], never assumed.

mod credential;
mod door;
#[cfg(test)]
mod tests;
mod throttle;

use std::{sync::Arc, time::Duration};

use actix_web::http::header::HeaderMap;
use calseta_shared::source::Source;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

pub use credential::presented;
pub use door::Door;
pub use throttle::Throttle;

use crate::{
    error::{Cause, Refusal},
    keys::{Held, KeySecret, Keys, Scope},
};

/// How wrong credentials are slowed down.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct AuthenticateConfig {
    /// Wrong credentials of one address before it is answered 429.
    pub failures_burst: u32,
    /// How many of them are forgiven a second.
    pub failures_per_second: u32,
}

/// A key whose holder sent this request.
#[derive(Clone, Debug)]
pub struct Caller(Arc<Held>);

/// The request has no caller, or one that may not do this.
#[derive(Debug, thiserror::Error)]
pub enum AuthenticateError {
    /// No header with a key.
    #[error("no key was sent")]
    NoCredential,
    /// A header that holds no key.
    #[error("the credential is not a key")]
    Malformed,
    /// One header twice, or two keys.
    #[error("more than one credential was sent")]
    Repeated,
    /// No key has this hash.
    #[error("the key is not known")]
    Unknown,
    /// The key was revoked.
    #[error("the key {prefix} was revoked")]
    Revoked {
        /// Which one.
        prefix: String,
    },
    /// The key's time is over.
    #[error("the key {prefix} has expired")]
    Expired {
        /// Which one.
        prefix: String,
    },
    /// The key may not do this.
    #[error("the key has not the scope {scope}")]
    MissingScope {
        /// What is missing.
        scope: Scope,
    },
    /// The key may not send for this source.
    #[error("the key may not send for {source_name}")]
    SourceNotAllowed {
        /// Which one.
        source_name: Source,
    },
    /// The key is over its rate.
    #[error("the key is over its rate, the next request is free in {wait:?}")]
    RateLimited {
        /// Until then.
        wait: Duration,
    },
    /// The gateway has no keys to compare with.
    #[error("the keys are not loaded yet")]
    KeysNotLoaded,
}

impl AuthenticateError {
    /// Whether somebody may be guessing.
    pub fn is_wrong_credential(&self) -> bool {
        matches!(
            self,
            Self::Malformed | Self::Repeated | Self::Unknown | Self::Revoked { .. }
        )
    }

    /// The reason, for the table of errors.
    pub fn cause(&self) -> Cause {
        match self {
            Self::NoCredential => Cause::NoCredential,
            Self::Malformed => Cause::MalformedCredential,
            Self::Repeated => Cause::RepeatedCredential,
            Self::Unknown => Cause::UnknownKey,
            Self::Revoked { .. } => Cause::KeyRevoked,
            Self::Expired { .. } => Cause::KeyExpired,
            Self::MissingScope { .. } => Cause::MissingScope,
            Self::SourceNotAllowed { .. } => Cause::SourceNotAllowed,
            Self::RateLimited { .. } => Cause::KeyRateLimited,
            Self::KeysNotLoaded => Cause::KeysNotLoaded,
        }
    }
}

impl From<AuthenticateError> for Refusal {
    fn from(error: AuthenticateError) -> Self {
        let refusal = Self::new(error.cause());
        match error {
            AuthenticateError::MissingScope { scope } => refusal.detail("scope", scope.name()),
            AuthenticateError::RateLimited { wait } => {
                refusal.retry_after(wait.as_millis().div_ceil(1_000).try_into().unwrap_or(1))
            }
            _ => refusal,
        }
    }
}

/// Finds the caller by the key in the headers. `patient`, asked only when there is none: whether the database is
/// asked again before the key is refused, since it may be seconds old.
///
/// # Errors
/// When there is no key, or it does not let anybody in.
pub async fn authenticate(
    keys: &Keys,
    headers: &HeaderMap,
    now: OffsetDateTime,
    patient: impl FnOnce() -> bool,
) -> Result<Caller, AuthenticateError> {
    let secret = presented(headers)?;
    let found = keys.find(&secret, patient).await;
    let held = found.map_err(|_| AuthenticateError::KeysNotLoaded)?;
    admit(held, &secret, now)
}

fn admit(
    held: Option<Arc<Held>>,
    secret: &KeySecret,
    now: OffsetDateTime,
) -> Result<Caller, AuthenticateError> {
    let held = held.ok_or(AuthenticateError::Unknown)?;
    let prefix = || secret.prefix().to_owned();
    if held.key.revoked_at.is_some() {
        return Err(AuthenticateError::Revoked { prefix: prefix() });
    }
    if held.key.is_expired(now) {
        return Err(AuthenticateError::Expired { prefix: prefix() });
    }
    held.usage.touch(now);
    Ok(Caller(held))
}

impl Caller {
    /// The lookup prefix of its key.
    pub fn prefix(&self) -> &str {
        &self.0.key.prefix
    }

    /// The id of its key.
    pub fn key_id(&self) -> uuid::Uuid {
        self.0.key.id
    }

    /// The name of its key, and its prefix: who it was, for an audit that people read.
    pub fn described(&self) -> String {
        format!("{} ({})", self.0.key.name, self.0.key.prefix)
    }

    /// Insists that the key may do this.
    ///
    /// # Errors
    /// When it may not.
    pub fn needs(&self, scope: Scope) -> Result<(), AuthenticateError> {
        let granted = self.0.key.grants(scope);
        granted
            .then_some(())
            .ok_or(AuthenticateError::MissingScope { scope })
    }

    /// Insists that the key may send for this source.
    ///
    /// # Errors
    /// When it may not.
    pub fn sends_for(&self, source: Source) -> Result<(), AuthenticateError> {
        let allowed = self.0.key.allows(source);
        let refused = AuthenticateError::SourceNotAllowed {
            source_name: source,
        };
        allowed.then_some(()).ok_or(refused)
    }

    /// Takes one request from the key's rate; `now` counts from any fixed moment.
    ///
    /// # Errors
    /// When the key is over it.
    pub fn spends(&self, now: Duration) -> Result<(), AuthenticateError> {
        match self.0.key.rate {
            Some(rate) => self
                .0
                .usage
                .bucket
                .take(rate, now)
                .map_err(|wait| AuthenticateError::RateLimited { wait }),
            None => Ok(()),
        }
    }
}
