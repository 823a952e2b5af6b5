//! Checks of the reader, by promise: shapes, mends, evidence, refusals, properties, hostile bytes.
//! Fixtures are written here, after no one's real alerts; a case is a line of a table with a name that is printed when it fails.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

mod evidence;
mod hostile;
mod mends;
mod properties;
mod refusals;
mod render;
mod salvages;
mod shapes;

use super::{Limits, Mended, Payload, PayloadError};

fn read(body: &str) -> Result<Payload<'_>, PayloadError> {
    super::read(body.as_bytes(), Limits::default())
}

fn ids(payload: &Payload<'_>) -> Vec<String> {
    let id = |document: &super::Document<'_>| {
        document
            .elastic_id()
            .map_or_else(|| "-".to_owned(), std::borrow::Cow::into_owned)
    };
    payload.documents.iter().map(id).collect()
}

fn mends(payload: &Payload<'_>) -> Vec<&'static str> {
    payload.mended.iter().copied().map(Mended::name).collect()
}
