//! Sends alerts to a running gateway, checks every accepted receipt in Postgres, and measures the
//! pipeline against the limits of the same machine.
//!
//! Bounded in count and in time, always, and refuses any host that is not loopback: it must never
//! become a weapon, or a bill. The end-to-end tests use its client, its generator and its programs.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a tool of the command line speaks to its user"
)]

pub mod bench;
pub mod ceilings;
pub mod chaos;
pub mod client;
pub mod commands;
mod connections;
pub mod database;
pub mod generate;
pub mod latency;
mod process;
pub mod report;
pub mod samples;
pub mod scratch;
pub mod send;
pub mod servers;
pub mod settings;
pub mod sign;
pub mod stack;
pub mod verify;
