//! Says why a body gives nothing, in words its sender can act on.
//! Positions count from 1, of the first strict failure in the body; details never quote the body, save what Kibana says of a template.

use super::document::{Rejected, RejectedReason};
use super::error::PayloadError;
use super::stream::Failure;

const TEMPLATE_ERROR: &str = "error rendering mustache template";
const DETAIL_LENGTH: usize = 200;

/// The refusal of a text that Kibana sends instead of a body it could not render.
pub(super) fn template_error(text: &str) -> Option<PayloadError> {
    let text = text.trim();
    let opening = text.get(..TEMPLATE_ERROR.len())?;
    if !opening.eq_ignore_ascii_case(TEMPLATE_ERROR) {
        return None;
    }
    let complaint = text
        .rsplit_once("\": ")
        .map_or(TEMPLATE_ERROR, |(_, complaint)| complaint);
    Some(PayloadError::TemplateError {
        detail: complaint.chars().take(DETAIL_LENGTH).collect(),
    })
}

/// The refusal of a text that is no JSON, with the position of the strict failure.
pub(super) fn invalid_json(text: &str, failure: Option<&Failure>) -> PayloadError {
    let Some(failure) = failure else {
        return PayloadError::InvalidJson {
            line: 1,
            column: 1,
            detail: "expected value".to_owned(),
        };
    };
    let before = text.get(..failure.start).unwrap_or_default();
    let lines_before = memchr::memchr_iter(b'\n', before.as_bytes()).count();
    let columns_before =
        before.len() - memchr::memrchr(b'\n', before.as_bytes()).map_or(0, |at| at + 1);
    let (line, column) = (failure.error.line(), failure.error.column());
    let said = failure.error.to_string();
    PayloadError::InvalidJson {
        line: lines_before + line.max(1),
        column: if line <= 1 {
            columns_before + column
        } else {
            column
        }
        .max(1),
        detail: said
            .rsplit_once(" at line ")
            .map_or(said.as_str(), |(detail, _)| detail)
            .to_owned(),
    }
}

/// The refusal of a readable body without any alert.
pub(super) fn no_alert(rejected: &[Rejected<'_>]) -> PayloadError {
    let detail = match rejected {
        [] => "none of the members known to hold alerts is in it",
        [only] => match only.reason {
            RejectedReason::InvalidJson => {
                "a string where an alert was expected holds no readable JSON"
            }
            RejectedReason::TooDeep => "a string where an alert was expected nests too deep",
            RejectedReason::NotAnObject => "an object was expected where the alert should be",
            RejectedReason::NotAnAlert => {
                "an object without kibana.alert.*, signal.*, event.kind alert, or a rule and an alert id"
            }
        },
        _ => "none of the elements where alerts should be is one",
    };
    PayloadError::NotAnAlert { detail }
}
