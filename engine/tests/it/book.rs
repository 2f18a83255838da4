//! A plain log of what one limit admitted, which outlives the limit's shape.
//!
//! Where the engine may err on the side of the limit, and says so in its limitations, the book keeps two logs:
//! `upper` admits as much as the promises allow, `lower` as little. Where it need not err they are equal and the
//! engine must answer exactly as they do.

use std::collections::HashSet;

use tollgate::LimitUsage;

use crate::model::{Entry, Twin};
use crate::world::{Rule, SECOND, Shape};

/// One limit's logs.
#[derive(Debug)]
pub(crate) struct Book {
    pub(crate) upper: Twin,
    pub(crate) lower: Twin,
    /// The permits that were charged to it.
    counted: HashSet<usize>,
    /// Of those, the ones that were charged in an earlier shape.
    reshaped: HashSet<usize>,
    /// Something was given back of which the engine may give back less.
    loose: bool,
    /// Until then it counts a past of which only the engine knows how much it is: a bucket's, in a window.
    pub(crate) vague_until: u64,
}

impl Book {
    pub(crate) fn new(rule: &Rule, now: u64) -> Self {
        Self {
            upper: Twin::new(rule, now, true),
            lower: Twin::new(rule, now, false),
            counted: HashSet::new(),
            reshaped: HashSet::new(),
            loose: false,
            vague_until: 0,
        }
    }

    pub(crate) fn rule(&self) -> &Rule {
        &self.upper.rule
    }

    fn is_bucket(&self) -> bool {
        matches!(self.rule().shape, Shape::Bucket { .. })
    }

    pub(crate) fn is_exact(&self, now: u64) -> bool {
        !self.loose && now >= self.vague_until
    }

    /// Where the strictest reading has nothing left on it, neither has any other: what was loose is exact again.
    pub(crate) fn meet(&mut self, now: u64) {
        if self.loose && now >= self.vague_until && self.lower.full(now) {
            self.upper.entries.clone_from(&self.lower.entries);
            (self.upper.began, self.upper.lacking) = (self.lower.began, self.lower.lacking);
            self.loose = false;
        }
    }

    fn each(&mut self, act: impl Fn(&mut Twin)) {
        act(&mut self.upper);
        act(&mut self.lower);
    }

    pub(crate) fn admit(&mut self, permit: usize, at: u64, amount: u64) {
        self.counted.insert(permit);
        let entry = Entry {
            at,
            amount,
            permit,
            released: false,
        };
        self.each(|twin| twin.entries.push(entry));
    }

    pub(crate) fn settle(&mut self, permit: usize, at: u64, reserved: u64, actual: u64) {
        let idle = self.rule().shape == Shape::Slots || !self.counted.contains(&permit);
        if idle || actual == reserved {
            return;
        }
        let own = |twin: &mut Twin, amount: u64| {
            let entries = twin.entries.iter_mut();
            entries
                .filter(|entry| entry.permit == permit)
                .for_each(|entry| entry.amount = amount);
        };
        let reshaped = self.reshaped.contains(&permit);
        if actual > reserved && (reshaped || self.is_bucket()) {
            // Debt that is paid from now on.
            let debt = Entry {
                at,
                amount: actual - reserved,
                permit: 0,
                released: false,
            };
            self.each(|twin| twin.entries.push(debt));
        } else if actual < reserved && (reshaped || self.is_bucket()) {
            self.loose = true;
            self.give_back(permit, reserved - actual);
            own(&mut self.upper, actual);
        } else {
            self.each(|twin| own(twin, actual));
        }
    }

    /// A bucket that has changed its rate since knows what it lacked, and no longer who took it.
    fn give_back(&mut self, permit: usize, amount: u64) {
        let known = self
            .upper
            .entries
            .iter()
            .any(|entry| entry.permit == permit);
        if let (false, Shape::Bucket { window, .. }) = (known, self.rule().shape) {
            let units = i128::from(amount) * i128::from(window);
            self.upper.lacking = std::cmp::max(0, self.upper.lacking - units);
        }
    }

