//! A ledger's dealings with the origin: what it claims for its durable limits, and what it is granted.

use crate::cost::Cost;
use crate::meter::{self, Aim, DurableWindow, OwnClaim};
use crate::origin::{Account, Claim};
use crate::plan::Limit;
use crate::scope::Scope;
use crate::sync::Arc;
use crate::tenant_id::TenantId;

use super::{Ledger, Standing};

/// Whether somebody is on the way to the origin for this ledger, and what for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Errand {
    None,
    /// For what is wanted.
    Ask,
    /// To give everything back: the tenant rests.
    GiveBack,
}

/// How much a durable limit holds ahead: a so manieth part of its capacity, and 1 at least.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Slice(pub(crate) u64);

impl Slice {
    fn of(self, limit: &Limit) -> u64 {
        limit.capacity().div_ceil(self.0.max(1)).max(1)
    }
}

impl Ledger {
    /// Notes that `cost` was denied, for the durable and the shared limits that had no room for it.
    pub(crate) fn note_need(&mut self, scope: &Scope<'_>, cost: &Cost) {
        for (limit, meter, _) in self.entries_mut() {
            let need = cost.get(&limit.dimension);
            if need <= meter.free(limit) || !limit.is_for(scope) {
                continue;
            }
            let most = meter::most_at_once(limit);
            if let Some(share) = meter.share() {
                share.need(most, need);
            }
            if let Some(meter) = meter.durable(limit) {
                meter.need(limit.capacity, need);
            }
        }
    }

    /// Whether somebody has to go to the origin, who is not on the way yet; from now on somebody is. They also go for
    /// what comes `next`, if something was spent.
    pub(crate) fn sends_for_more(&mut self, slice: Slice, next: bool) -> bool {
        if self.errand != Errand::None {
            return false;
        }
        let (now, gone) = (self.now, self.standing == Standing::Removed);
        let wants = !gone
            && self.entries_mut().any(|(limit, meter, _)| {
                let (capacity, slice) = (limit.capacity, slice.of(limit));
                let wants = |meter: &mut DurableWindow| {
                    meter.must_ask(capacity, now) || next && meter.may_ask(capacity, slice, now)
                };
                meter.durable(limit).is_some_and(wants)
            });
        if wants {
            self.errand = Errand::Ask;
        }
        wants
    }

    /// Whether somebody has to take back to the origin what has not been touched for a while, or is no tenant's any
    /// more; from now on somebody is on the way.
    pub(crate) fn sends_back(&mut self) -> bool {
        if self.errand != Errand::None {
            return false;
        }
        let (now, gone) = (self.now, self.standing == Standing::Removed);
        let mut rests = false;
        for (limit, meter, _) in self.entries_mut() {
            let idle = meter.is_idle();
            // Each is looked at: that is how it knows since when nothing has happened.
            if let Some(meter) = meter.durable(limit) {
                rests |= meter.rests(now) || gone && !idle;
            }
        }
        if rests {
            self.errand = Errand::GiveBack;
        }
        rests
    }

    /// Whether somebody is on the way to the origin.
    pub(crate) fn is_on_errand(&self) -> bool {
        self.errand != Errand::None
    }

    /// What is claimed now. Nothing is out on lease.
    pub(crate) fn claims(&mut self, tenant: &TenantId, slice: Slice, leave: bool) -> Vec<Claim> {
        let give_back =
            leave || self.errand == Errand::GiveBack || self.standing == Standing::Removed;
        self.errand = if give_back {
            Errand::GiveBack
        } else {
            Errand::Ask
        };
        let now = self.now;
        let claims = self.entries_mut().filter_map(|(limit, meter, _)| {
            let ready = Aim::Ready {
                slice: slice.of(limit),
            };
            let aim = if give_back { Aim::Nothing } else { ready };
            let own = meter.durable(limit)?.claim(aim, limit.capacity, now);
            claim(tenant, limit, own)
        });
        claims.collect()
    }

    /// Takes in what the origin said to these claims; whoever was on the way is back.
    pub(crate) fn settle_accounts(&mut self, answers: &[(Claim, Account)]) {
        self.errand = Errand::None;
        self.answers.of_origin();
        for (limit, meter, _) in self.entries_mut() {
            let Some(meter) = meter.durable(limit) else {
                continue;
            };
            for (claim, account) in answers {
                meter.settle(claim, *account);
            }
        }
    }
}

/// A meter's claim, with the names; `None` for a limit that is no calendar limit, which has none.
fn claim(tenant: &TenantId, limit: &Limit, own: OwnClaim) -> Option<Claim> {
    Some(Claim {
        tenant: tenant.clone(),
        limit: Arc::clone(&limit.name),
        dimension: limit.dimension.clone(),
        period: limit.period()?,
        start: own.start,
        end: own.end,
        capacity: own.capacity,
        holder: own.holder,
        returned: own.returned,
        spent: own.spent,
        least: own.least,
        most: own.most,
    })
}
