//! The worker's command line. Exit code 64: the configuration or the call cannot be used.

use std::process::ExitCode;

use calseta_shared::exit;
use calseta_worker::commands::Cli;
use clap::Parser;
use mimalloc::MiMalloc;

/// Deliveries are made by one thread and freed by another, for which the system's allocator takes locks.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    exit::report(Cli::parse().run())
}
