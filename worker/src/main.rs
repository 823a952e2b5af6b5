//! The worker's command line. Exit code 64: the configuration or the call cannot be used.

use std::process::ExitCode;

use calseta_shared::exit;
use calseta_worker::commands::Cli;
use clap::Parser;

fn main() -> ExitCode {
    exit::report(Cli::parse().run())
}
