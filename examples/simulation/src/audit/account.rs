//! One limit of one tenant: its rule, what is known of its use, and what it keeps when the rule changes.

use super::bucket::Bucket;
use super::calendar::Calendar;
use super::log::Log;
use super::meter::{Left, Mark, Meter};
use super::rules::{Rule, Shape};
use super::window::Sliding;

#[derive(Debug, Clone)]
pub(super) struct Account {
    pub(super) rule: Rule,
    /// A number that no account had before: charges name it.
    pub(super) serial: u64,
    pub(super) meter: Meter,
}

/// A past that another shape has left.
struct Past {
    log: Log,
    /// An entry of the log that stands for what a bucket lacked.
    carried: Option<u64>,
    /// What was used by the old shape's own count, where that is certain.
    used: Option<u64>,
}

impl Account {
    /// An account at zero use; `serial` is a number that none had before.
    pub(super) fn new(rule: Rule, now: u64, serial: u64) -> Self {
        let meter = Meter::new(&rule, now, serial);
        Self {
            rule,
            serial,
            meter,
        }
    }

    pub(super) fn left(&self, now: u64) -> Left {
        self.meter.left(now)
    }

    /// Whether this is the account of `rule`: limits are the same if name and dimension are.
    pub(super) fn is_of(&self, rule: &Rule) -> bool {
        self.rule.name == rule.name && self.rule.dim == rule.dim
    }

    pub(super) fn settle(&mut self, mark: Mark, now: u64, reserved: u64, actual: u64) {
        if actual != reserved {
            self.meter.settle(mark, now, reserved, actual);
        }
    }

    /// The account under a new rule. What is known of the past still counts; nothing is gifted. It has been
    /// advanced to `now`; `serial` is a number that none had before.
    pub(super) fn under(self, rule: Rule, now: u64, serial: u64) -> Self {
        let Self {
            meter, serial: old, ..
        } = self;
        let capacity = rule.capacity;
        let meter = match (meter, rule.shape) {
            (Meter::Sliding(mut same), Shape::Sliding { window, parts })
                if same.has_shape(window, parts) =>
            {
                same.set_capacity(capacity);
                Meter::Sliding(same)
            }
            (Meter::Calendar(mut same), Shape::Calendar(period)) if same.is_of(period) => {
                same.set_capacity(capacity);
                Meter::Calendar(same)
            }
            (Meter::Slots(mut same), Shape::Slots) => {
                same.set_capacity(capacity);
                Meter::Slots(same)
            }
            (Meter::Bucket(old), Shape::Bucket { window, burst }) => {
                Meter::Bucket(old.rescaled(capacity, window, burst, serial))
            }
            // Nothing can be carried over between what is held and what was spent.
            (Meter::Slots(_), _) | (_, Shape::Slots) => return Self::new(rule, now, serial),
            (meter, _) => reshaped(&rule, past_of(meter, now), now, serial),
        };
        Self {
            rule,
            serial: old,
            meter,
        }
    }
}

fn past_of(meter: Meter, now: u64) -> Past {
    let used = meter.used(now);
    match meter {
        Meter::Sliding(meter) => Past {
            log: meter.known(),
            carried: None,
            used,
        },
        Meter::Calendar(meter) => Past {
            log: meter.known(),
            carried: None,
            used,
        },
        Meter::Bucket(meter) => {
            // What it lacks was spent and has not come back, so that it counts as spent now.
            let lacks = meter.lacks();
            let mut log = meter.numbering();
            let carried = (lacks > 0).then(|| log.push(now, lacks));
            Past {
                log,
                carried,
                used: None,
            }
        }
        Meter::Slots(_) => Past {
            log: Log::default(),
            carried: None,
            used: None,
        },
    }
}

fn reshaped(rule: &Rule, past: Past, now: u64, shape: u64) -> Meter {
    let Past { log, carried, used } = past;
    let capacity = rule.capacity;
    match rule.shape {
        Shape::Sliding { window, parts } => Meter::Sliding(
            Sliding::new(capacity, window, parts, shape).with_past(log, carried, now),
        ),
        Shape::Bucket { window, burst } => {
            Meter::Bucket(Bucket::new(capacity, window, burst, now, shape).with_past(log, used))
        }
        Shape::Calendar(period) => {
            Meter::Calendar(Calendar::new(capacity, period, now, shape).with_past(log, carried))
        }
        Shape::Slots => Meter::new(rule, now, shape),
    }
}
