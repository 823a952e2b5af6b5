//! The binaries under test: those of the same build as the running test, made fresh once a run.
//!
//! `cargo test` builds no binary of another package, so an old one could be tested by mistake.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use anyhow::{Context, anyhow, ensure};

/// The folder that holds them.
///
/// # Errors
/// When the build fails.
pub fn folder() -> anyhow::Result<PathBuf> {
    static FOLDER: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let built = FOLDER.get_or_init(|| build().map_err(|error| format!("{error:#}")));
    built
        .clone()
        .map_err(|error| anyhow!("the programs cannot be built: {error}"))
}

fn build() -> anyhow::Result<PathBuf> {
    // target/<profile>/deps/<this test>
    let test = std::env::current_exe()?;
    let folder = test
        .parent()
        .and_then(Path::parent)
        .context("the test lies nowhere")?;
    let target = folder.parent().context("the test lies nowhere")?;
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .args([
            "build",
            "--quiet",
            "--locked",
            "--workspace",
            "--bins",
            "--target-dir",
        ])
        .arg(target)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    if folder.ends_with("release") {
        cargo.arg("--release");
    }
    ensure!(cargo.status()?.success(), "cargo build failed");
    Ok(folder.into())
}
