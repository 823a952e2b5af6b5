//! Placeholder.

pub mod fields;
