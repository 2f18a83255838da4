//! A calendar window whose budget is drawn from the origin: what is spent here was recorded there before.
//!
//! The meter holds what the origin has granted it, net of what it has given back, and counts its own use against
//! that. It asks ahead, a slice at a time; what it holds and has not spent is all that a crash can lose.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use crate::clock::Timestamp;
use crate::origin::{Account, Claim};
use crate::plan::{Limit, Period};

use super::calendar_window::CalendarWindow;
use super::{Level, Retry};

/// So long after it said no the origin is asked again, since others may have given something back; and so long what was
/// granted for a large request waits for that request to come again.
pub(crate) const ASK_AGAIN: Duration = Duration::from_secs(1);
/// The costs of so many denied requests at most are asked for at once. They may be as many that wait, or one that comes again
/// and again: nobody can tell.
const CROWD: u64 = 64;
/// So long without a charge, and what is left is given back.
const LINGER: Duration = Duration::from_secs(30);

/// See the module's page. Its capacity and period are the limit's to say.
#[derive(Debug)]
pub(crate) struct DurableWindow {
    /// What was used here, by this holder.
    own: CalendarWindow,
    holder: u64,
    granted: u64,
    returned: u64,
    /// What of `returned` the origin is known to have taken in.
    returned_there: u64,
    /// What the origin was told was spent: that it can't count so high is no reason to tell it again at once.
    spent_there: u64,
    /// What all other holders have, when the origin last said so; `None` before it ever did.
    others: Option<u64>,
    /// The largest cost that was denied since the origin was asked last.
    needed: u64,
    /// All of those together, as far as somebody is likely to wait for them.
    wanted: u64,
    asked_at: Timestamp,
    /// The limit has ceased to be durable in this window, and may be again.
    detached: bool,
    /// What was used at an earlier look, and when that was: to tell how long nothing has happened.
    seen: (u64, Timestamp),
}

/// What a claim is to achieve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Aim {
    /// To have a slice ready, and what was denied.
    Ready {
        /// How much to hold ahead.
        slice: u64,
    },
    /// To hold no more than was spent: the tenant rests, or goes.
    Nothing,
}

impl DurableWindow {
    pub(super) fn new(period: Period, now: Timestamp) -> Self {
        Self {
            own: CalendarWindow::new(period, now),
            // Seeded by the system for the process, and anew for each: no two holders are the same.
            holder: RandomState::new().hash_one(now.as_nanos()),
            granted: 0,
            returned: 0,
            returned_there: 0,
            spent_there: 0,
            others: None,
            needed: 0,
            wanted: 0,
            asked_at: Timestamp::ZERO,
            detached: false,
            seen: (0, now),
        }
    }

    /// What was used here and by all others, as far as is known.
    pub(super) fn used_by_all(&self) -> u64 {
        self.others.unwrap_or(0).saturating_add(self.own.used())
    }

    pub(super) fn free(&self, limit: &Limit) -> u64 {
        let left = limit.capacity.saturating_sub(self.others.unwrap_or(0));
        // Where the limit has ceased to be durable in this window, nobody grants anything.
        let most = if self.detached { left } else { self.holding() };
        std::cmp::min(most, left).saturating_sub(self.own.used())
    }

    pub(super) fn charge(&mut self, amount: u64) {
        self.own.charge(amount);
    }

    pub(super) fn burden(&mut self, at: Timestamp, amount: u64) {
        self.own.burden(at, amount);
    }

    pub(super) fn lighten(&mut self, at: Timestamp, amount: u64) {
        self.own.lighten(at, amount);
    }

    pub(super) fn retry(&self, limit: &Limit, amount: u64) -> Retry {
        if amount > limit.capacity {
            Retry::Never
        } else if self.detached || self.is_out_of(limit.capacity, amount) {
            Retry::At(self.own.end())
        } else {
            Retry::WhenGranted
        }
    }

    pub(super) fn level(&self, capacity: u64, unspent: u64) -> Level {
        let used = self.used_by_all().saturating_sub(unspent);
        Level {
            used,
            remaining: capacity.saturating_sub(used),
            next_at: (used > 0).then_some(self.own.end()),
            full_at: Some(if used > 0 {
                self.own.end()
            } else {
                Timestamp::ZERO
            }),
        }
    }

    pub(super) fn start(&self) -> Timestamp {
        self.own.start()
    }

    pub(super) fn end(&self) -> Timestamp {
        self.own.end()
    }

    /// Whether it counts the same window as `other`.
    pub(super) fn is_window_of(&self, other: &CalendarWindow) -> bool {
        self.own.is_window_of(other)
    }

    pub(super) fn calendar(&self) -> &CalendarWindow {
        &self.own
    }

    /// Whether the origin knows all about it, and it holds nothing that it could give back.
    pub(super) fn is_idle(&self) -> bool {
        if self.detached {
            return self.used_by_all() == 0;
        }
        self.own.used() == self.holding() && self.returned == self.returned_there
    }

    /// From now on nobody goes to the origin for it.
    pub(super) fn detach(&mut self) {
        self.detached = true;
    }

