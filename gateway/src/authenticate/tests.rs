//! Placeholder of the cases.
