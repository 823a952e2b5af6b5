//! What a program tells its caller by its exit code, after `sysexits.h`.
//!
//! A bad configuration is 64, so that a supervisor can tell "fix me" from "start me again".

use std::process::ExitCode;

use crate::config::ConfigError;

/// The configuration, or the command line, cannot be used: starting again will not help.
pub const USAGE: u8 = 64;

/// Turns the end of `main` into an exit code, with one readable line on standard error.
pub fn report(outcome: anyhow::Result<()>) -> ExitCode {
    let Err(error) = outcome else {
        return ExitCode::SUCCESS;
    };
    #[expect(clippy::print_stderr, reason = "the last word of a program that ends")]
    {
        eprintln!("error: {error:#}");
    }
    if error.downcast_ref::<ConfigError>().is_some() {
        return ExitCode::from(USAGE);
    }
    ExitCode::FAILURE
}
