//! When to call the store, what to tell it, and how much to ask it for.

use std::time::Duration;

use crate::clock::{Timestamp, nanos_of};
use crate::cluster::{Call, Row, Shape, Want, When};

use super::demand::ample;
use super::denial::Wait;
use super::rows::Held;
use super::server_clock::scaled;
use super::{Share, grid};

/// For no longer than this is asked ahead, however long a row is.
pub(super) const HORIZON: Duration = Duration::from_secs(5);
/// Below so many hundredths of what was granted it is time for more.
const LOW: u64 = 15;
/// From so many hundredths of a row on it is time for the next one.
const LATE: u64 = 60;
/// Who knows nothing of the demand asks for so many times the need,
const FIRST: u64 = 8;
/// or for such a part of the whole.
const FIRST_PART: u64 = 64;

impl Share {
    /// When `amount` may be spent, if it can't be now.
    pub fn retry(&self, capacity: u64, amount: u64) -> Wait {
        if amount > grid::whole(self.shape, capacity) {
            return Wait::Never;
        }
        let lacking = self.lacking(amount);
        let denied = self.denial.and_then(|denial| denial.of(lacking, self.now));
        denied.map_or(Wait::WhenGranted, Wait::At)
    }

    /// A request was denied for lack of grants: ask for it.
    pub fn need(&mut self, capacity: u64, amount: u64) {
        if amount == 0 || amount > grid::whole(self.shape, capacity) {
            return;
        }
        self.demand.roll(self.slot(), self.now);
        let now = self.now;
        let hopeless = |amount| {
            let lacking = self.lacking(amount);
            self.denial
                .is_some_and(|denial| denial.forbids(lacking, now))
        };
        let (hopeless, was_hopeless) = (hopeless(amount), hopeless(self.demand.needed));
        self.demand.denied(amount, hopeless, was_hopeless);
    }

    /// Whether the store must be called: somebody waits, and nothing is known that stands against it; or it lacks
    /// something that was taken.
    pub fn must_ask(&self, capacity: u64, now: Timestamp) -> bool {
        let now = std::cmp::max(now, self.now);
        let in_debt = self.rows.iter().any(Held::is_in_debt);
        let waits = self.lacking(self.demand.needed) > 0;
        let untold = in_debt || self.owed > 0;
        untold && now >= self.link.retell
            || waits && (self.is_wanted_now(now) || self.wants_ahead(capacity, now).is_some())
    }

    /// Whether, now that something was spent, it is time to ask for more: little is left of the row, or most of its time
    /// is gone and nothing is held of the next.
    pub fn may_ask(&self, capacity: u64, now: Timestamp) -> bool {
        let now = std::cmp::max(now, self.now);
        self.is_low(now) || self.wants_ahead(capacity, now).is_some()
    }

    /// Until when, exclusive, there is no need to look at it, but to spend: the end of the row, or before that the time when
    /// [the next one is to be asked for](Self::may_ask).
    pub fn look_by(&self) -> Timestamp {
        let Some((current, shape)) = self.current.zip(self.shape) else {
            return Timestamp::ZERO;
        };
        if !self.lacks_next(current.epoch, shape) {
            return current.until;
        }
        let (start, end) = grid::bounds_of(shape, current.epoch);
        let late = scaled(end.saturating_sub(start), LATE, 100);
        let late = self.clock.certainly_at(start.saturating_add(late));
        if self.now < late {
            std::cmp::min(late, current.until)
        } else {
            current.until
        }
    }

    /// When somebody has to call the store even if no request comes: a heartbeat after the last call that it answered; sooner
    /// if one was not. `None` if there is nothing to tell, nothing held, and nothing that counts.
    pub fn next_visit(&self, heartbeat: Duration) -> Option<Timestamp> {
        if self.is_idle() {
            return None;
        }
        let heartbeat = std::cmp::min(heartbeat, self.slots_told_every());
        let unanswered = self.link.asked.map(|(at, ..)| at);
        let unanswered = unanswered.filter(|at| self.link.heard.is_none_or(|heard| heard < *at));
        Some(match (unanswered, self.link.heard) {
            (Some(at), _) => at.saturating_add(heartbeat.checked_div(4).unwrap_or(heartbeat)),
            (None, Some(heard)) => heard.saturating_add(heartbeat),
            (None, None) => self.now,
        })
    }

    /// What to tell the store now: the rows whose totals it is not known to have, and what is wanted.
    ///
    /// What is left of rows that are over is given back with it, and so is what is held beyond any use. Who is about to
    /// `leave` gives back everything and wants nothing.
    pub fn ask(&mut self, capacity: u64, now: Timestamp, leave: bool) -> (Vec<Row>, Option<Want>) {
        self.now = std::cmp::max(self.now, now);
        let now = self.now;
        self.demand.roll(self.slot(), now);
        if self.wary.is_some() && !leave {
            self.link.asked = Some((now, None, self.demand.needed));
            return (Vec::new(), None);
        }
        if leave {
            self.rows.iter_mut().for_each(|row| row.give_back(0));
        }
        self.close_rows(now);
        let want = if leave || self.has_lapsed(now) {
            None
        } else {
            self.want(capacity, now)
        };
        if want.is_none() {
            self.give_back_excess(now);
        }
        self.link.asked = Some((now, want, self.demand.needed));
        self.demand.asked();
        (self.rows.reports(), want)
    }

