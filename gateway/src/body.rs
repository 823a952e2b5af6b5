//! Reads a request's body within limits of size, time and memory.
//!
//! Memory for the whole body is reserved before its first byte is read: a request waits for its turn
//! while the operating system holds the sender back, and none can get stuck half way. Small bodies
//! have memory of their own, so that large ones never keep an ordinary alert waiting.

use std::{sync::Arc, time::Duration};

use actix_web::{
    http::header::{CONTENT_ENCODING, CONTENT_LENGTH, HeaderMap},
    web,
};
use bytes::{Bytes, BytesMut};
use futures_util::{FutureExt, StreamExt};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout, timeout_at},
};

use crate::{
    config::HttpConfig,
    error::{Cause, Refusal},
};

/// Memory is counted in these, so that a permit's 32 bits are enough.
const UNIT: u64 = 1_024;

/// What bodies may take.
#[derive(Debug)]
pub struct Bodies {
    limit: u64,
    small: u64,
    total_time: Duration,
    idle_time: Duration,
    wait: Duration,
    small_memory: Arc<Semaphore>,
    large_memory: Arc<Semaphore>,
}

/// A body, and the memory it holds until it is dropped.
#[derive(Debug)]
pub struct Body {
    /// The bytes as received.
    pub bytes: Bytes,
    _memory: OwnedSemaphorePermit,
}

/// The body was not read.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// Over the limit.
    #[error("the body is over {limit} bytes")]
    TooLarge {
        /// The limit.
        limit: u64,
    },
    /// It did not arrive in time.
    #[error("the body did not arrive in time, {received} bytes came")]
    TooSlow {
        /// How much came.
        received: usize,
    },
    /// The connection ended, or the chunks cannot be read.
    #[error("the body ended after {received} bytes")]
    CutOff {
        /// How much came.
        received: usize,
    },
    /// No memory came free.
    #[error("no memory for the body came free within {waited:?}")]
    MemoryFull {
        /// How long it waited.
        waited: Duration,
    },
}

impl From<BodyError> for Refusal {
    fn from(error: BodyError) -> Self {
        let message = error.to_string();
        match error {
            BodyError::TooLarge { limit } => {
                Self::with_message(Cause::BodyTooLarge, message).detail("limit_bytes", limit)
            }
            BodyError::TooSlow { .. } => Self::with_message(Cause::BodyTooSlow, message),
            BodyError::CutOff { .. } => Self::with_message(Cause::BodyCutOff, message),
            BodyError::MemoryFull { .. } => Self::new(Cause::BodyMemoryFull),
        }
    }
}

impl Bodies {
    /// The limits of a configuration.
    pub fn new(config: &HttpConfig) -> Self {
        let memory = |bytes: u64| {
            let units = usize::try_from(bytes / UNIT).unwrap_or(usize::MAX);
            Arc::new(Semaphore::new(units.clamp(1, Semaphore::MAX_PERMITS)))
        };
        Self {
            limit: config.body_limit.as_u64(),
            small: config.small_body.as_u64(),
            total_time: config.body_timeout,
            idle_time: config.body_idle_timeout,
            wait: config.body_memory_wait,
            small_memory: memory(config.small_body_memory.as_u64()),
            large_memory: memory(config.body_memory.as_u64()),
        }
    }

    /// Reads a body whole.
    ///
    /// # Errors
    /// When a limit is reached or the connection ends.
    pub async fn read(&self, headers: &HeaderMap, stream: web::Payload) -> Result<Body, BodyError> {
        let announced = headers
            .get(CONTENT_LENGTH)
            .and_then(|v| v.to_str().ok()?.parse().ok());
        if announced.is_some_and(|length: u64| length > self.limit) {
            return Err(BodyError::TooLarge { limit: self.limit });
        }
        // What it becomes when it is decompressed is reserved with it: a second wait could lock up.
        let unpacked = headers.contains_key(CONTENT_ENCODING).then_some(self.limit);
        let most = announced.unwrap_or(self.limit) + unpacked.unwrap_or(0);
        let memory = self.reserve(most).await?;
        let bytes = self.collect(stream, announced).await?;
        Ok(Body {
            bytes,
            _memory: memory,
        })
    }

    async fn reserve(&self, bytes: u64) -> Result<OwnedSemaphorePermit, BodyError> {
        let memory = if bytes <= self.small {
            &self.small_memory
        } else {
            &self.large_memory
        };
        let units = u32::try_from(bytes.div_ceil(UNIT).max(1)).unwrap_or(u32::MAX);
        // Mostly there is enough: then nothing need be timed.
        if let Ok(permit) = memory.clone().try_acquire_many_owned(units) {
            return Ok(permit);
        }
        match timeout(self.wait, memory.clone().acquire_many_owned(units)).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) | Err(_) => Err(BodyError::MemoryFull { waited: self.wait }),
        }
    }

    async fn collect(
        &self,
        mut stream: web::Payload,
        announced: Option<u64>,
    ) -> Result<Bytes, BodyError> {
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let deadline = Instant::now() + self.total_time;
        let capacity = announced
            .and_then(|length| usize::try_from(length).ok())
            .unwrap_or(0);
        let mut body = BytesMut::new();
        loop {
            let received = body.len();
            // What is there already is not timed: a sender that is late meets the deadline at the next wait.
            let part = if let Some(part) = stream.next().now_or_never() {
                part
            } else {
                let until = deadline.min(Instant::now() + self.idle_time);
                let part = timeout_at(until, stream.next()).await;
                part.map_err(|_| BodyError::TooSlow { received })?
            };
            match part {
                None => return Ok(body.freeze()),
                Some(Err(_)) => return Err(BodyError::CutOff { received }),
                // Most alerts come in one part, which then need not be copied.
                Some(Ok(part)) if body.is_empty() && part.len() == capacity => return Ok(part),
                Some(Ok(part)) => {
                    if received + part.len() > limit {
                        return Err(BodyError::TooLarge { limit: self.limit });
                    }
                    if received == 0 {
                        body.reserve(capacity);
                    }
                    body.extend_from_slice(&part);
                }
            }
        }
    }
}
