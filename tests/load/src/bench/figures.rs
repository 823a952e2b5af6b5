//! The figures of one run: the flat ones for programs, and a table with targets for people.

use serde_json::{Value, json};

use super::{accept::Accepted, drain::Drained, end_to_end::EndToEnd};
use crate::{
    ceilings::Ceilings,
    latency::Latencies,
    report::{rate, ratio, table},
};

/// Everything that was measured.
#[derive(Debug)]
pub(super) struct Figures {
    pub(super) ceilings: Ceilings,
    pub(super) accepted: Accepted,
    pub(super) drained: Drained,
    /// By two workers.
    pub(super) by_two: Drained,
    /// At half of the accept rate, or what one worker can drain.
    pub(super) half: EndToEnd,
    /// At 1,000 alerts a second.
    pub(super) steady: EndToEnd,
    /// Peak memory of gateway and worker, in MiB.
    pub(super) peaks: (f64, f64),
}

impl Figures {
    fn accept_ratio(&self) -> f64 {
        ratio(self.accepted.per_second, self.ceilings.publishes)
    }

    fn drain_ratio(&self) -> f64 {
        ratio(self.drained.per_second, self.ceilings.rows())
    }

    /// Flat, by the names that `make bench` promises.
    pub(super) fn json(&self) -> Value {
        json!({
            "accept_per_s": self.accepted.per_second,
            "accept_ceiling_per_s": self.ceilings.publishes,
            "http_ceiling_per_s": self.ceilings.requests,
            "accept_ratio": self.accept_ratio(),
            "accept_p50_ms": self.accepted.latencies.ms(0.5),
            "accept_p99_ms": self.accepted.latencies.ms(0.99),
            "gateway_cpu_us": self.accepted.cpu_us(),
            "drain_per_s": self.drained.per_second,
            "drain_ceiling_per_s": self.ceilings.rows(),
            "drain_ratio": self.drain_ratio(),
            "worker_cpu_us": self.drained.cpu_us(),
            "drain_by_two_per_s": self.by_two.per_second,
            "e2e_p50_ms": self.steady.latencies.ms(0.5),
            "e2e_p99_ms": self.steady.latencies.ms(0.99),
            "gateway_peak_mib": self.peaks.0,
            "worker_peak_mib": self.peaks.1,
        })
    }

    /// Name, figure, and the figure it must keep.
    pub(super) fn rows(&self) -> Vec<[String; 3]> {
        let ceilings = [
            row(
                "ceiling: confirmed publishes a second",
                rate(self.ceilings.publishes),
                "",
            ),
            row(
                "ceiling: rows by COPY a second, one connection / two",
                self.ceilings.copies.map(rate).join(" / "),
                "",
            ),
            row(
                "ceiling: requests answered a second",
                rate(self.ceilings.requests),
                "",
            ),
        ];
        let mut rows = Vec::from(ceilings);
        rows.extend(self.accept_rows());
        rows.extend(self.drain_rows());
        let half = format!("end to end at {}/s, p50 / p99 ms", rate(self.half.rate));
        rows.extend([
            row(
                "end to end at 1,000/s, p50 / p99 ms",
                quantiles(&self.steady.latencies),
                "≤ 60 / 250",
            ),
            row(&half, quantiles(&self.half.latencies), ""),
            row(
                "peak memory of the gateway, MiB",
                format!("{:.0}", self.peaks.0),
                "≤ 100",
            ),
            row(
                "peak memory of the worker, MiB",
                format!("{:.0}", self.peaks.1),
                "≤ 200",
            ),
        ]);
        rows
    }

    fn accept_rows(&self) -> [[String; 3]; 5] {
        let accepted = &self.accepted;
        [
            row("accepted a second", rate(accepted.per_second), ""),
            row(
                "  of the publish ceiling",
                format!("{:.2}", self.accept_ratio()),
                "≥ 0.50",
            ),
            row(
                "  p50 / p99 ms at half of that rate",
                quantiles(&accepted.latencies),
                "p99 ≤ 25",
            ),
            row(
                "  CPU of the gateway, µs an alert",
                format!("{:.0}", accepted.cpu_us()),
                "≤ 40",
            ),
            row(
                "  CPU of gateway / RabbitMQ / sender, µs an alert",
                accepted.shares.of_accept(accepted.alerts),
                "",
            ),
        ]
    }

    fn drain_rows(&self) -> [[String; 3]; 8] {
        let (drained, by_two) = (&self.drained, &self.by_two);
        let (machine, worker) = drained.shares.busy();
        let limit = |drained: &Drained| drained.shares.limit(processors()).to_owned();
        [
            row(
                "drained a second by one worker",
                rate(drained.per_second),
                "",
            ),
            row(
                "  of the better COPY ceiling",
                format!("{:.2}", self.drain_ratio()),
                "≥ 0.25",
            ),
            row(
                "  CPU of the worker, µs an alert",
                format!("{:.0}", drained.cpu_us()),
                "≤ 80",
            ),
            row(
                "  CPU of worker / Postgres / RabbitMQ, µs an alert",
                drained.shares.of_drain(drained.alerts),
                "",
            ),
            row(
                "  processors busy, machine / worker",
                format!("{machine:.1} / {worker:.1}"),
                "",
            ),
            row("  its limit", limit(drained), ""),
            row(
                "drained a second by two workers",
                rate(by_two.per_second),
                "",
            ),
            row("  its limit", limit(by_two), ""),
        ]
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

fn processors() -> f64 {
    let count = std::thread::available_parallelism().map_or(1, usize::from);
    u32::try_from(count).map_or(1.0, f64::from)
}

fn row(name: &str, figure: String, wanted: &str) -> [String; 3] {
    [name.to_owned(), figure, wanted.to_owned()]
}

fn quantiles(latencies: &Latencies) -> String {
    format!("{:.1} / {:.1}", latencies.ms(0.5), latencies.ms(0.99))
}
