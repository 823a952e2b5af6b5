//! Servers of one test alone, which it may kill; those of `make test` stay as they are.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::ensure;
use calseta_load::servers::{Server, Servers};

/// Starts both servers, or all but the `shared` one, which stays that of all tests. Gone with the value.
///
/// # Errors
/// When one cannot be started.
pub async fn private(name: &str, shared: Option<Server>) -> anyhow::Result<Servers> {
    Servers::start(&script(), &folder(name), shared).await
}

/// The `SERVICES_DIR` that the servers of this name will have, with nothing in it.
///
/// # Errors
/// When what was left there by a killed test cannot be taken down.
pub fn private_folder(name: &str) -> anyhow::Result<PathBuf> {
    let folder = folder(name);
    let mut down = Command::new(script());
    let ended = down.arg("down").env("SERVICES_DIR", &folder).output()?;
    ensure!(
        ended.status.success(),
        "{}",
        String::from_utf8_lossy(&ended.stderr).trim()
    );
    Ok(folder)
}

/// A fixed place: what a killed test left behind is taken over by the next run, or by `make test`.
fn folder(name: &str) -> PathBuf {
    root().join("target/e2e").join(name)
}

fn script() -> PathBuf {
    root().join("deploy/services.sh")
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
