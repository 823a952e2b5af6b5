//! The gateway against a real RabbitMQ and a real Postgres: one file a promise.
//!
//! Every test has a vhost, a database and ports of its own and leaves nothing behind. Without servers
//! the tests fail; `make test` brings them up.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod accepting;
mod boundary;
mod certificates;
mod clients;
mod contract;
mod dead_letters;
mod http;
mod keys;
mod limits;
mod managing;
mod mappings;
mod openapi;
mod outages;
mod receipts;
mod refused;
mod replays;
mod tls;
mod vhost;
mod world;
