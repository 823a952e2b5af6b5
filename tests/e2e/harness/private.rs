//! Servers of one test alone, which it may kill; those of `make test` stay as they are.

use std::path::Path;

use calseta_load::servers::{Server, Servers};

/// Starts both servers, or all but the `shared` one, which stays that of all tests. Gone with the value.
///
/// # Errors
/// When one cannot be started.
pub async fn private(name: &str, shared: Option<Server>) -> anyhow::Result<Servers> {
    // A fixed place: what a killed test left behind is taken over by the next run, or by `make test`.
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder = root.join("target/e2e").join(name);
    Servers::start(&root.join("deploy/services.sh"), &folder, shared).await
}
