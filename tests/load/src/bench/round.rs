//! The parts of the bench that are compared with a ceiling, each beside its own, several times over.
//!
//! Machines are shared: what one run measures in a good minute and the next in a bad one makes any ratio of the two.
//! So a ceiling is measured right before what it is for, and the median of the rounds is what counts.

use super::{
    GRACE,
    accept::{self, Accepted},
    drain::{self, Drained},
    machine, mebibytes,
    shares::Servers,
};
use crate::{
    ceilings::{Ceilings, Requests},
    report::{self, ratio},
    stack::Stack,
};

/// One round.
#[derive(Debug)]
pub(super) struct Round {
    /// By a bare HTTP server.
    pub(super) requests: Requests,
    /// Confirmed publishes a second by bare lapin.
    pub(super) publishes: f64,
    pub(super) accepted: Accepted,
    /// Rows a second by a bare COPY, and by two at once.
    pub(super) copies: [f64; 2],
    pub(super) drained: Drained,
    /// Of the worker that drained, in MiB.
    pub(super) worker_peak: f64,
}

impl Round {
    /// Of the publish ceiling.
    pub(super) fn accept_ratio(&self) -> f64 {
        ratio(self.accepted.per_second, self.publishes)
    }

    /// Of the processor time of a bare HTTP server, both with the sender's, which cannot be told apart there.
    pub(super) fn accept_cpu_ratio(&self) -> f64 {
        ratio(self.accepted.cpu_with_sender_us(), self.requests.cpu_us)
    }

    /// Of one bare COPY.
    pub(super) fn drain_ratio(&self) -> f64 {
        ratio(self.drained.per_second, self.copies[0])
    }

    /// Of two at once.
    pub(super) fn drain_ratio_of_two(&self) -> f64 {
        ratio(self.drained.per_second, self.copies[1])
    }
}

/// Measures `count` rounds, with at most `alerts` alerts each; the queue is empty afterwards.
pub(super) async fn measure(
    stack: &mut Stack,
    ceilings: &Ceilings<'_>,
    servers: Servers,
    (count, alerts): (usize, u64),
) -> anyhow::Result<Vec<Round>> {
    let mut rounds = Vec::new();
    for n in 1..=count {
        report::progress(&format!("round {n} of {count}"));
        let requests = ceilings.requests().await?;
        machine::settle()?;
        let publishes = ceilings.publishes().await?;
        machine::settle()?;
        let accepted = accept::measure(stack, servers, alerts).await?;
        let copies = ceilings.copies().await?;
        let drained = drain::measure(stack, servers, &accepted.receipts, 1).await?;
        let worker = stack.worker(n - 1)?;
        let worker_peak = mebibytes(worker.peak_kib()?);
        worker.stop(GRACE).await?;
        rounds.push(Round {
            requests,
            publishes,
            accepted,
            copies,
            drained,
            worker_peak,
        });
    }
    Ok(rounds)
}

/// The median of a figure, and its least and greatest.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spread {
    pub(super) median: f64,
    pub(super) least: f64,
    pub(super) greatest: f64,
}

impl Spread {
    /// Of one figure of each round.
    pub(super) fn of<R>(rounds: &[R], figure: impl Fn(&R) -> f64) -> Self {
        let mut figures: Vec<f64> = rounds.iter().map(figure).collect();
        figures.sort_unstable_by(f64::total_cmp);
        let at = |index: usize| figures.get(index).copied().unwrap_or_default();
        Self {
            median: at(figures.len() / 2),
            least: at(0),
            greatest: at(figures.len().saturating_sub(1)),
        }
    }

    /// As people read it, each number made by `show`.
    pub(super) fn text(&self, show: impl Fn(f64) -> String) -> String {
        let [median, least, greatest] = [self.median, self.least, self.greatest].map(show);
        if least == greatest {
            return median;
        }
        format!("{median} ({least} to {greatest})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_is_the_middle_one_with_the_least_and_the_greatest() {
        let spread = Spread::of(&[3.0, 1.0, 2.0], |figure| *figure);
        assert_eq!(spread.text(|figure| format!("{figure:.0}")), "2 (1 to 3)");
        assert_eq!(
            Spread::of(&[4.0], |figure| *figure).text(|f| f.to_string()),
            "4"
        );
    }
}
