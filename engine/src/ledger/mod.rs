//! What a tenant has used, exactly: the sequential heart behind the lease word.
//!
//! A ledger is plain code under one small lock: the plan, a meter for each of its limits, and what is
//! out on lease. Every operation has the same frame: **open** (drain the lease word, move the meters on
//! to now), act, **close** (fill the word again, unless a denial is remembered). In between nothing is
//! out on lease, so that what the meters say is the whole truth and a denial is always right.

mod frame;
mod front;

use std::time::Duration;

use crate::admission::{self, Shortage};
use crate::clock::Timestamp;
use crate::cost::Cost;
use crate::deny_word::{Binding, Remembered};
use crate::dimension::Dimension;
use crate::lease_word::{Budget, Charge};
use crate::meter::{Level, Meter, Retry};
use crate::plan::{Limit, Plan, Status};
use crate::scope::Scope;
use crate::sync::Arc;

use self::frame::{Lease, part};
pub(crate) use self::front::Front;

/// Whether a tenant may be served at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    Active,
    Suspended,
    /// The config source no longer knows it.
    Removed,
}

/// Why the ledger said no.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    Standing(Standing),
    Limit {
        binding: Binding,
        retry: Retry,
    },
    /// Not the ledger's own: a wait ended before its turn came.
    #[cfg_attr(
        not(feature = "actors"),
        expect(dead_code, reason = "only actors wait")
    )]
    Queued,
}

/// See the module's page.
#[derive(Debug)]
pub(crate) struct Ledger {
    plan: Arc<Plan>,
    /// One for each of the plan's limits, in the same order.
    meters: Box<[Meter]>,
    /// The place of the plan in the order of the source's changes.
    version: u64,
    /// Counts plans: an index into the limits is only meaningful with the generation that it is of.
    generation: u64,
    standing: Standing,
    /// The latest time seen: time in here never goes back.
    now: Timestamp,
    /// By how much a taker's clock may lag: words and denials end this much early for takers.
    lag: Duration,
    lease: Lease,
    /// A denial is remembered, so the lease word must stay empty.
    armed: bool,
    nature: Nature,
}

/// What a plan asks of its ledger.
#[derive(Debug, Clone, Copy)]
struct Nature {
    /// A meter minds the order of charges (a bucket): every visit is an epoch of its own, and so is
    /// every lease.
    ordered: bool,
    /// A limit counts a dimension that no word carries.
    named: bool,
    /// A limit is only for some requests.
    conditional: bool,
}

impl Nature {
    fn of(plan: &Plan) -> Self {
        let named = |limit: &Limit| matches!(limit.dimension, Dimension::Named(_));
        Self {
            ordered: plan.limits.iter().any(Limit::is_bucket),
            named: plan.limits.iter().any(named),
            conditional: plan.limits.iter().any(Limit::is_conditional),
        }
    }
}

impl Ledger {
    pub(crate) fn new(plan: Arc<Plan>, version: u64, now: Timestamp, lag: Duration) -> Self {
        let meters = plan
            .limits
            .iter()
            .zip(seats())
            .map(|(limit, seat)| Meter::new(limit, seat, 0, now))
            .collect();
        let standing = standing_of(&plan);
        let lease = Lease::default();
        Self {
            nature: Nature::of(&plan),
            plan,
            meters,
            version,
            generation: 0,
            standing,
            now,
            lag,
            lease,
            armed: false,
        }
    }

    /// Tells the front what it must know of the plan and the standing.
    pub(crate) fn announce(&self, front: &Front) {
        let slots = self.meters.iter().any(Meter::is_concurrency);
        front.announce(slots, self.standing == Standing::Removed);
    }

    /// Charges `cost` to every limit that is for `scope` at `now`, or to none.
    pub(crate) fn acquire(
        &mut self,
        front: &Front,
        now: Timestamp,
        scope: &Scope<'_>,
        cost: &Cost,
    ) -> Result<Charge, Cause> {
        self.open(front, now);
        let verdict = self.decide(front, scope, cost);
        self.close(front);
        verdict
    }

    fn decide(&mut self, front: &Front, scope: &Scope<'_>, cost: &Cost) -> Result<Charge, Cause> {
        if self.standing != Standing::Active {
            return Err(Cause::Standing(self.standing));
        }
        match admission::check(&self.plan.limits, &self.meters, scope, cost) {
            Ok(()) => {
                self.disarm(front);
                let seats = admission::charge(&self.plan.limits, &mut self.meters, scope, cost);
                Ok(Charge {
                    epoch: self.lease.epoch.number,
                    at: self.now,
                    seats,
                })
            }
            Err(shortage) => {
                let binding = self.binding(shortage.limit);
                // A denial that was found with a scope is one of that scope alone, unless scopes don't
                // matter; the deny word can't tell scopes apart.
                if scope.is_empty() || !self.nature.conditional {
                    self.remember(front, cost, shortage, binding);
                }
                Err(Cause::Limit {
                    binding,
                    retry: shortage.retry,
                })
            }
        }
    }

