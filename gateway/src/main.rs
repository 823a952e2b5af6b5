//! Turns the command line into an exit code: 0, 64 for a bad configuration or command line, else 1.

use std::process::ExitCode;

use calseta_gateway::command::{Arguments, execute};
use calseta_shared::exit;
use clap::{Parser, error::ErrorKind};
use mimalloc::MiMalloc;

/// Bodies and answers are made by one thread and freed by another, for which the system's allocator takes locks.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    match Arguments::try_parse() {
        Ok(arguments) => exit::report(execute(arguments).await),
        Err(error) => {
            // An answer to --help that nobody reads is no failure.
            drop(error.print());
            match error.kind() {
                ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => ExitCode::SUCCESS,
                _ => ExitCode::from(exit::USAGE),
            }
        }
    }
}
