//! Why a payload is not in the spool, or the spool cannot be used at all.
//!
//! None of these means that the payload is surely absent after a crash; all of them mean that nobody
//! may be told it is safe.

use std::{io, path::PathBuf, sync::Arc};

use bytesize::ByteSize;

/// The spool did not do what was asked of it.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SpoolError {
    /// One more payload would exceed the limit.
    #[error(
        "the spool is full, its limit is {limit}: bring the broker back, or raise spool.max_bytes"
    )]
    Full {
        /// `max_bytes` of the configuration.
        limit: ByteSize,
    },
    /// The disk failed or has no room; it is tried again, and until then nothing is taken.
    #[error("the spool's disk cannot be written or read: free or repair it")]
    Disk(#[source] Arc<redb::Error>),
    /// The directory cannot be made, opened or locked.
    #[error("the spool directory {} cannot be used: check its path and owner", dir.display())]
    Directory {
        /// As configured.
        dir: PathBuf,
        /// What the system said.
        #[source]
        source: Arc<io::Error>,
    },
    /// Another gateway has it.
    #[error("the spool directory {} is in use by another gateway: give each its own", dir.display())]
    InUse {
        /// As configured.
        dir: PathBuf,
    },
    /// The file is damaged beyond the last unfinished write. It is left as it is.
    #[error("the spool file {} cannot be read: move it away, and keep it for repair", file.display())]
    Damaged {
        /// The file.
        file: PathBuf,
        /// What the store said.
        #[source]
        source: Arc<redb::Error>,
    },
    /// The spool was closed, or its thread ended.
    #[error("the spool is closed")]
    Closed,
}

impl SpoolError {
    pub(super) fn disk(source: impl Into<redb::Error>) -> Self {
        Self::Disk(Arc::new(source.into()))
    }
}
