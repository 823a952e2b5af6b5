//! Reads a verified body into documents, to say at once what is wrong with it. Pure.
//!
//! The reader is the worker's own, so that what is accepted here is what is stored there. A refusal
//! names line and column, never a value of the body.

use calseta_shared::{
    dead_letter::Reason,
    payload::{Limits, PayloadError, read},
};

use crate::{
    error::{Cause, Refusal},
    verify::VerifiedPayload,
};

/// What a body holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspected {
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
pub struct InspectError(#[from] PayloadError);

/// Reads the body.
///
/// # Errors
/// When it cannot be read, or holds no Elastic alert.
pub fn inspect(payload: &VerifiedPayload, max_documents: usize) -> Result<Inspected, InspectError> {
    let limits = Limits {
        documents: max_documents,
        ..Limits::default()
    };
    let read = read(payload.body(), limits)?;
    Ok(Inspected {
        documents: u32::try_from(read.documents.len()).unwrap_or(u32::MAX),
        rejected: read.rejected.len(),
        mended: read.mended.iter().map(|mended| mended.name()).collect(),
    })
}

impl InspectError {
    /// Why the bytes are kept as a dead letter; an empty body leaves nothing to keep.
    pub fn dead_letter(&self) -> Option<Reason> {
        match &self.0 {
            PayloadError::Empty => None,
            PayloadError::InvalidJson { .. } | PayloadError::TooDeep { .. } => {
                Some(Reason::InvalidJson)
            }
            PayloadError::TemplateError { .. } => Some(Reason::TemplateError),
            PayloadError::TooManyDocuments { .. } => Some(Reason::TooLarge),
            PayloadError::NotAnAlert { .. } => Some(Reason::NotAnAlert),
        }
    }

    /// What is wrong, in one sentence.
    pub fn detail(&self) -> String {
        self.0.to_string()
    }
}

impl From<&InspectError> for Refusal {
    fn from(error: &InspectError) -> Self {
        let cause = match &error.0 {
            PayloadError::TemplateError { .. } => Cause::TemplateError,
            error if error.is_unreadable() => Cause::InvalidJson,
            _ => Cause::NotAnAlert,
        };
        let refusal = Self::with_message(cause, error.detail()).detail("reason", error.0.reason());
        match &error.0 {
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
