//! What both programs need and neither could own: configuration, the queue, telemetry, health and shutdown.
//!
//! It reads request bodies into documents, but does not know what an alert means:
//! titles, severities and indicators are the worker's. `lapin` is used here and nowhere else.

pub mod admin;
pub mod broker;
pub mod config;
pub mod database;
pub mod dead_letter;
pub mod envelope;
pub mod exit;
pub mod health;
pub mod ids;
pub mod listener;
pub mod payload;
pub mod shutdown;
pub mod source;
pub mod telemetry;
pub mod tls;
pub mod topology;
