//! The limits that are shared, in plain numbers for the auditor and as a plan for the nodes.

use std::sync::Arc;
use std::time::Duration;

use tollgate::cluster::Shape;
use tollgate::{Dimension, LimitConfig, Period, Plan, TenantConfig, TenantId, Timestamp};

use super::{MILLI, SECOND};
use crate::rng::Rng;

/// How a limit counts; lengths in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cluster) enum Kind {
    Sliding {
        window: u64,
        parts: u64,
    },
    Bucket {
        window: u64,
        burst: u64,
    },
    Minute,
    /// Held for so long on average.
    Slots {
        held: u64,
    },
}

/// One limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cluster) struct Rule {
    pub(in crate::cluster) kind: Kind,
    pub(in crate::cluster) capacity: u64,
    /// The most that a request costs.
    pub(in crate::cluster) dearest: u64,
}

/// The limits in force, from a generation on.
#[derive(Debug, Clone)]
pub(in crate::cluster) struct Terms {
    pub(in crate::cluster) generation: u64,
    pub(in crate::cluster) rules: Vec<Rule>,
    pub(in crate::cluster) plan: Arc<Plan>,
}

impl Rule {
    /// After so long nothing that was spent counts any more.
    pub(in crate::cluster) fn length(&self) -> u64 {
        match self.kind {
            Kind::Sliding { window, .. } => window,
            Kind::Bucket { window, burst } => {
                let full =
                    u128::from(window) * u128::from(burst) / u128::from(self.capacity.max(1));
                u64::try_from(full).unwrap_or(u64::MAX)
            }
            Kind::Minute => 60 * SECOND,
            Kind::Slots { held } => 2 * held,
        }
    }

    /// No row is longer: what is granted is spent, or given back, within two.
    pub(in crate::cluster) fn row(&self) -> u64 {
        match self.kind {
            Kind::Sliding { window, parts } => (window + 10 * MILLI) / parts + MILLI,
            Kind::Bucket { .. } => SECOND,
            Kind::Minute => 60 * SECOND,
            Kind::Slots { .. } => 0,
        }
    }

    /// The most that a bucket holds.
    pub(in crate::cluster) fn burst(&self) -> u64 {
        match self.kind {
            Kind::Bucket { burst, .. } => burst,
            Kind::Sliding { .. } | Kind::Minute | Kind::Slots { .. } => self.capacity,
        }
    }

    /// How long a row of a sliding window is.
    pub(in crate::cluster) fn step(&self) -> Option<u64> {
        match self.kind {
            Kind::Sliding { window, parts } => {
                let micros = window.div_ceil(1_000) + 10_000;
                Some(micros.div_ceil(parts).max(1_000) * 1_000)
            }
            Kind::Bucket { .. } | Kind::Minute | Kind::Slots { .. } => None,
        }
    }

    /// The time in which there is the capacity once, and once only.
    pub(in crate::cluster) fn round(&self) -> u64 {
        match self.kind {
            Kind::Sliding { window, parts } => (window + 10 * MILLI) * (parts + 1) / parts,
            Kind::Bucket { window, .. } => window,
            Kind::Minute => self.length(),
            Kind::Slots { held } => held,
        }
    }

    pub(super) fn is_roomy(&self, delay: u64, nodes: usize) -> bool {
        let nodes = u64::try_from(nodes).unwrap_or(u64::MAX);
        let many = self.capacity / self.dearest.max(1) >= 8 * nodes;
        let slow = match self.kind {
            Kind::Sliding { window, parts } => window / parts >= 8 * delay,
            Kind::Bucket { .. } => self.length() >= 40 * delay,
            Kind::Minute => true,
            Kind::Slots { held } => held >= 8 * delay,
        };
        many && slow
    }

    /// Whether what its rows lose by calls, and by what is too little for one more, is little.
    pub(super) fn is_spacious(&self, delay: u64, nodes: usize) -> bool {
        let row = 50 * MILLI + 32 * delay;
        let long = match self.kind {
            Kind::Sliding { window, parts } => window / parts >= row,
            Kind::Bucket { .. } | Kind::Slots { .. } => self.length() >= 4 * row,
            Kind::Minute => true,
        };
        long && self.is_roomy(delay, 4 * nodes)
    }

    fn config(&self, name: String) -> LimitConfig {
        let dimension = Dimension::Requests;
        match self.kind {
            Kind::Sliding { window, parts } => {
                let window = Duration::from_nanos(window);
                LimitConfig::sliding(name, dimension, self.capacity, window)
                    .sub_windows(u16::try_from(parts).unwrap_or(1))
            }
            Kind::Bucket { window, burst } => {
                let window = Duration::from_nanos(window);
                LimitConfig::bucket(name, dimension, self.capacity, window, burst)
            }
            Kind::Minute => LimitConfig::calendar(name, dimension, self.capacity, Period::Minute),
            Kind::Slots { .. } => LimitConfig::concurrency(name, dimension, self.capacity),
        }
    }
}

