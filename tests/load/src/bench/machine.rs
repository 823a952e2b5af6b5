//! Where and of what a measurement was made: processor, memory, commit. And its disk, which must not be busy yet.

use std::{fs, process::Command};

use anyhow::{Context, ensure};

/// One line, such as `2 × Some Processor, 24 GiB, commit 1a2b3c4`.
pub(super) fn line() -> String {
    let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = value(&cpuinfo, "model name").unwrap_or("unknown processor");
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let meminfo = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let kilobytes: u64 = value(&meminfo, "MemTotal")
        .and_then(|text| text.split_whitespace().next()?.parse().ok())
        .unwrap_or_default();
    format!(
        "{processors} × {model}, {} GiB, commit {}",
        kilobytes / 1_024 / 1_024 + 1,
        commit()
    )
}

/// Has everything written that the last measurement left to the operating system, which would do it half a minute
/// later, in the middle of the next one: every sync waits then, for 300 ms or more.
pub(super) fn settle() -> anyhow::Result<()> {
    let status = Command::new("sync").status().context("cannot run sync")?;
    ensure!(status.success(), "sync ended with {status}");
    Ok(())
}

fn commit() -> String {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").args(arguments).output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        output.status.success().then(|| text.trim().to_owned())
    };
    let Some(commit) = git(&["rev-parse", "--short", "HEAD"]) else {
        return "unknown".into();
    };
    // What is measured is what is built: changes that are not committed must show.
    let changed = git(&["status", "--porcelain", "--untracked-files=no"])
        .is_none_or(|changes| !changes.is_empty());
    if changed {
        format!("{commit} with changes")
    } else {
        commit
    }
}

fn value<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let line = text.lines().find(|line| line.starts_with(name))?;
    line.split_once(':').map(|(_, value)| value.trim())
}
