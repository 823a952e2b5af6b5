//! Placeholder.

pub mod alert;
pub mod extract;
pub mod fields;
pub mod indicator;
pub mod normalize;