    /// From now on somebody does: what was spent meanwhile is told as a debt.
    pub(super) fn attach(&mut self) {
        self.detached = false;
    }

    /// What was used beyond what was granted, which the origin need not know of yet.
    pub(super) fn debt(&self) -> u64 {
        self.own.used().saturating_sub(self.holding())
    }

    /// Notes that `cost` was denied. A cost for which too little was left is asked for again only if nobody needs what there
    /// is, since what is needed is granted as a whole.
    pub(crate) fn need(&mut self, capacity: u64, cost: u64) {
        let hopeless = self.is_out_of(capacity, cost);
        if cost > capacity || hopeless && self.needed > 0 {
            return;
        }
        let replaced = self.is_out_of(capacity, self.needed);
        self.needed = if replaced {
            cost
        } else {
            std::cmp::max(self.needed, cost)
        };
        let crowd = self.needed.saturating_mul(CROWD);
        self.wanted = std::cmp::min(self.wanted.saturating_add(cost), crowd);
    }

    /// Whether there is something that the origin must be told, or that somebody waits for.
    pub(crate) fn must_ask(&self, capacity: u64, now: Timestamp) -> bool {
        let hopeless = self.is_out_of(capacity, self.needed) && !self.asked_long_ago(now);
        let in_need = self.needed > 0 && !hopeless;
        let in_debt = self.debt() > 0;
        in_need || in_debt && (self.own.used() > self.spent_there || self.asked_long_ago(now))
    }

    /// Whether, now that something was spent, it is time to ask for what comes next, or to give back what is too much.
    pub(crate) fn may_ask(&self, capacity: u64, slice: u64, now: Timestamp) -> bool {
        let Some(others) = self.others else {
            return true;
        };
        let (spare, holding) = (self.spare(), self.holding());
        let there = capacity.saturating_sub(others).saturating_sub(holding);
        // Of the last unit that is free nobody gets half.
        let ahead = there > 1 && spare.saturating_mul(2) < std::cmp::min(slice, there);
        ahead || spare > slice.saturating_mul(2) && self.asked_long_ago(now)
    }

    /// Whether nothing has happened for so long that what it holds had better be given back.
    pub(crate) fn rests(&mut self, now: Timestamp) -> bool {
        if self.seen.0 != self.own.used() {
            self.seen = (self.own.used(), now);
        }
        !self.is_idle() && now.since(self.seen.1) >= LINGER
    }

    /// The claim that achieves `aim`; what it gives back is given back with this.
    pub(crate) fn claim(&mut self, aim: Aim, capacity: u64, now: Timestamp) -> OwnClaim {
        let slice = match aim {
            Aim::Ready { slice } => std::cmp::max(slice, std::cmp::max(self.needed, self.wanted)),
            Aim::Nothing => 0,
        };
        if aim == Aim::Nothing || self.asked_long_ago(now) {
            let too_much = self.spare().saturating_sub(slice);
            self.returned = self.returned.saturating_add(too_much);
        }
        self.asked_at = now;
        self.wanted = 0;
        let spent = self.own.used();
        let needed = if aim == Aim::Nothing { 0 } else { self.needed };
        OwnClaim {
            start: self.own.start(),
            end: self.own.end(),
            capacity,
            holder: self.holder,
            returned: self.returned,
            spent,
            least: spent.saturating_add(needed),
            most: spent.saturating_add(slice),
        }
    }

    /// Takes in what the origin said to `claim`, if that was of this meter and of this window.
    pub(crate) fn settle(&mut self, claim: &Claim, account: Account) {
        if (claim.holder, claim.start) != (self.holder, self.own.start()) {
            return;
        }
        self.granted = std::cmp::max(self.granted, account.granted);
        self.returned_there = std::cmp::max(self.returned_there, claim.returned);
        self.spent_there = claim.spent;
        let mine = account.granted.saturating_sub(claim.returned);
        self.others = Some(account.charged.saturating_sub(mine));
        if self.needed <= claim.least.saturating_sub(claim.spent) {
            self.needed = 0;
        }
    }

    /// Whether the origin had not so much left when it was asked last: then it would have been granted no more.
    fn is_out_of(&self, capacity: u64, amount: u64) -> bool {
        let left = |others| {
            capacity
                .saturating_sub(self.own.used())
                .saturating_sub(others)
        };
        self.others.is_some_and(|others| amount > left(others))
    }

    fn asked_long_ago(&self, now: Timestamp) -> bool {
        now.since(self.asked_at) >= ASK_AGAIN
    }

    /// What it was granted and has not given back.
    fn holding(&self) -> u64 {
        self.granted.saturating_sub(self.returned)
    }

    /// What it holds and has not spent.
    fn spare(&self) -> u64 {
        self.holding().saturating_sub(self.own.used())
    }
}

/// A claim without the names of tenant and limit, which a meter does not know.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OwnClaim {
    pub(crate) start: Timestamp,
    pub(crate) end: Timestamp,
    pub(crate) capacity: u64,
    pub(crate) holder: u64,
    pub(crate) returned: u64,
    pub(crate) spent: u64,
    pub(crate) least: u64,
    pub(crate) most: u64,
}
