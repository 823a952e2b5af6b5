//! Placeholder.

pub mod alert;
pub mod fields;
pub mod normalize;
