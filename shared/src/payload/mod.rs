//! Reads any body a Kibana webhook or a tool in between may send into documents, one an alert; gateway and worker
//! alike. Pure, linear in the body, bounded in recursion and memory; no bytes make it panic. A clean body is borrowed.
//!
//! **Order**: strict JSON; byte order mark dropped; a stream of values (NDJSON, glued, `_bulk` lines skipped); a comma
//! list; commas before `]` and `}` dropped, members without value, bare control characters and wrong escapes mended;
//! HTML entities resolved; what is still broken in a stream left out, if the rest holds alerts. A string that holds
//! JSON is decoded once, and once more inside it. Lone surrogates and bad UTF-8 become U+FFFD.
//!
//! **An Elastic alert** is an object with any non-blank `kibana.alert.*` or `signal.*` (dotted, nested, split), or with
//! `event.kind` alert or signal (Elastic Defend), or a hit whose `_source` or `fields` is one. Without these it counts
//! as a thin alert if it has `_id` and the `_index` of an alerts index; or a `rule` beside it (with name or id) and an
//! id, a severity, a time or an ECS entity of its own; or a `rule` object inside and an id or severity. A flat summary
//! whose rule is a plain word, and anything else, is refused.
//!
//! **An envelope** is opened by the names in `envelope.rs`, five levels at most, also where a member is named in dotted form. No
//! alerts in a Kibana list (`{"alerts":[]}`) is no error. The same alert twice in a body (by `kibana.alert.uuid`, else
//! `_id`, else equal text) counts once. Duplicate keys stay in the text; the last one wins.

mod alert;
mod beside;
mod document;
mod entities;
mod envelope;
mod error;
mod gathered;
mod lookup;
mod mend;
mod mended;
mod outline;
mod read;
mod refusal;
mod salvage;
mod stream;
mod survey;
#[cfg(test)]
mod tests;
mod unwrap;
mod walk;

pub use beside::{Beside, in_context};
pub use document::{Document, Payload, Rejected, RejectedReason};
pub use error::PayloadError;
pub use mended::Mended;
pub use read::{Limits, read};