    /// What is wanted most.
    fn want(&mut self, capacity: u64, now: Timestamp) -> Option<Want> {
        let whole = std::cmp::min(grid::whole(self.shape, capacity), Call::MOST);
        if self.demand.needed > 0 && self.is_wanted_now(now) {
            let need = std::cmp::min(self.lacking(self.demand.needed), whole);
            return Some(self.want_now(need, whole, now));
        }
        if let Some((epoch, most)) = self.wants_ahead(capacity, now) {
            let next = epoch.saturating_add(1);
            self.link.ahead = Some(next);
            return Some(Want {
                when: When::After(epoch),
                known: self.known(next),
                need: 0,
                most: std::cmp::min(most, whole),
            });
        }
        self.is_low(now).then(|| self.want_now(0, whole, now))
    }

    fn want_now(&self, need: u64, whole: u64, now: Timestamp) -> Want {
        let epoch = self.current.map(|current| current.epoch);
        let epoch = epoch.or_else(|| {
            let guess = self.clock.guess(now)?;
            Some(grid::row_at(self.shape?, guess))
        });
        let row = epoch.and_then(|epoch| self.rows.get(epoch));
        let spent = row.map_or(0, Held::spent);
        let likely = self.likely_now(spent, now);
        let first = if need > 0 && self.demand.is_new() && !self.is_concurrency() {
            need.saturating_mul(FIRST)
                .max(whole.checked_div(FIRST_PART).unwrap_or(0))
        } else {
            0
        };
        // Who has spent it all is taken to need as much again.
        let likely = if self.is_concurrency() {
            likely
        } else {
            likely.max(spent)
        };
        let most = likely.max(first).max(self.demand.wanted).max(need);
        Want {
            when: When::Now,
            known: epoch.map_or(0, |epoch| self.known(epoch)),
            need,
            most: std::cmp::min(most, whole),
        }
    }

    /// What the store is known to have of a row once it was told.
    pub(super) fn known(&self, epoch: u64) -> u64 {
        self.rows.get(epoch).map_or(0, Held::total)
    }

    /// What is missing here of what costs so much.
    fn lacking(&self, amount: u64) -> u64 {
        amount.saturating_sub(self.free())
    }

    /// Whether there is a use in asking for what somebody waits for.
    fn is_wanted_now(&self, now: Timestamp) -> bool {
        let needed = self.lacking(self.demand.needed);
        !self
            .denial
            .is_some_and(|denial| denial.forbids(needed, now))
    }

    /// Whether less is left of the row than is likely to be wanted, and little.
    fn is_low(&self, now: Timestamp) -> bool {
        let row = self.current.and_then(|row| self.rows.get(row.epoch));
        let Some(row) = row else {
            return false;
        };
        let is_little = row.spare().saturating_mul(100) < row.held().saturating_mul(LOW);
        let is_enough = self.likely_now(row.spent(), now) <= row.spare();
        let is_denied = self.denial.is_some_and(|denial| denial.forbids(1, now));
        is_little && !is_enough && !is_denied && now >= self.link.quiet
    }

    /// The row that is current and what is wanted of the next one, if it is time for that.
    fn wants_ahead(&self, capacity: u64, now: Timestamp) -> Option<(u64, u64)> {
        let current = self.current.filter(|current| now < current.until)?;
        let shape = self.shape?;
        if !self.lacks_next(current.epoch, shape) {
            return None;
        }
        let (start, end) = grid::bounds_of(shape, current.epoch);
        let length = end.saturating_sub(start);
        let gone = self.clock.guess(now)?.saturating_sub(start);
        let most = self.likely_in(now, std::cmp::min(length, nanos_of(HORIZON)));
        let is_time = gone >= scaled(length, LATE, 100);
        let most = std::cmp::min(most, grid::whole(self.shape, capacity));
        (is_time && most > 0).then_some((current.epoch, most))
    }

    /// Whether there is a row after this one, of which nothing is held, and was not asked for yet.
    fn lacks_next(&self, epoch: u64, shape: Shape) -> bool {
        let next = epoch.saturating_add(1);
        let holds_some = self.rows.get(next).is_some_and(|row| row.spare() > 0);
        grid::has_next_rows(shape) && !holds_some && self.link.ahead != Some(next)
    }

    /// What will hardly be exceeded in the row that can be spent now, of which so much is spent.
    fn likely_now(&self, spent: u64, now: Timestamp) -> u64 {
        if self.is_concurrency() {
            // The half of what is in use may come to it.
            return spent >> 1;
        }
        self.likely_in(now, self.time_left(now))
    }

    /// What will hardly be exceeded in so many nanoseconds.
    fn likely_in(&self, now: Timestamp, time: u64) -> u64 {
        ample(self.demand.likely(now, time))
    }

    /// How long the current row is for, up to the horizon, and a nanosecond more if it is for longer.
    pub(super) fn time_left(&self, now: Timestamp) -> u64 {
        let most = nanos_of(HORIZON).saturating_add(1);
        let left = self.current.map(|current| {
            if self.is_concurrency() {
                most
            } else {
                nanos_of(current.until.since(now))
            }
        });
        std::cmp::min(left.unwrap_or_else(|| self.slot()), most)
    }
}
