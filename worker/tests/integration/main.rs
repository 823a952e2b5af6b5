//! Promises of the worker that need a real Postgres, one file each.
//!
//! Each test has a database of its own, which is dropped at its end.

#![expect(clippy::unwrap_used, clippy::panic_in_result_fn, reason = "tests")]

mod alike_alerts_are_marked;
#[path = "../database/mod.rs"]
mod database;
mod letters;
mod links_are_found;
mod mappings_are_live;
mod one_bad_costs_little;
mod reconcile_finds;
mod replay_is_exact;
mod replay_of_one_document;
mod replay_survives_kills;
mod start_waits;
mod wire;
