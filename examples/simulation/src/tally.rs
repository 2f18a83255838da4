//! What happened, in numbers.

use std::fmt;
use std::ops::AddAssign;

use crate::audit::Audited;

/// Counts of a run, or of many.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Tally {
    pub(crate) decisions: u64,
    pub(crate) admitted: u64,
    pub(crate) denied: u64,
    pub(crate) probes: u64,
    pub(crate) settled: u64,
    pub(crate) refunded: u64,
    pub(crate) swaps: u64,
    pub(crate) suspends: u64,
    pub(crate) removals: u64,
    pub(crate) loads: u64,
    pub(crate) evictions: u64,
    pub(crate) jumps: u64,
    pub(crate) looks: u64,
    pub(crate) storms: u64,
    pub(crate) audited: Audited,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.decisions += other.decisions;
        self.admitted += other.admitted;
        self.denied += other.denied;
        self.probes += other.probes;
        self.settled += other.settled;
        self.refunded += other.refunded;
        self.swaps += other.swaps;
        self.suspends += other.suspends;
        self.removals += other.removals;
        self.loads += other.loads;
        self.evictions += other.evictions;
        self.jumps += other.jumps;
        self.looks += other.looks;
        self.storms += other.storms;
        self.audited += other.audited;
    }
}

impl AddAssign for Audited {
    fn add_assign(&mut self, other: Self) {
        self.intervals += other.intervals;
        self.exact_denials += other.exact_denials;
        self.loose_denials += other.loose_denials;
        self.fullness.0 += other.fullness.0;
        self.fullness.1 += other.fullness.1;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Audited {
            intervals,
            exact_denials,
            loose_denials,
            fullness,
        } = self.audited;
        let rows = [
            ("decisions", self.decisions),
            ("  admitted", self.admitted),
            ("  denied", self.denied),
            ("settled", self.settled),
            ("refunded", self.refunded),
            ("config changes", self.swaps),
            ("suspends", self.suspends),
            ("removals", self.removals),
            ("loads", self.loads),
            ("evictions", self.evictions),
            ("clock jumps back", self.jumps),
            ("audited intervals", intervals),
            ("denials exact by the log", exact_denials),
            ("denials within bounds", loose_denials),
            ("denials waited for", self.probes),
            ("usage samples", self.looks),
            ("storms of threads", self.storms),
        ];
        for (name, number) in rows {
            writeln!(f, "{name:<26}{number:>14}")?;
        }
        // How full a limit was when it said no, on average: what lies below 100 % was too small to be of use.
        let percent = (fullness.0 / 10).checked_div(fullness.1).unwrap_or(0);
        writeln!(f, "{:<26}{percent:>13}%", "utilisation when denied")
    }
}
