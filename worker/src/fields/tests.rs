//! What the reader finds, whatever way the document was nested; that it takes what serde_json takes, refuses the rest
//! and stays linear.

mod bounds;
mod json;
mod model;
mod nesting;
mod shapes;
