//! What happened, in numbers.

use std::fmt;
use std::ops::AddAssign;

use super::scenario::Pattern;

/// How much of what there was has been used.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Used {
    pub(super) used: u64,
    pub(super) there_was: u64,
}

/// A mean of shares of what there was, one a seed.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Mean {
    /// In parts of 1,000.
    sum: u64,
    seeds: u64,
}

impl Mean {
    pub(super) fn add(&mut self, Used { used, there_was }: Used) {
        if there_was > 0 {
            let share = u128::from(used) * 1_000 / u128::from(there_was);
            self.sum += u64::try_from(share).unwrap_or(0);
            self.seeds += 1;
        }
    }
}

impl AddAssign for Mean {
    fn add_assign(&mut self, other: Self) {
        self.sum += other.sum;
        self.seeds += other.seeds;
    }
}

impl fmt::Display for Mean {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let share = self.sum.checked_div(self.seeds).unwrap_or(0);
        write!(f, "{}.{} % of {} seeds", share / 10, share % 10, self.seeds)
    }
}

/// Counts of a seed, or of many.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tally {
    pub(super) decisions: u64,
    pub(super) admitted: u64,
    pub(super) denied: u64,
    pub(super) waited: u64,
    pub(super) settled: u64,
    pub(super) calls: u64,
    pub(super) timeouts: u64,
    pub(super) late_replies: u64,
    pub(super) faults: u64,
    pub(super) losses: u64,
    pub(super) intervals: u64,
    /// Seeds in which every node had to come back to life, and did.
    pub(super) alive: u64,
    /// What was used while things broke, by pattern.
    pub(super) broken: [Mean; Pattern::ALL.len()],
    /// What was used at three times the load once nothing broke any more.
    pub(super) calm: Mean,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.decisions += other.decisions;
        self.admitted += other.admitted;
        self.denied += other.denied;
        self.waited += other.waited;
        self.settled += other.settled;
        self.calls += other.calls;
        self.timeouts += other.timeouts;
        self.late_replies += other.late_replies;
        self.faults += other.faults;
        self.losses += other.losses;
        self.intervals += other.intervals;
        self.alive += other.alive;
        for (mean, more) in self.broken.iter_mut().zip(other.broken) {
            *mean += more;
        }
        self.calm += other.calm;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = [
            ("decisions", self.decisions),
            ("  admitted", self.admitted),
            ("  denied", self.denied),
            ("  waited first", self.waited),
            ("settled", self.settled),
            ("calls to the store", self.calls),
            ("  not answered in time", self.timeouts),
            ("  answered late", self.late_replies),
            ("faults", self.faults),
            ("losses of the store", self.losses),
            ("audited intervals", self.intervals),
            ("seeds alive at the end", self.alive),
        ];
        for (name, number) in rows {
            writeln!(f, "{name:<26}{number:>14}")?;
        }
        writeln!(f, "used of what there was, on average:")?;
        for (pattern, mean) in Pattern::ALL.into_iter().zip(self.broken) {
            writeln!(f, "  {:<24}{mean}", pattern.name())?;
        }
        writeln!(f, "  {:<24}{}", "3 times, faults over", self.calm)
    }
}
