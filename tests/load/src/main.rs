//! The load tool's command line. Exit code 0 only when everything that was promised held.

use std::process::ExitCode;

use calseta_load::commands::Cli;
use calseta_shared::exit;
use clap::Parser;
use mimalloc::MiMalloc;

/// The gateway's, so that the bare HTTP server has no worse one, and the sender takes less of what it measures.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    exit::report(Cli::parse().run())
}
