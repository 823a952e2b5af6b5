//! What every promise needs: the real programs, servers that can be cut off, and patience with an end.
//!
//! Each test has a vhost and a database of its own, and fails when something is left of them. Tests wait
//! for facts by `eventually`, never for a time.

mod binaries;
mod eventually;
mod pipeline;
mod private;

pub use binaries::folder as binaries;
pub use calseta_load::{
    chaos::{
        self,
        network::{ChaosProxy, Network},
    },
    client, generate, report, send, servers, sign, stack, verify,
};
pub use eventually::eventually;
pub use pipeline::{Builder, Pipeline};
pub use private::{private, private_folder};
