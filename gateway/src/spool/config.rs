//! How large the spool may become, how many payloads share a sync, and how fast it is drained.
//!
//! Every key is required here, since its default and its reason stand in `config.default.toml`; zero
//! is refused where it would mean that nothing is ever written or drained.

use std::{
    num::{NonZeroU32, NonZeroUsize},
    path::PathBuf,
    time::Duration,
};

use bytesize::ByteSize;
use serde::{Deserialize, Serialize};

/// The `[spool]` section.
///
/// ```
/// let section = r#"{
///     "dir": "/var/lib/calseta/spool",
///     "max_bytes": "2GiB",
///     "sync_wait": "0ms",
///     "sync_max_payloads": 512,
///     "sync_max_bytes": "16MiB",
///     "drain_per_second": 1000,
///     "drain_window": 64
/// }"#;
/// let config: calseta_gateway::spool::SpoolConfig = serde_json::from_str(section)?;
/// assert_eq!(config.max_bytes, bytesize::ByteSize::gib(2));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SpoolConfig {
    /// A directory of this gateway alone, on a disk that keeps what it has synced; made when missing.
    pub dir: PathBuf,
    /// Bytes of payloads held at most; the files may take up to twice that.
    pub max_bytes: ByteSize,
    /// How long a sync waits for more payloads. Those that come during a sync share the next in any case.
    #[serde(with = "humantime_serde")]
    pub sync_wait: Duration,
    /// Payloads that share one sync at most.
    pub sync_max_payloads: NonZeroUsize,
    /// Bytes that share one sync at most; a single larger payload has a sync of its own.
    pub sync_max_bytes: ByteSize,
    /// Payloads drained in a second at most, so that live traffic comes first.
    pub drain_per_second: NonZeroU32,
    /// Drained payloads that wait for their confirm at the same time.
    pub drain_window: NonZeroUsize,
}
