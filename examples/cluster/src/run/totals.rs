//! What all nodes have done so far.

use std::collections::VecDeque;

use hdrhistogram::Histogram;

use crate::node::Report;

/// Of one node, over all its lives.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Counts {
    pub(crate) admitted: u64,
    pub(crate) denied: u64,
    pub(crate) failed: u64,
    pub(crate) dropped: u64,
    pub(crate) local: u64,
    pub(crate) late: u64,
    pub(crate) calls: u64,
}

impl Counts {
    /// Decisions.
    pub(crate) fn decided(&self) -> u64 {
        self.admitted + self.denied + self.failed
    }

    /// Both together.
    pub(crate) fn and(&self, other: &Self) -> Self {
        Self {
            admitted: self.admitted + other.admitted,
            denied: self.denied + other.denied,
            failed: self.failed + other.failed,
            dropped: self.dropped + other.dropped,
            local: self.local + other.local,
            late: self.late + other.late,
            calls: self.calls + other.calls,
        }
    }
}

/// Of all nodes.
#[derive(Debug)]
pub(crate) struct Totals {
    pub(crate) nodes: Vec<Counts>,
    pub(crate) decisions: Histogram<u64>,
    pub(crate) denials: Histogram<u64>,
    /// Before that time nothing is counted.
    warm: u64,
    window: u64,
    /// When how many were admitted, as far back as a window goes.
    lately: VecDeque<(u64, u64)>,
}

impl Totals {
    pub(crate) fn new(nodes: usize, warm: u64, window: u64) -> Self {
        Self {
            nodes: vec![Counts::default(); nodes],
            decisions: crate::node::histogram(),
            denials: crate::node::histogram(),
            warm,
            window,
            lately: VecDeque::new(),
        }
    }

    /// What a node says at this time; `calls` is how many it had made when it spoke last.
    pub(crate) fn add(&mut self, node: usize, report: &Report, calls: u64, now: u64) {
        self.lately.push_back((now, report.admitted));
        if now < self.warm {
            return;
        }
        let Some(counts) = self.nodes.get_mut(node) else {
            return;
        };
        counts.admitted += report.admitted;
        counts.denied += report.denied;
        counts.failed += report.failed;
        counts.dropped += report.dropped;
        counts.local += report.local;
        counts.late += report.late;
        counts.calls += report.calls.saturating_sub(calls);
        for &(took, times) in &report.decisions {
            self.decisions.saturating_record_n(took, times);
        }
        for &(took, times) in &report.denials {
            self.denials.saturating_record_n(took, times);
        }
    }

    /// What was admitted in the window that ends now, about.
    pub(crate) fn lately(&mut self, now: u64) -> u64 {
        let first = now.saturating_sub(self.window);
        while self.lately.front().is_some_and(|&(at, _)| at < first) {
            self.lately.pop_front();
        }
        self.lately.iter().map(|&(_, admitted)| admitted).sum()
    }

    /// All nodes together.
    pub(crate) fn all(&self) -> Counts {
        let none = Counts::default();
        self.nodes.iter().fold(none, |sum, counts| sum.and(counts))
    }
}
