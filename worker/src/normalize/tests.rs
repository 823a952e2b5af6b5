//! Whole documents and any JSON at all.
