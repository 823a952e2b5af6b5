//! Times one thing: rounds of about two milliseconds, of which the best and the median are kept. On a busy machine the
//! best is what the code takes, and the median what the neighbors took.

use std::fmt;
use std::hint::black_box;
use std::time::Instant;

const ROUNDS: usize = 25;
const ROUND_NANOSECONDS: f64 = 2e6;

/// Nanoseconds once through.
#[derive(Clone, Copy)]
pub(crate) struct Time {
    pub(crate) best: f64,
    pub(crate) median: f64,
}

impl fmt::Display for Time {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{:.2} / {:.2}", self.best / 1e3, self.median / 1e3);
        out.pad(&text)
    }
}

/// How long `run` takes.
pub(crate) fn time<T>(run: impl Fn() -> T) -> Time {
    let round = |times: u32| {
        let start = Instant::now();
        for _ in 0..times {
            black_box(run());
        }
        start.elapsed().as_secs_f64() * 1e9 / f64::from(times)
    };
    let first = round(1).min(round(2));
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 1 and 10,000"
    )]
    let times = (ROUND_NANOSECONDS / first).clamp(1.0, 10_000.0) as u32;
    let mut rounds: Vec<f64> = (0..ROUNDS).map(|_| round(times)).collect();
    rounds.sort_by(f64::total_cmp);
    Time {
        best: rounds[0],
        median: rounds[ROUNDS / 2],
    }
}
