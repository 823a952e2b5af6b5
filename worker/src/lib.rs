//! Normalizes queued Elastic Security alerts, extracts their indicators and stores both in Postgres.
//!
//! Consume → normalize → extract → batch → store → settle: a verb is a stage and one module, and only
//! `pipeline` knows their order. What was acknowledged is committed; what cannot be stored is a dead letter.

pub mod alert;
pub mod batch;
pub mod commands;
pub mod config;
pub mod dead_letters;
pub mod drain;
pub mod extract;
pub mod fields;
pub mod indicator;
pub mod interpret;
pub mod mappings;
pub mod metrics;
pub mod normalize;
pub mod observe;
pub mod pipeline;
pub mod reconcile;
pub mod record;
pub mod service;
pub mod settle;
pub mod store;
pub mod upkeep;
pub mod write;
