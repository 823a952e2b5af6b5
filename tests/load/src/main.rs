//! The load tool's command line. Exit code 0 only when everything that was promised held.

use std::process::ExitCode;

use calseta_load::commands::Cli;
use calseta_shared::exit;
use clap::Parser;

fn main() -> ExitCode {
    exit::report(Cli::parse().run())
}
