//! The limits of this machine, measured with the same bytes that the pipeline gets.
//!
//! Each does the one thing that cannot be left out, and nothing else: confirm, commit, or answer. All
//! in a vhost and a database of their own, removed afterwards.

mod copy;
mod http;
mod publish;

use std::time::Duration;

use bytes::Bytes;
use time::OffsetDateTime;

use crate::{
    generate::Generator,
    report,
    scratch::{Database, Vhost},
    settings::Settings,
};

pub use http::Requests;

/// Bodies made ahead, so that making them costs the ceilings nothing.
const BODIES: u64 = 4_000;

/// What measures the limits of one run.
pub struct Ceilings<'s> {
    settings: &'s Settings,
    generator: Generator,
    bodies: Vec<Bytes>,
    each: Duration,
}

impl<'s> Ceilings<'s> {
    /// Makes the bodies; each ceiling will be measured for `each`.
    pub fn new(settings: &'s Settings, each: Duration) -> Self {
        let generator = Generator::new(1, OffsetDateTime::now_utc());
        Self {
            settings,
            bodies: (0..BODIES).map(|n| generator.body(n)).collect(),
            generator,
            each,
        }
    }

    /// Confirmed publishes a second.
    ///
    /// # Errors
    /// When the broker cannot be used.
    pub async fn publishes(&self) -> anyhow::Result<f64> {
        report::progress("ceiling: confirmed publishes by bare lapin");
        let mut vhost = Vhost::create(self.settings, "ceiling")?;
        let publishes = publish::per_second(vhost.url(), &self.bodies, self.each).await?;
        vhost.remove()?;
        Ok(publishes)
    }

    /// Rows copied a second, committed by 500: by one connection, and by two at once.
    ///
    /// # Errors
    /// When Postgres cannot be used.
    pub async fn copies(&self) -> anyhow::Result<[f64; 2]> {
        report::progress("ceiling: bare COPY into one table");
        let mut database = Database::create(self.settings, "ceiling").await?;
        let copies = copy::per_second(&database.config(), &self.bodies, self.each).await?;
        database.remove()?;
        Ok(copies)
    }

    /// Requests that are read and answered.
    ///
    /// # Errors
    /// When the server cannot be started, or does not answer.
    pub async fn requests(&self) -> anyhow::Result<Requests> {
        report::progress("ceiling: an HTTP server that reads the body and answers 202");
        http::measure(&self.generator, self.each).await
    }
}
