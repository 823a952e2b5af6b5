//! The figures of one run: the flat ones for programs, and a table with targets for people. Of what was measured in
//! rounds it is the medians.

use serde_json::{Value, json};

use super::{
    drain::Drained,
    end_to_end::EndToEnd,
    round::{Round, Spread},
};
use crate::{
    latency::Latencies,
    report::{rate, table},
};

/// Everything that was measured.
#[derive(Debug)]
pub(super) struct Figures {
    pub(super) rounds: Vec<Round>,
    /// By two workers.
    pub(super) by_two: Drained,
    /// At half of the accept rate, or what one worker can drain.
    pub(super) half: EndToEnd,
    /// At 1,000 alerts a second.
    pub(super) steady: EndToEnd,
    /// In MiB.
    pub(super) gateway_peak: f64,
}

impl Figures {
    fn of(&self, figure: impl Fn(&Round) -> f64) -> Spread {
        Spread::of(&self.rounds, figure)
    }

    fn worker_peak(&self) -> f64 {
        self.of(|round| round.worker_peak).greatest
    }

    /// Flat, by the names that `make bench` promises.
    pub(super) fn json(&self) -> Value {
        json!({
            "rounds": self.rounds.len(),
            "accept_per_s": self.of(|round| round.accepted.per_second).median,
            "accept_ceiling_per_s": self.of(|round| round.publishes).median,
            "http_ceiling_per_s": self.of(|round| round.requests.per_second).median,
            "http_ceiling_cpu_us": self.of(|round| round.requests.cpu_us).median,
            "accept_ratio": self.of(Round::accept_ratio).median,
            "accept_p50_ms": self.of(|round| round.accepted.latencies.ms(0.5)).median,
            "accept_p99_ms": self.of(|round| round.accepted.latencies.ms(0.99)).median,
            "accept_longest_sync_ms": self.of(longest_sync_ms).median,
            "gateway_cpu_us": self.of(|round| round.accepted.cpu_us()).median,
            "accept_cpu_ratio": self.of(Round::accept_cpu_ratio).median,
            "drain_per_s": self.of(|round| round.drained.per_second).median,
            "drain_ceiling_per_s": self.of(|round| round.copies[0]).median,
            "drain_ceiling_by_two_per_s": self.of(|round| round.copies[1]).median,
            "drain_ratio": self.of(Round::drain_ratio).median,
            "drain_ratio_of_two": self.of(Round::drain_ratio_of_two).median,
            "worker_cpu_us": self.of(|round| round.drained.cpu_us()).median,
            "drain_by_two_per_s": self.by_two.per_second,
            "e2e_p50_ms": self.steady.latencies.ms(0.5),
            "e2e_p99_ms": self.steady.latencies.ms(0.99),
            "gateway_peak_mib": self.gateway_peak,
            "worker_peak_mib": self.worker_peak(),
        })
    }

    /// Name, figure, and the figure it must keep.
    pub(super) fn rows(&self) -> Vec<[String; 3]> {
        let mut rows = Vec::from(self.accept_rows());
        rows.extend(self.drain_rows());
        rows.extend(self.limit_rows());
        let half = format!("end to end at {}/s, p50 / p99 ms", rate(self.half.rate));
        let steady = quantiles(&self.steady.latencies);
        rows.extend([
            row("end to end at 1,000/s, p50 / p99 ms", steady, "≤ 60 / 250"),
            row(&half, quantiles(&self.half.latencies), ""),
            row(
                "peak memory of the gateway, MiB",
                whole(self.gateway_peak),
                "≤ 100",
            ),
            row(
                "peak memory of the worker, MiB",
                whole(self.worker_peak()),
                "≤ 200",
            ),
        ]);
        rows
    }