    pub(crate) fn release(&mut self, permit: usize) {
        self.each(|twin| {
            let entries = twin.entries.iter_mut();
            entries
                .filter(|entry| entry.permit == permit)
                .for_each(|entry| entry.released = true);
        });
    }

    /// The limit is `rule` from `now` on.
    pub(crate) fn swap(&mut self, rule: &Rule, now: u64) {
        self.meet(now);
        let old = self.rule().clone();
        match (old.shape, rule.shape) {
            (Shape::Slots, Shape::Slots) => {}
            (Shape::Slots, _) | (_, Shape::Slots) => return *self = Self::new(rule, now),
            (Shape::Bucket { window, burst }, Shape::Bucket { window: next, .. }) => {
                self.each(|twin| {
                    let brim = i128::from(burst) * i128::from(window);
                    let lacks = (brim - twin.level(now)) * i128::from(next);
                    // What a window of another length can't say exactly is rounded up.
                    twin.lacking =
                        lacks / i128::from(window) + i128::from(lacks % i128::from(window) > 0);
                    twin.began = now;
                    twin.entries.clear();
                });
            }
            (Shape::Bucket { .. }, _) => {
                self.each(|twin| twin.entries.clear());
                self.reshape();
                self.vague_until = leaves(rule, now);
            }
            (from, to) if from == to || same_rows(&old, rule) => {}
            _ => {
                self.each(|twin| redate(twin, now));
                self.reshape();
                if now < self.vague_until {
                    self.vague_until = leaves(rule, now);
                }
            }
        }
        self.each(|twin| twin.rule = rule.clone());
    }

    fn reshape(&mut self) {
        self.reshaped.extend(&self.counted);
    }

    pub(crate) fn look(&mut self, now: u64, clock: u64, level: LimitUsage<'_>) {
        self.meet(now);
        if self.is_exact(now) {
            return self.upper.check_level(now, clock, level);
        }
        let least = if now < self.vague_until {
            0
        } else {
            self.lower.remaining(now)
        };
        let bounds = least..=self.upper.remaining(now);
        assert!(
            bounds.contains(&level.remaining),
            "{level:?}, {bounds:?} at {now}: {self:?}"
        );
    }
}

/// Whether two windows count in the same rows.
fn same_rows(a: &Rule, b: &Rule) -> bool {
    match (a.shape, b.shape) {
        (Shape::Sliding { parts, .. }, Shape::Sliding { parts: others, .. }) => {
            parts == others && a.row() == b.row()
        }
        _ => false,
    }
}

/// When a window has nothing left of what it is charged at `now`.
fn leaves(rule: &Rule, now: u64) -> u64 {
    match rule.shape {
        Shape::Sliding { parts, .. } => (now / rule.row() + parts + 1) * rule.row(),
        Shape::Minute => (now / (60 * SECOND) + 1) * 60 * SECOND,
        Shape::Hour => (now / (3_600 * SECOND) + 1) * 3_600 * SECOND,
        Shape::Bucket { .. } | Shape::Slots => u64::MAX,
    }
}

/// A window knows of its past only the rows: what still counts is carried on as of the row's last instant.
fn redate(twin: &mut Twin, now: u64) {
    let (row, shape) = (twin.rule.row(), twin.rule.shape);
    twin.entries.retain(|entry| match shape {
        Shape::Sliding { parts, .. } => entry.at / row + parts >= now / row,
        _ => entry.at / row == now / row,
    });
    for entry in &mut twin.entries {
        entry.at = match shape {
            Shape::Sliding { .. } => std::cmp::min((entry.at / row + 1) * row - 1, now),
            _ => now,
        };
    }
    twin.began = twin.entries.first().map_or(now, |entry| entry.at);
    twin.lacking = 0;
}
