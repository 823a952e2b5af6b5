//! Why the spool did not take a payload, or cannot be used at all. None of them is a success.

use std::{io::ErrorKind, path::PathBuf, sync::Arc, time::Duration};

use calseta_shared::config::ConfigError;

/// The payload is not in the spool.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SpoolError {
    /// It holds as much as it may.
    #[error("the spool is full: it may hold {limit} bytes")]
    Full {
        /// `spool.max_bytes`.
        limit: u64,
    },
    /// The disk did not store it.
    #[error("the spool's disk failed: {0}")]
    Disk(#[source] Arc<redb::Error>),
    /// The disk has no room, or cannot be written.
    #[error("the spool's disk has no room: {0}")]
    NoRoom(#[source] Arc<std::io::Error>),
    /// The disk did not answer in time; it may have the payload or not.
    #[error("the spool's disk did not answer within {0:?}")]
    Slow(Duration),
    /// The directory cannot be made or used.
    #[error("the directory {} cannot be used", dir.display())]
    Directory {
        /// `spool.dir`.
        dir: PathBuf,
        /// Why.
        #[source]
        source: Arc<std::io::Error>,
    },
    /// Another gateway uses it.
    #[error(
        "the spool in {} is in use by another gateway: give each gateway a spool.dir of its own",
        dir.display()
    )]
    InUse {
        /// `spool.dir`.
        dir: PathBuf,
    },
    /// What is on disk is not what was written.
    #[error(
        "the spool in {} is damaged: nothing was changed; move the directory aside, keep it, and start again",
        dir.display()
    )]
    Damaged {
        /// `spool.dir`.
        dir: PathBuf,
        /// What is wrong.
        #[source]
        source: Arc<redb::Error>,
    },
    /// The gateway stops, or the spool's thread ended.
    #[error("the spool is closed")]
    Closed,
}

impl SpoolError {
    /// What the disk said when the spool was opened.
    pub(super) fn at_open(dir: PathBuf, error: redb::Error) -> Self {
        match error {
            redb::Error::DatabaseAlreadyOpen => Self::InUse { dir },
            redb::Error::Io(source)
                if !matches!(
                    source.kind(),
                    ErrorKind::InvalidData | ErrorKind::UnexpectedEof
                ) =>
            {
                let source = Arc::new(source);
                Self::Directory { dir, source }
            }
            source => Self::Damaged {
                dir,
                source: Arc::new(source),
            },
        }
    }

    /// A directory that cannot be used is a key that must be changed; the rest is not for the configuration.
    pub fn at_start(self) -> anyhow::Error {
        let Self::Directory { dir, source } = &self else {
            return self.into();
        };
        let problem = format!(
            "{} cannot be used ({source}): make it writable for the gateway, name another, or set it to \"\" to run \
             without a spool",
            dir.display()
        );
        let key = "spool.dir";
        ConfigError::Invalid { key, problem }.into()
    }
}
