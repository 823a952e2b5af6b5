//! Placeholder.

pub mod extract;
pub mod fields;
pub mod indicator;
