//! Servers of one test alone, which it may kill; those of `make test` stay as they are.

use std::path::{Path, PathBuf};

use calseta_load::servers::{Server, Servers};

/// Starts both servers, or all but the `shared` one, which stays that of all tests. Gone with the value.
///
/// # Errors
/// When one cannot be started.
pub async fn private(name: &str, shared: Option<Server>) -> anyhow::Result<Servers> {
    let script = root().join("deploy/services.sh");
    Servers::start(&script, &private_folder(name), shared).await
}

/// The `SERVICES_DIR` of a test's own servers. A fixed place: what a killed test left behind is taken over by
/// the next run, or by `make test`.
pub fn private_folder(name: &str) -> PathBuf {
    root().join("target/e2e").join(name)
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
