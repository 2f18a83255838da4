//! How much is asked, by whom.

use crate::rng::Rng;

/// How the nodes ask until nothing breaks any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cluster) enum Pattern {
    /// Hardly anything.
    Idle,
    /// 0.7 times what there is.
    Fitting,
    /// Three times what there is.
    Triple,
    /// Ten times what there is for a while, then nothing for a while.
    Bursts,
    /// Three times what there is, nearly all of it on one node.
    Hot,
}

impl Pattern {
    pub(in crate::cluster) const ALL: [Self; 5] = [
        Self::Idle,
        Self::Fitting,
        Self::Triple,
        Self::Bursts,
        Self::Hot,
    ];

    /// Its place among all.
    pub(in crate::cluster) fn place(self) -> usize {
        Self::ALL.iter().position(|one| *one == self).unwrap_or(0)
    }

    pub(in crate::cluster) fn name(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Fitting => "0.7 times",
            Self::Triple => "3 times",
            Self::Bursts => "bursts",
            Self::Hot => "one hot node",
        }
    }
}

/// How much is asked, of 1,000 parts of what there is, by which node and when.
#[derive(Debug, Clone, Copy)]
pub(in crate::cluster) struct Load {
    pub(in crate::cluster) pattern: Pattern,
    nodes: u64,
    /// How long a burst lasts, and the pause after it.
    burst: u64,
    /// Most requests come where a row ends and the next begins.
    pub(in crate::cluster) at_edges: bool,
}

impl Load {
    /// Where the network is `lopsided`, what nodes make of the store's clock matters most where rows end.
    pub(super) fn new(nodes: usize, length: u64, lopsided: bool, rng: &mut Rng) -> Self {
        Self {
            pattern: rng.pick(&Pattern::ALL),
            nodes: u64::try_from(nodes).unwrap_or(1),
            burst: (length / 2).max(1) * rng.within(1, 3),
            at_edges: rng.once_in(if lopsided { 1 } else { 6 }),
        }
    }

    /// What `node` asks at this time, of a million parts of what there is for all.
    pub(in crate::cluster) fn share(&self, node: usize, at: u64) -> u64 {
        let even = 1_000_000 / self.nodes;
        match self.pattern {
            Pattern::Idle => even / 20,
            Pattern::Fitting => even * 7 / 10,
            Pattern::Triple => even * 3,
            Pattern::Bursts if (at / self.burst).is_multiple_of(2) => even * 10,
            Pattern::Bursts => 0,
            Pattern::Hot if node == 0 => 2_800_000,
            Pattern::Hot => even / 5,
        }
    }

    /// The same, once nothing breaks any more.
    pub(in crate::cluster) fn triple(&self) -> u64 {
        3_000_000 / self.nodes
    }
}