    fn accept_rows(&self) -> [[String; 3]; 10] {
        let ms = |quantile| move |round: &Round| round.accepted.latencies.ms(quantile);
        let per_second = |round: &Round| round.accepted.per_second;
        let cpu_us = |round: &Round| round.accepted.cpu_us();
        [
            self.row(["ceiling: requests answered a second", ""], rate, |r| {
                r.requests.per_second
            }),
            self.row(
                ["  CPU of that server and its sender, µs a request", ""],
                whole,
                |r| r.requests.cpu_us,
            ),
            self.row(["ceiling: confirmed publishes a second", ""], rate, |r| {
                r.publishes
            }),
            self.row(["accepted a second", ""], rate, per_second),
            self.row(
                ["  of the publish ceiling", "≥ 0.50"],
                part,
                Round::accept_ratio,
            ),
            self.row(["  p50 ms at half of that rate", ""], tenths, ms(0.5)),
            self.row(["  p99 ms at half of that rate", "≤ 25"], tenths, ms(0.99)),
            self.row(
                ["  longest sync of the disk meanwhile, ms", ""],
                tenths,
                longest_sync_ms,
            ),
            self.row(
                ["  CPU of the gateway, µs an alert", "≤ 40"],
                tenths,
                cpu_us,
            ),
            self.row(
                ["  with the sender's, of the bare server's with it", ""],
                part,
                Round::accept_cpu_ratio,
            ),
        ]
    }

    fn drain_rows(&self) -> [[String; 3]; 6] {
        let per_second = |round: &Round| round.drained.per_second;
        let cpu_us = |round: &Round| round.drained.cpu_us();
        [
            self.row(["ceiling: rows a second by a bare COPY", ""], rate, |r| {
                r.copies[0]
            }),
            self.row(["ceiling: the same by two at once", ""], rate, |r| {
                r.copies[1]
            }),
            self.row(["drained a second by one worker", ""], rate, per_second),
            self.row(["  of the bare COPY", "≥ 0.25"], part, Round::drain_ratio),
            self.row(["  of two at once", ""], part, Round::drain_ratio_of_two),
            self.row(["  CPU of the worker, µs an alert", "≤ 80"], tenths, cpu_us),
        ]
    }

    /// Of the last round: who had the processors.
    fn limit_rows(&self) -> Vec<[String; 3]> {
        let limit = |drained: &Drained| drained.shares.limit(processors()).to_owned();
        let mut rows = Vec::new();
        if let Some(Round {
            accepted, drained, ..
        }) = self.rounds.last()
        {
            let (machine, worker) = drained.shares.busy();
            rows.extend([
                row(
                    "accepting: CPU of gateway / RabbitMQ / sender, µs an alert",
                    accepted.shares.of_accept(accepted.alerts),
                    "",
                ),
                row(
                    "draining: CPU of worker / Postgres / RabbitMQ, µs an alert",
                    drained.shares.of_drain(drained.alerts),
                    "",
                ),
                row(
                    "  processors busy, machine / worker",
                    format!("{machine:.1} / {worker:.1}"),
                    "",
                ),
                row("  its limit", limit(drained), ""),
            ]);
        }
        rows.extend([
            row(
                "drained a second by two workers",
                rate(self.by_two.per_second),
                "",
            ),
            row("  its limit", limit(&self.by_two), ""),
        ]);
        rows
    }

    /// A figure of all rounds, shown by `show`.
    fn row(
        &self,
        [name, wanted]: [&str; 2],
        show: impl Fn(f64) -> String,
        figure: impl Fn(&Round) -> f64,
    ) -> [String; 3] {
        row(name, self.of(figure).text(show), wanted)
    }

    /// For a terminal.
    pub(super) fn table(&self) -> String {
        let mut table = table(["figure", "measured", "wanted"]);
        for row in self.rows() {
            table.add_row(row);
        }
        table.to_string()
    }
}

fn longest_sync_ms(round: &Round) -> f64 {
    round.accepted.longest_sync.as_secs_f64() * 1_000.0
}

fn processors() -> f64 {
    let count = std::thread::available_parallelism().map_or(1, usize::from);
    u32::try_from(count).map_or(1.0, f64::from)
}

fn row(name: &str, figure: String, wanted: &str) -> [String; 3] {
    [name.to_owned(), figure, wanted.to_owned()]
}

fn whole(figure: f64) -> String {
    format!("{figure:.0}")
}

fn tenths(figure: f64) -> String {
    format!("{figure:.1}")
}

fn part(figure: f64) -> String {
    format!("{figure:.3}")
}

fn quantiles(latencies: &Latencies) -> String {
    format!("{:.1} / {:.1}", latencies.ms(0.5), latencies.ms(0.99))
}
