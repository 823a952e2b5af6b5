//! The limits of this machine, measured with the same bytes that the pipeline gets.
//!
//! Each does the one thing that cannot be left out, and nothing else: confirm, commit, or answer. All
//! in a vhost and a database of their own, removed afterwards.

mod copy;
mod http;
mod publish;

use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::{
    generate::Generator,
    report::{self, rate, table},
    scratch::{Database, Vhost},
    settings::Settings,
};

/// Bodies made ahead, so that making them costs the ceilings nothing.
const BODIES: u64 = 4_000;

/// What the parts can do on their own.
#[derive(Clone, Copy, Debug)]
pub struct Ceilings {
    /// Confirmed publishes a second.
    pub publishes: f64,
    /// Rows copied a second, committed by 500, by one connection and by two.
    pub copies: [f64; 2],
    /// Requests a second that are read and answered.
    pub requests: f64,
}

impl Ceilings {
    /// Measures all three, `each` long.
    ///
    /// # Errors
    /// When a server cannot be used.
    pub async fn measure(settings: &Settings, each: Duration) -> anyhow::Result<Self> {
        let generator = Generator::new(1, OffsetDateTime::now_utc());
        let bodies: Vec<Bytes> = (0..BODIES).map(|n| generator.body(n)).collect();
        report::progress("ceiling: confirmed publishes by bare lapin");
        let mut vhost = Vhost::create(settings, "ceiling")?;
        let publishes = publish::per_second(vhost.url(), &bodies, each).await?;
        vhost.remove()?;
        report::progress("ceiling: bare COPY into one table");
        let mut database = Database::create(settings, "ceiling").await?;
        let copies = copy::per_second(&database.config(), &bodies, each).await?;
        database.remove()?;
        report::progress("ceiling: an HTTP server that reads the body and answers 202");
        let requests = http::per_second(&generator, each).await?;
        Ok(Self {
            publishes,
            copies,
            requests,
        })
    }

    /// Rows copied a second, by as many connections as is better.
    pub fn rows(&self) -> f64 {
        let [one, two] = self.copies;
        one.max(two)
    }

    /// For people.
    pub fn table(&self) -> String {
        let mut table = table(["ceiling", "a second"]);
        table.add_row(["confirmed publishes", &rate(self.publishes)]);
        table.add_row(["rows by COPY", &rate(self.rows())]);
        table.add_row(["requests answered", &rate(self.requests)]);
        table.to_string()
    }

    /// For programs.
    pub fn json(&self) -> Value {
        json!({"publishes_per_s": self.publishes, "rows_per_s": self.rows(), "requests_per_s": self.requests})
    }
}
