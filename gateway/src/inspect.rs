//! Reads a verified body into documents, to say at once what is wrong with it. Pure.
//!
//! The reader is the worker's own, so that what is accepted here is what is stored there. A refusal
//! names line and column, never a value of the body, and hands back the bytes that are to be kept.

use calseta_shared::{
    dead_letter::Reason,
    payload::{Limits, PayloadError, read},
};

use crate::{
    error::{Cause, Refusal},
    verify::{EncodingError, VerifiedPayload},
};

/// What a body may become.
#[derive(Clone, Copy, Debug)]
pub struct InspectLimits {
    /// Bytes after decompression.
    pub bytes: u64,
    /// Documents in it.
    pub documents: usize,
}

/// What a body holds.
#[derive(Clone, Debug)]
pub struct Inspected {
    /// The body, decompressed.
    pub payload: VerifiedPayload,
    /// Alerts in it.
    pub documents: u32,
    /// Parts of it that are no alert; the worker keeps each as a dead letter.
    pub rejected: usize,
    /// What had to be mended to read it.
    pub mended: Vec<&'static str>,
}

/// The body holds nothing that could be stored.
#[derive(Debug, thiserror::Error)]
#[error("the body was refused")]
pub struct InspectError {
    /// The bytes, decompressed where that was possible.
    pub payload: VerifiedPayload,
    #[source]
    problem: Problem,
}

#[derive(Debug, thiserror::Error)]
enum Problem {
    #[error(transparent)]
    Body(#[from] PayloadError),
    #[error(transparent)]
    Encoding(#[from] EncodingError),
}

/// Decompresses and reads the body; `encoding` is its `Content-Encoding`.
///
/// # Errors
/// When it cannot be read, or holds no Elastic alert.
pub fn inspect(
    received: &VerifiedPayload,
    encoding: Option<&str>,
    limits: InspectLimits,
) -> Result<Inspected, Box<InspectError>> {
    let refused = |payload: &VerifiedPayload, problem| InspectError {
        payload: payload.clone(),
        problem,
    };
    let payload = received
        .decompressed(encoding, limits.bytes)
        .map_err(|error| refused(received, error.into()))?;
    let reader_limits = Limits {
        documents: limits.documents,
        ..Limits::default()
    };
    let read =
        read(payload.body(), reader_limits).map_err(|error| refused(&payload, error.into()))?;
    let documents = u32::try_from(read.documents.len()).unwrap_or(u32::MAX);
    let rejected = read.rejected.len();
    let mended = read.mended.iter().map(|mended| mended.name()).collect();
    Ok(Inspected {
        payload,
        documents,
        rejected,
        mended,
    })
}

impl InspectError {
    /// Why the bytes are kept as a dead letter. An empty body leaves nothing to keep, and one that is
    /// too large is refused like any other over the limit.
    pub fn dead_letter(&self) -> Option<Reason> {
        match &self.problem {
            Problem::Body(PayloadError::Empty)
            | Problem::Encoding(EncodingError::TooLarge { .. }) => None,
            Problem::Body(PayloadError::InvalidJson { .. } | PayloadError::TooDeep { .. })
            | Problem::Encoding(EncodingError::Unknown { .. } | EncodingError::Broken { .. }) => {
                Some(Reason::InvalidJson)
            }
            Problem::Body(PayloadError::TemplateError { .. }) => Some(Reason::TemplateError),
            Problem::Body(PayloadError::TooManyDocuments { .. }) => Some(Reason::TooLarge),
            Problem::Body(PayloadError::NotAnAlert { .. }) => Some(Reason::NotAnAlert),
        }
    }

    /// What is wrong, in one sentence.
    pub fn detail(&self) -> String {
        self.problem.to_string()
    }

    fn cause(&self) -> Cause {
        match &self.problem {
            Problem::Body(PayloadError::TemplateError { .. }) => Cause::TemplateError,
            Problem::Body(error) if error.is_unreadable() => Cause::InvalidJson,
            Problem::Body(_) => Cause::NotAnAlert,
            Problem::Encoding(EncodingError::Unknown { .. }) => Cause::UnknownEncoding,
            Problem::Encoding(EncodingError::Broken { .. }) => Cause::BrokenEncoding,
            Problem::Encoding(EncodingError::TooLarge { .. }) => Cause::BodyTooLarge,
        }
    }
}

impl From<&InspectError> for Refusal {
    fn from(error: &InspectError) -> Self {
        let refusal = Self::with_message(error.cause(), error.detail());
        let body = match &error.problem {
            Problem::Encoding(EncodingError::TooLarge { limit }) => {
                return refusal.detail("limit_bytes", *limit);
            }
            Problem::Encoding(_) => return refusal.detail("reason", error.cause().name()),
            Problem::Body(body) => body,
        };
        let refusal = refusal.detail("reason", body.reason());
        match body {
            PayloadError::InvalidJson {
                line,
                column,
                detail,
            } => refusal
                .detail("line", *line)
                .detail("column", *column)
                .detail("expected", detail.as_str()),
            PayloadError::Empty => refusal.detail("line", 1).detail("column", 1),
            PayloadError::TooDeep { limit, .. } | PayloadError::TooManyDocuments { limit } => {
                refusal.detail("limit", *limit)
            }
            PayloadError::TemplateError { .. } | PayloadError::NotAnAlert { .. } => refusal,
        }
    }
}
