//! Placeholder.
pub mod payload;
