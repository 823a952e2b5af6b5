//! Why a body gives no documents at all. `is_unreadable` draws the line the HTTP contract draws: unreadable is 400,
//! readable but no Elastic alert is 422. Messages hold positions and what was expected, never a value of the body.

/// Why a body was refused as a whole.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PayloadError {
    /// The body has no byte but white space.
    #[error("the body is empty; send the alert as JSON")]
    Empty,
    /// The body is no JSON, and no repair made it JSON.
    #[error("the body is no JSON at line {line} column {column}: {detail}")]
    InvalidJson {
        /// Line of the strict failure, from 1.
        line: usize,
        /// Column of the strict failure in bytes, from 1.
        column: usize,
        /// What was expected or found there.
        detail: String,
    },
    /// Kibana could not render the rule's template and sent its complaint as the body.
    #[error(
        "kibana could not render the template of the webhook action: {detail}; correct the body template of the rule's action"
    )]
    TemplateError {
        /// What the template engine says, at most 200 characters.
        detail: String,
    },
    /// The body nests deeper than allowed.
    #[error("the body nests {depth} levels deep, {limit} are allowed")]
    TooDeep {
        /// Levels found.
        depth: usize,
        /// Levels allowed.
        limit: usize,
    },
    /// The body holds more candidates for an alert than allowed.
    #[error("the body holds more than {limit} documents; send fewer alerts per request")]
    TooManyDocuments {
        /// Documents allowed, before duplicates are dropped.
        limit: usize,
    },
    /// The body is readable, but nothing in it is an Elastic alert.
    #[error("the body holds no Elastic alert: {detail}")]
    NotAnAlert {
        /// What was found instead.
        detail: &'static str,
    },
}

impl PayloadError {
    /// Whether the body could not be read (400), as opposed to read but without an alert (422).
    pub fn is_unreadable(&self) -> bool {
        !matches!(
            self,
            Self::NotAnAlert { .. } | Self::TooManyDocuments { .. }
        )
    }

    /// The stable `snake_case` reason, for dead letters and metrics.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::InvalidJson { .. } => "invalid_json",
            Self::TemplateError { .. } => "template_error",
            Self::TooDeep { .. } => "too_deep",
            Self::TooManyDocuments { .. } => "too_many_documents",
            Self::NotAnAlert { .. } => "not_an_alert",
        }
    }
}
