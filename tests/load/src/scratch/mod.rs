//! A vhost and a database of one's own on the servers that are there, removed when they go out of scope.
//!
//! Names carry the process's id and a random part, so that runs beside each other never meet. Nothing else on
//! the servers is touched.

mod database;
mod vhost;

use uuid::Uuid;

pub use database::Database;
pub use vhost::Vhost;

/// A name nobody else has.
fn name(purpose: &str) -> String {
    // The last digits of a version 7 are random.
    let random = Uuid::now_v7().simple().to_string();
    format!("calseta_{purpose}_{}_{}", std::process::id(), &random[24..])
}
