//! The gateway against a real RabbitMQ and a real Postgres: one file a promise.
//!
//! Every test has a vhost, a database and ports of its own and leaves nothing behind. Without servers
//! the tests fail; `make test` brings them up.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod accepting;
mod boundary;
mod dead_letters;
mod http;
mod keys;
mod limits;
mod managing;
mod outages;
mod receipts;
mod replays;
mod world;