    /// Why `cost` will not be admitted however long one waits, if that is so now.
    #[cfg(feature = "actors")]
    pub(crate) fn hopeless(&self, scope: &Scope<'_>, cost: &Cost) -> Option<Cause> {
        if self.standing != Standing::Active {
            return Some(Cause::Standing(self.standing));
        }
        let limits = self.plan.limits.iter().zip(&self.meters);
        let above = limits.enumerate().find(|(_, (limit, meter))| {
            let need = cost.get(&limit.dimension);
            let denies = !limit.is_shadow() && limit.is_for(scope);
            need > 0 && denies && meter.retry(need) == Retry::Never
        });
        above.map(|(index, _)| Cause::Limit {
            binding: self.binding(index),
            retry: Retry::Never,
        })
    }

    fn binding(&self, limit: usize) -> Binding {
        // A plan has at most 64 limits.
        Binding {
            generation: self.generation,
            limit: u8::try_from(limit).unwrap_or(u8::MAX),
        }
    }

    /// Lets the deny word answer for this cost until it can be charged.
    fn remember(&mut self, front: &Front, cost: &Cost, shortage: Shortage, binding: Binding) {
        let Retry::At(retry_at) = shortage.retry else {
            return;
        };
        let plain = cost
            .plain()
            .and_then(|(requests, tokens)| Budget::fitting(requests, tokens));
        if let Some(budget) = plain {
            let until = retry_at.saturating_sub(self.lag);
            let for_any_scope = !self.nature.conditional;
            let denial = Remembered {
                retry_at,
                binding,
                for_any_scope,
            };
            front.deny.arm(budget, until, denial);
            self.armed = true;
        }
    }

    fn disarm(&mut self, front: &Front) {
        if self.armed {
            front.deny.disarm();
            self.armed = false;
        }
    }

    /// Settles what was reserved at what was really spent, in the row that was charged.
    ///
    /// A dimension that `actual` does not name keeps what was reserved. Slots are not touched.
    pub(crate) fn settle(
        &mut self,
        front: &Front,
        now: Timestamp,
        charge: Charge,
        reserved: &Cost,
        actual: &Cost,
    ) {
        self.open(front, now);
        self.disarm(front);
        for (limit, meter) in self.plan.limits.iter().zip(&mut self.meters) {
            let Some(actual) = actual.named_amount(&limit.dimension) else {
                continue;
            };
            if !meter.counted(charge) {
                continue;
            }
            let reserved = reserved.get(&limit.dimension);
            if actual < reserved {
                meter.refund(charge, reserved.saturating_sub(actual));
            } else if actual > reserved {
                meter.add_debt(charge, actual.saturating_sub(reserved));
            }
        }
        self.close(front);
    }

    /// Frees the slots of a permit.
    pub(crate) fn release(&mut self, front: &Front, now: Timestamp, charge: Charge, cost: &Cost) {
        self.open(front, now);
        self.disarm(front);
        for (limit, meter) in self.plan.limits.iter().zip(&mut self.meters) {
            if meter.counted(charge) {
                meter.release(cost.get(&limit.dimension));
            }
        }
        self.close(front);
    }

    /// Puts a new plan in force and keeps the usage of the limits that it shares with the old one.
    ///
    /// Limits are the same if they have the same name and dimension.
    pub(crate) fn swap(&mut self, front: &Front, now: Timestamp, plan: Arc<Plan>, version: u64) {
        self.open(front, now);
        self.disarm(front);
        self.end_epoch();
        self.meters = self.carried(&plan);
        self.generation = self.generation.wrapping_add(1);
        self.version = version;
        self.standing = standing_of(&plan);
        self.nature = Nature::of(&plan);
        self.plan = plan;
        self.announce(front);
        self.close(front);
    }

