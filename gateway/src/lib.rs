//! The gateway: authenticate → verify → inspect → publish.
//!
//! It takes Elastic Security alerts by webhook and answers 202 only when the broker, or its own spool, has them on disk.
//! It parses to say what is wrong, never to change a byte, and keeps what it refuses.

pub mod answer;
pub mod api_keys;
pub mod app;
pub mod authenticate;
pub mod back_office;
pub mod body;
pub mod command;
pub mod config;
pub mod error;
pub mod ingest;
pub mod inspect;
pub mod keys;
pub mod metrics;
pub mod observe;
pub mod openapi;
pub mod publish;
pub mod receipts;
pub mod request;
pub mod service;
pub mod spool;
pub mod tls;
pub mod verify;
