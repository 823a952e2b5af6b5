//! What every promise needs: the real programs, servers that can be cut off, and patience with an end.
//!
//! Each test has a vhost and a database of its own, and fails when something is left of them. Tests wait
//! for facts by `eventually`, never for a time.

mod binaries;
mod chaos;
mod eventually;
mod pipeline;

pub use calseta_load::{client, generate, report, send, sign, stack, verify};
pub use chaos::{ChaosProxy, Network};
pub use eventually::eventually;
pub use pipeline::{Builder, Pipeline};