    /// The meters of `plan`: those of limits that are known, as they are, and new ones.
    fn carried(&mut self, plan: &Plan) -> Box<[Meter]> {
        let (epoch, now) = (self.lease.epoch.number, self.now);
        let old = std::mem::take(&mut self.meters).into_iter();
        let mut old: Vec<_> = self.plan.limits.iter().zip(old.map(Some)).collect();
        let mut carry = |limit: &Limit| {
            let same =
                |known: &Limit| known.name == limit.name && known.dimension == limit.dimension;
            let meter = old.iter_mut().find(|(known, _)| same(known))?.1.take()?;
            Some(meter.carried_to(limit, epoch, now))
        };
        let kept: Vec<_> = plan
            .limits
            .iter()
            .map(|limit| (limit, carry(limit)))
            .collect();
        let taken = kept
            .iter()
            .filter_map(|(_, meter)| meter.as_ref())
            .map(Meter::seat);
        let taken = taken.fold(0, |taken, seat| taken | seat);
        let mut free = seats().filter(|seat| seat & taken == 0);
        let fresh = |limit: &Limit, seat: Option<u64>| {
            // A plan has at most 64 limits, so a seat is free.
            Meter::new(limit, seat.unwrap_or(0), epoch, now)
        };
        kept.into_iter()
            .map(|(limit, meter)| meter.unwrap_or_else(|| fresh(limit, free.next())))
            .collect()
    }

    /// Says that the config source no longer knows the tenant: nothing is admitted any more.
    pub(crate) fn remove(&mut self, front: &Front, now: Timestamp, version: u64) {
        self.open(front, now);
        self.disarm(front);
        self.standing = Standing::Removed;
        self.version = version;
        self.announce(front);
        self.close(front);
    }

    /// Forgets all usage, as an operator may ask for; permits of before are settled for nothing.
    pub(crate) fn reset(&mut self, front: &Front, now: Timestamp) {
        self.open(front, now);
        self.disarm(front);
        self.end_epoch();
        let (epoch, now) = (self.lease.epoch.number, self.now);
        for (limit, meter) in self.plan.limits.iter().zip(&mut self.meters) {
            if !meter.is_concurrency() {
                *meter = Meter::new(limit, meter.seat(), epoch, now);
            }
        }
        self.close(front);
    }

    /// Calls `with` with the level of every limit at `now`, in the plan's order.
    pub(crate) fn levels(&mut self, front: &Front, now: Timestamp, mut with: impl FnMut(Level)) {
        let leased = self.lease.granted != Budget::default();
        let live = leased
            && now < self.lease.epoch.until
            && !self.nature.named
            && !self.nature.conditional;
        if !live {
            self.open(front, now);
        }
        // While the lease lasts it is left alone: what lies in the word counts as not used.
        let unspent = if live {
            front.lease.peek()
        } else {
            Budget::default()
        };
        for (limit, meter) in self.plan.limits.iter().zip(&self.meters) {
            let leased = meter.seat() & self.lease.epoch.seats != 0;
            let granted = if leased {
                part(self.lease.granted, &limit.dimension)
            } else {
                0
            };
            let unspent = std::cmp::min(part(unspent, &limit.dimension), granted);
            with(meter.level(std::cmp::max(now, self.now), unspent));
        }
        if !live {
            self.close(front);
        }
    }

    /// Whether nothing would be lost with it: every meter is as good as new.
    pub(crate) fn is_idle(&mut self, front: &Front, now: Timestamp) -> bool {
        self.open(front, now);
        let idle = self.meters.iter().all(Meter::is_idle);
        self.close(front);
        idle
    }

    /// The shadow limits that would have denied `cost` when it was charged.
    pub(crate) fn shadowed(&self, charge: Charge, scope: &Scope<'_>, cost: &Cost) -> Vec<Arc<str>> {
        let limits = self.plan.limits.iter().zip(&self.meters);
        let denied = limits.filter(|(limit, meter)| {
            let asked = limit.is_shadow() && limit.is_for(scope) && cost.get(&limit.dimension) > 0;
            asked && meter.denied(charge)
        });
        denied.map(|(limit, _)| Arc::clone(&limit.name)).collect()
    }

    pub(crate) fn version(&self) -> u64 {
        self.version
    }

    pub(crate) fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// The limit that a denial named, if its plan is still in force.
    pub(crate) fn limit(&self, binding: Binding) -> Option<&Limit> {
        let current = binding.generation == self.generation;
        current.then(|| self.plan.limits.get(usize::from(binding.limit)))?
    }
}

/// A bit for each of the 64 limits that a plan may have.
fn seats() -> impl Iterator<Item = u64> {
    (0..u64::BITS).map(|seat| 1_u64 << seat)
}

fn standing_of(plan: &Plan) -> Standing {
    match plan.status {
        Status::Active => Standing::Active,
        Status::Suspended => Standing::Suspended,
    }
}
