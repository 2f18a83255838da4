//! What a node counts, and tells bit by bit.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep_until};

use crate::figures::nanos;
use crate::limiter::Verdict;

/// A request is late when it took longer than its timeout and this: on a machine with more to do than cores, a process that
/// could go on has to wait for one.
const GRACE: Duration = Duration::from_millis(50);

/// What happened since the last report.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Report {
    pub(crate) admitted: u64,
    pub(crate) denied: u64,
    /// Neither: the limiter did not know.
    pub(crate) failed: u64,
    /// Requests that were not even asked for, because too many waited.
    pub(crate) dropped: u64,
    /// Decisions made without waiting for anything.
    pub(crate) local: u64,
    /// Decisions that took longer than their timeout.
    pub(crate) late: u64,
    /// Calls to Redis, since the beginning.
    pub(crate) calls: u64,
    /// How long decisions took: nanoseconds, and how many.
    pub(crate) decisions: Vec<(u64, u64)>,
    /// Those of them that were a no.
    pub(crate) denials: Vec<(u64, u64)>,
}

/// Counts decisions.
#[derive(Debug)]
pub(super) struct Tally {
    counts: Mutex<Counts>,
    /// Decisions that somebody waits for.
    in_flight: AtomicU64,
    late: u64,
}

#[derive(Debug)]
struct Counts {
    report: Report,
    decisions: Histogram<u64>,
    denials: Histogram<u64>,
}

/// Two digits are exact: what is told must be short.
#[expect(clippy::expect_used, reason = "of constants, which a test tries")]
pub(crate) fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, 1 << 40, 2).expect("bounds and digits are constants that fit")
}

impl Tally {
    pub(super) fn new(timeout: Duration) -> Self {
        let counts = Counts {
            report: Report::default(),
            decisions: histogram(),
            denials: histogram(),
        };
        Self {
            counts: Mutex::new(counts),
            in_flight: AtomicU64::new(0),
            late: nanos(timeout.saturating_add(GRACE)),
        }
    }

    /// A decision that took so many nanoseconds.
    pub(super) fn decided(&self, verdict: Verdict, took: u64, local: bool) {
        let counts = &mut *self.lock();
        counts.decisions.saturating_record(took);
        let report = &mut counts.report;
        match verdict {
            Verdict::Admitted => report.admitted += 1,
            Verdict::Denied => report.denied += 1,
            Verdict::Failed => report.failed += 1,
        }
        if verdict != Verdict::Admitted {
            counts.denials.saturating_record(took);
        }
        report.local += u64::from(local);
        report.late += u64::from(took > self.late);
    }

    /// A request for which there was no room.
    pub(super) fn dropped(&self) {
        self.lock().report.dropped += 1;
    }

    /// How many are waited for, this one included.
    pub(super) fn begin(&self) -> u64 {
        self.in_flight.fetch_add(1, Ordering::AcqRel) + 1
    }

    pub(super) fn finish(&self) {
        self.in_flight.fetch_sub(1, Ordering::AcqRel);
    }

    /// Returns when nobody waits for a decision any more, or after so long.
    pub(super) async fn in_flight_ends(&self, patience: Duration) {
        let end = Instant::now() + patience;
        while self.in_flight.load(Ordering::Acquire) > 0 && Instant::now() < end {
            sleep_until(Instant::now() + Duration::from_millis(5)).await;
        }
    }

    /// What happened since the last time.
    pub(super) fn take(&self, calls: u64) -> Report {
        let counts = &mut *self.lock();
        let mut report = std::mem::take(&mut counts.report);
        report.calls = calls;
        report.decisions = pairs(&mut counts.decisions);
        report.denials = pairs(&mut counts.denials);
        report
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn pairs(histogram: &mut Histogram<u64>) -> Vec<(u64, u64)> {
    let pairs = histogram
        .iter_recorded()
        .map(|step| (step.value_iterated_to(), step.count_at_value()));
    let pairs = pairs.collect();
    histogram.reset();
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_told_is_not_told_again() {
        let tally = Tally::new(Duration::from_millis(100));
        tally.decided(Verdict::Admitted, 1_000, true);
        tally.decided(Verdict::Denied, 200_000_000, false);
        let report = tally.take(7);
        assert_eq!((report.admitted, report.denied, report.calls), (1, 1, 7));
        assert_eq!((report.local, report.late), (1, 1));
        assert_eq!((report.decisions.len(), report.denials.len()), (2, 1));
        let report = tally.take(7);
        assert_eq!(
            (report.admitted, report.denied, report.decisions.len()),
            (0, 0, 0)
        );
    }
}
