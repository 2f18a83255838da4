//! The obviously right twin: every limit a plain list of what was charged, summed up anew each time.

use tollgate::LimitUsage;

use crate::world::{Rule, SECOND, Shape};

#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    pub(crate) at: u64,
    pub(crate) amount: u64,
    pub(crate) permit: usize,
    pub(crate) released: bool,
}

/// One limit's list.
#[derive(Debug)]
pub(crate) struct Twin {
    pub(crate) rule: Rule,
    pub(crate) began: u64,
    /// What a bucket lacked when it began, in `window`ths of a token.
    pub(crate) lacking: i128,
    pub(crate) entries: Vec<Entry>,
    /// A bucket may give back less than was refunded, so this one gives back nothing: for bounds.
    pub(crate) forgiving: bool,
}

/// When an amount fits, as the twin sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    Now,
    At(u64),
    Freed,
    Never,
}

impl Twin {
    pub(crate) fn new(rule: &Rule, began: u64, forgiving: bool) -> Self {
        let rule = rule.clone();
        Self {
            rule,
            began,
            lacking: 0,
            entries: Vec::new(),
            forgiving,
        }
    }

    fn sum(&self, keep: impl Fn(&Entry) -> bool) -> u64 {
        self.entries
            .iter()
            .filter(|entry| keep(entry))
            .map(|entry| entry.amount)
            .sum()
    }

    /// What counts at `now`.
    pub(crate) fn used(&self, now: u64) -> u64 {
        let aligned = |length: u64| self.sum(|entry| entry.at / length == now / length);
        match self.rule.shape {
            Shape::Sliding { parts, .. } => {
                let row = self.rule.row();
                self.sum(|entry| entry.at / row + parts >= now / row)
            }
            Shape::Bucket { window, burst } => {
                let lacks = i128::from(burst) * i128::from(window) - self.level(now);
                u64::try_from(lacks).unwrap().div_ceil(window)
            }
            Shape::Minute => aligned(60 * SECOND),
            Shape::Hour => aligned(3_600 * SECOND),
            Shape::Slots => self.sum(|entry| !entry.released),
        }
    }

    /// A bucket's level, in `window`ths of a token, replayed from the beginning.
    pub(crate) fn level(&self, now: u64) -> i128 {
        let Shape::Bucket { window, burst } = self.rule.shape else {
            panic!("only buckets have a level")
        };
        let brim = i128::from(burst) * i128::from(window);
        let (mut level, mut last) = (brim - self.lacking, self.began);
        let refilled = |level: i128, from: u64, to: u64| {
            std::cmp::min(
                brim,
                level + i128::from(to - from) * i128::from(self.rule.capacity),
            )
        };
        for entry in &self.entries {
            level = refilled(level, last, entry.at) - i128::from(entry.amount) * i128::from(window);
            last = entry.at;
        }
        refilled(level, last, now)
    }

    pub(crate) fn remaining(&self, now: u64) -> u64 {
        if let Shape::Bucket { window, .. } = self.rule.shape {
            return u64::try_from(std::cmp::max(self.level(now), 0)).unwrap() / window;
        }
        self.rule.capacity.saturating_sub(self.used(now))
    }

    /// The first instant at which `fits` holds of the twin, looking at every instant of change.
    fn first(&self, now: u64, fits: impl Fn(u64) -> bool) -> u64 {
        match self.rule.shape {
            Shape::Sliding { .. } | Shape::Minute | Shape::Hour => {
                let row = self.rule.row();
                let ends = (now / row + 1..).map(|next| next * row);
                ends.take(200).find(|&then| fits(then)).unwrap()
            }
            Shape::Bucket { .. } => {
                // It only rises: bisect.
                let (mut low, mut high) = (now, now + (1 << 60));
                while high - low > 1 {
                    let middle = low + (high - low) / 2;
                    if fits(middle) {
                        high = middle;
                    } else {
                        low = middle;
                    }
                }
                high
            }
            Shape::Slots => panic!("nobody knows"),
        }
    }

    pub(crate) fn when(&self, now: u64, amount: u64) -> When {
        if amount == 0 || amount <= self.remaining(now) {
            When::Now
        } else if amount > self.rule.most() {
            When::Never
        } else if self.rule.shape == Shape::Slots {
            When::Freed
        } else {
            When::At(self.first(now, |then| self.remaining(then) >= amount))
        }
    }

    pub(crate) fn check_level(&self, now: u64, clock: u64, level: LimitUsage<'_>) {
        let context = || format!("{} at {now}: {self:?}", self.rule.name);
        assert_eq!(
            level.remaining,
            self.remaining(now),
            "remaining of {}",
            context()
        );
        assert_eq!(level.used, self.used(now), "used of {}", context());
        let (next_in, full_in) = (
            level.next_in.map(|d| d.as_nanos()),
            level.full_in.map(|d| d.as_nanos()),
        );
        if self.rule.shape == Shape::Slots {
            assert_eq!((next_in, full_in), (None, None));
            return;
        }
        let after = |then: u64| Some(u128::from(then.saturating_sub(clock)));
        if self.full(now) {
            assert_eq!((next_in, full_in), (None, Some(0)), "{}", context());
            return;
        }
        let remaining = self.remaining(now);
        // A bucket that lacks a fraction of a token has no whole one to come.
        if remaining < self.rule.most() {
            let next = self.first(now, |then| self.remaining(then) > remaining);
            assert_eq!(next_in, after(next), "next in of {}", context());
        }
        assert_eq!(
            full_in,
            after(self.first(now, |then| self.full(then))),
            "full in of {}",
            context()
        );
    }

    pub(crate) fn full(&self, now: u64) -> bool {
        match self.rule.shape {
            Shape::Bucket { window, burst } => {
                self.level(now) == i128::from(burst) * i128::from(window)
            }
            _ => self.used(now) == 0,
        }
    }
}
