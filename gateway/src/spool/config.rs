//! Where the spool lies and what it may hold; see the defaults for the reason of each key.

use std::{path::PathBuf, time::Duration};

use bytesize::ByteSize;
use calseta_shared::config::{ConfigError, Validate};
use serde::{Deserialize, Serialize};

/// Limits of the spool.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SpoolConfig {
    /// The directory of this gateway alone; empty: no spool.
    pub dir: PathBuf,
    /// Bytes of payloads it may hold.
    pub max_bytes: ByteSize,
    /// Bytes of disk kept free for emptying the spool.
    pub reserve: ByteSize,
    /// How long a request waits for the broker before its payload is spooled.
    #[serde(with = "humantime_serde")]
    pub after: Duration,
    /// How long a request waits for the disk.
    #[serde(with = "humantime_serde")]
    pub append_timeout: Duration,
    /// Payloads of one fsync at most.
    pub sync_max_payloads: usize,
    /// Bytes of one fsync at most.
    pub sync_max_bytes: ByteSize,
    /// Payloads a second that go from the spool to the broker.
    pub drain_per_second: u32,
    /// Payloads of the spool that wait for their confirm at a time.
    pub drain_window: usize,
}

impl SpoolConfig {
    /// Whether there is one.
    pub fn is_on(&self) -> bool {
        !self.dir.as_os_str().is_empty()
    }
}

impl Validate for SpoolConfig {
    fn validate(&self) -> Result<(), ConfigError> {
        let counts = [
            ("spool.sync_max_payloads", self.sync_max_payloads),
            ("spool.drain_window", self.drain_window),
            ("spool.drain_per_second", self.drain_per_second as usize),
        ];
        for (key, count) in counts {
            if count == 0 {
                return Err(invalid(key, "must be above 0"));
            }
        }
        if self.max_bytes.as_u64() == 0 {
            return Err(invalid("spool.max_bytes", "must be above 0"));
        }
        if self.reserve < ByteSize::mib(1) || self.reserve > ByteSize::gib(1) {
            return Err(invalid("spool.reserve", "must be 1MiB to 1GiB"));
        }
        Ok(())
    }
}

fn invalid(key: &'static str, problem: &str) -> ConfigError {
    ConfigError::Invalid {
        key,
        problem: problem.into(),
    }
}