impl Terms {
    /// One limit or two, with lengths and without amounts.
    pub(super) fn new(delay: u64, rng: &mut Rng) -> Self {
        let many = if rng.once_in(4) { 2 } else { 1 };
        let rules: Vec<Rule> = (0..many).map(|_| rule(delay, rng)).collect();
        Self::of(1, rules)
    }

    fn of(generation: u64, rules: Vec<Rule>) -> Self {
        let id = TenantId::new("acme").expect("a tenant's id");
        let mut config = TenantConfig::new(id);
        for (place, rule) in rules.iter().enumerate() {
            config = config.limit(rule.config(format!("l{place}")));
        }
        let plan = Arc::new(config.compile().expect("a config"));
        Self {
            generation,
            rules,
            plan,
        }
    }

    pub(super) fn length(&self) -> u64 {
        self.longest(Rule::length)
    }

    pub(super) fn row(&self) -> u64 {
        self.longest(Rule::row)
    }

    /// The time in which what is free goes round three times: all rows that add up, at least.
    pub(super) fn cycles(&self) -> u64 {
        self.longest(|rule| 3 * std::cmp::max(rule.length(), rule.round()))
    }

    fn longest(&self, length: impl Fn(&Rule) -> u64) -> u64 {
        self.rules.iter().map(length).max().unwrap_or(0)
    }

    /// Whether something is held, rather than spent.
    pub(in crate::cluster) fn holds(&self) -> bool {
        let holds = |rule: &Rule| matches!(rule.kind, Kind::Slots { .. });
        self.rules.iter().any(holds)
    }

    pub(super) fn is_calendar(&self) -> bool {
        self.rules.iter().any(|rule| rule.kind == Kind::Minute)
    }

    /// Gives the limits their amounts: so that about `requests` are asked in a run that ends at `end`.
    pub(super) fn size(&mut self, requests: u64, end: u64, nodes: usize, rng: &mut Rng) {
        let nodes = u64::try_from(nodes).unwrap_or(u64::MAX);
        let dearest = rng.pick(&[1, 1, 1, 5, 100, 1_000_000]);
        let windows = end.div_ceil(self.length().max(1)).max(1);
        let most = (requests / (3 * windows)).max(2);
        let many = if rng.once_in(6) {
            rng.within(1, std::cmp::min(most, 3 * nodes))
        } else {
            rng.within(most.div_ceil(3), most)
        };
        let capacity = (many * (dearest + 1) / 2).max(1);
        for rule in &mut self.rules {
            rule.capacity = capacity + rng.below(capacity);
            rule.dearest = dearest;
            if let Kind::Bucket { burst, .. } = &mut rule.kind {
                *burst = rule.capacity;
            }
        }
        *self = Self::of(1, std::mem::take(&mut self.rules));
        // What can't be shared as a bucket is shared as a window.
        for (place, limit) in self.plan.limits().iter().enumerate() {
            let is_bucket = matches!(self.rules[place].kind, Kind::Bucket { .. });
            if is_bucket && Shape::of(limit, Timestamp::ZERO).is_none() {
                let window = self.rules[place].length();
                self.rules[place].kind = Kind::Sliding { window, parts: 5 };
            }
        }
        *self = Self::of(1, std::mem::take(&mut self.rules));
    }

    /// The next generation: other capacities; and for some, where they may, other windows that are no longer than those of the
    /// `first`.
    pub(super) fn changed(&self, first: &Self, may_reshape: bool, rng: &mut Rng) -> Self {
        let mut rules = self.rules.clone();
        for (rule, first) in rules.iter_mut().zip(&first.rules) {
            rule.capacity = std::cmp::max(1, rule.capacity * rng.within(3, 20) / 10);
            if let Kind::Sliding { window, parts } = first.kind
                && may_reshape
                && rng.once_in(2)
            {
                let shorter = rng.within(1, 3);
                let window = std::cmp::max(window / shorter, 100 * MILLI);
                let parts = rng.pick(&[parts, (parts / shorter).max(1), 1]);
                rule.kind = Kind::Sliding { window, parts };
            }
        }
        let mut next = Self::of(self.generation + 1, rules);
        let can_be_shared = |limit| Shape::of(limit, Timestamp::ZERO).is_some();
        if !next.plan.limits().iter().all(can_be_shared) {
            // A bucket that would be refilled too soon.
            next = Self::of(next.generation, self.rules.clone());
        }
        next
    }
}

fn rule(delay: u64, rng: &mut Rng) -> Rule {
    let window = rng.pick(&[200, 500, 1_000, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000]) * MILLI;
    let kind = match rng.below(12) {
        0 => Kind::Minute,
        1 => Kind::Slots { held: window / 10 },
        2..=4 => Kind::Bucket { window, burst: 1 },
        _ => {
            let parts = rng.pick(&[1, 2, 3, 6, 10, 30, 60, 120]);
            // Rows too short to be used are as safe as others, and show little.
            let fitting = window / (8 * delay);
            let parts = if rng.once_in(8) {
                parts
            } else {
                std::cmp::min(parts, fitting.max(1))
            };
            Kind::Sliding { window, parts }
        }
    };
    Rule {
        kind,
        capacity: 1,
        dearest: 1,
    }
}
