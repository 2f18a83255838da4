//! What a tenant has used, exactly: the sequential heart behind the lease words.
//!
//! A ledger is plain code under one small lock: the plan, a meter for each of its limits, and who has
//! borrowed from it. It knows nothing of other ledgers; [`Chain`](crate::chain::Chain) has a tenant's and its
//! ancestors' in hand and makes operations of these parts.

mod awaited;
mod borrowers;
mod classes;
mod durable;
mod front;
mod offer;
mod shared;

use crate::budget::Budget;
use crate::clock::Timestamp;
use crate::cost::Cost;
use crate::deny_word::Binding;
use crate::lease_word::{Charge, Drained};
use crate::meter::{LeaseReturn, Level, Meter, Retry, Swap, Tenure};
use crate::plan::{Limit, Plan, Status};
use crate::scope::Scope;
use crate::sync::Arc;

use self::awaited::Answers;
pub(crate) use self::awaited::Awaited;
pub(crate) use self::borrowers::Borrowers;
pub(crate) use self::classes::Classes;
use self::durable::Errand;
pub(crate) use self::durable::Slice;
pub(crate) use self::front::Front;
pub(crate) use self::offer::{Offer, part};

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

/// How many limits a tenant may have that has a parent or children: as many seats each of a tenant and its
/// ancestors has in the seats of a charge.
pub(crate) const MOST_IN_FAMILY: usize = 16;

/// See the module's page.
#[derive(Debug)]
pub(crate) struct Ledger {
    plan: Arc<Plan>,
    /// One for each of the plan's limits, in the same order.
    meters: Box<[Meter]>,
    /// One for each meter, once the plan was swapped; until then each has the seat of its place.
    tenures: Option<Box<[Tenure]>>,
    /// The place of the plan in the order of the source's changes.
    version: u64,
    /// Counts plans: an index into the limits is only meaningful with the generation that it is of.
    generation: u64,
    /// The latest time seen: time in here never goes back.
    now: Timestamp,
    /// The epoch that what is charged now belongs to. Those of a tenant and of its ancestors are
    /// numbered together, so that one number places a charge in all of them.
    epoch: u64,
    /// Leases of epochs before this one are not continued.
    renewed_at: u64,
    pub(crate) borrowers: Borrowers,
    standing: Standing,
    /// A denial is remembered, so the lease words must stay empty.
    armed: bool,
    /// It has or had children, so that its limits must stay few.
    is_parent: bool,
    errand: Errand,
    /// Somebody is on the way to the store of shared limits.
    calling: bool,
    answers: Answers,
}

/// A limit with its meter.
#[derive(Debug)]
pub(crate) struct Entry<'l> {
    pub(crate) limit: &'l Limit,
    pub(crate) meter: &'l Meter,
    pub(crate) tenure: Tenure,
}

impl Ledger {
    pub(crate) fn new(plan: Arc<Plan>, version: u64, now: Timestamp) -> Self {
        let meters = plan.limits.iter().map(|limit| Meter::new(limit, now));
        Self {
            meters: meters.collect(),
            tenures: None,
            standing: standing_of(&plan),
            plan,
            version,
            generation: 0,
            now,
            epoch: 0,
            borrowers: Borrowers::default(),
            renewed_at: 0,
            armed: false,
            is_parent: false,
            errand: Errand::None,
            calling: false,
            answers: Answers::default(),
        }
    }

    pub(crate) fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    pub(crate) fn version(&self) -> u64 {
        self.version
    }

    pub(crate) fn standing(&self) -> Standing {
        self.standing
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.now
    }

    pub(crate) fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Every limit with its meter, in the plan's order.
    pub(crate) fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        let limits = self.plan.limits.iter().zip(&self.meters).enumerate();
        limits.map(|(place, (limit, meter))| Entry {
            limit,
            meter,
            tenure: tenure(self.tenures.as_deref(), place),
        })
    }

    fn entries_mut(&mut self) -> impl Iterator<Item = (&Limit, &mut Meter, Tenure)> {
        let tenures = self.tenures.as_deref();
        let limits = self.plan.limits.iter().zip(&mut self.meters).enumerate();
        limits.map(move |(place, (limit, meter))| (limit, meter, tenure(tenures, place)))
    }

    /// Moves every meter on to `now`, where `epoch` stands.
    pub(crate) fn roll(&mut self, now: Timestamp, epoch: u64) {
        if epoch != self.epoch {
            self.renewed_at = epoch;
        }
        (self.now, self.epoch) = (now, epoch);
        for (limit, meter) in self.plan.limits.iter().zip(&mut self.meters) {
            meter.roll(limit, now, epoch);
        }
    }

    /// Takes back what a lease did not spend. The lease is that of a tenant `above` generations below.
    pub(crate) fn take_back(&mut self, lease: &Drained, above: usize) {
        let charge = of_level(lease.charge, above);
        for (limit, meter, tenure) in self.entries_mut() {
            let granted = part(lease.granted, &limit.dimension);
            if granted > 0 && tenure.counted(charge) {
                let back = LeaseReturn {
                    epoch: charge.epoch,
                    start: charge.at,
                    granted,
                    unspent: part(lease.unspent, &limit.dimension),
                };
                meter.return_lease(limit, back);
            }
        }
    }

    /// Charges what a lease word is filled with to the limits at these seats.
    pub(crate) fn lend(&mut self, budget: Budget, seats: u64) {
        for (limit, meter, tenure) in self.entries_mut() {
            if tenure.seat() & seats != 0 {
                meter.charge(limit, part(budget, &limit.dimension));
            }
        }
    }

    /// Charges `cost` to every limit that is for `scope`, and says to which: a shadow limit that has no
    /// room is not charged, as if it had denied.
    pub(crate) fn charge(&mut self, scope: &Scope<'_>, cost: &Cost) -> u64 {
        let mut seats = 0;
        for (limit, meter, tenure) in self.entries_mut() {
            let amount = cost.get(&limit.dimension);
            let denied = limit.is_shadow() && amount > meter.free(limit);
            if denied || !limit.is_for(scope) {
                continue;
            }
            seats |= tenure.seat();
            if amount > 0 {
                meter.charge(limit, amount);
            }
        }
        seats
    }

    /// Settles what was reserved at what was really spent, in the row that was charged.
    ///
    /// A dimension that `actual` does not name keeps what was reserved. Slots are not touched.
    pub(crate) fn settle(&mut self, charge: Charge, above: usize, reserved: &Cost, actual: &Cost) {
        let charge = of_level(charge, above);
        for (limit, meter, tenure) in self.entries_mut() {
            let Some(actual) = actual.named_amount(&limit.dimension) else {
                continue;
            };
            let reserved = reserved.get(&limit.dimension);
            let (less, more) = (
                reserved.saturating_sub(actual),
                actual.saturating_sub(reserved),
            );
            if !tenure.counted(charge) || limit.is_concurrency() {
                continue;
            }
            if less > 0 && tenure.still_counts(charge) {
                meter.refund(limit, charge, less);
            }
            if more > 0 && tenure.knows_row_of(charge) {
                meter.add_debt(limit, charge, more);
            } else if more > 0 {
                // Charged in another shape: to the newest row.
                meter.charge(limit, more);
            }
        }
    }

    /// Frees the slots of a permit.
    pub(crate) fn release(&mut self, charge: Charge, above: usize, cost: &Cost) {
        let charge = of_level(charge, above);
        for (limit, meter, tenure) in self.entries_mut() {
            if tenure.counted(charge) {
                meter.release(limit, cost.get(&limit.dimension));
            }
        }
    }

    /// Puts a new plan in force and keeps the usage of the limits that it shares with the old one.
    ///
    /// Limits are the same if they have the same name and dimension. Nothing is out on lease.
    pub(crate) fn swap(&mut self, plan: Arc<Plan>, version: u64) {
        self.end_epoch();
        self.carry_to(&plan);
        self.generation = self.generation.wrapping_add(1);
        self.version = version;
        self.standing = standing_of(&plan);
        self.plan = plan;
    }

    /// The meters of `plan`: those of limits that are known, as they are, and new ones.
    fn carry_to(&mut self, plan: &Plan) {
        let swap = Swap {
            epoch: self.epoch,
            now: self.now,
        };
        let meters = std::mem::take(&mut self.meters).into_iter().map(Some);
        let mut old: Vec<_> = self.plan.limits.iter().zip(meters).enumerate().collect();
        let mut carry = |limit: &Limit| {
            let same =
                |known: &Limit| known.name == limit.name && known.dimension == limit.dimension;
            let found = old.iter_mut().find(|(_, (known, _))| same(known))?;
            let (place, (known, meter)) = (found.0, &mut found.1);
            let tenure = tenure(self.tenures.as_deref(), place);
            Some(meter.take()?.carried_to(known, tenure, limit, swap))
        };
        let kept: Vec<_> = plan
            .limits
            .iter()
            .map(|limit| (limit, carry(limit)))
            .collect();
        let held = kept.iter().filter_map(|(_, kept)| kept.as_ref());
        let taken = held.fold(0, |taken, (_, tenure)| taken | tenure.seat());
        let mut free = seats().filter(|seat| seat & taken == 0);
        let mut fresh = |limit: &Limit| {
            // A plan has at most 64 limits, so a seat is free.
            let tenure = Tenure::new(free.next().unwrap_or(0), swap.epoch);
            (Meter::succeeding(limit, swap.now), tenure)
        };
        let next = kept
            .into_iter()
            .map(|(limit, kept)| kept.unwrap_or_else(|| fresh(limit)));
        let (meters, tenures): (Vec<_>, Vec<_>) = next.unzip();
        self.meters = meters.into();
        self.tenures = Some(tenures.into());
    }

    /// Says that the config source no longer knows the tenant: nothing is admitted any more.
    pub(crate) fn remove(&mut self, version: u64) {
        self.standing = Standing::Removed;
        self.version = version;
    }

    /// Forgets all usage that is only known here, as an operator may ask for; permits of before are settled for
    /// nothing.
    /// Nothing is out on lease.
    pub(crate) fn reset(&mut self) {
        self.end_epoch();
        let (epoch, now) = (self.epoch, self.now);
        let seats: Vec<_> = self.entries().map(|entry| entry.tenure).collect();
        let anew = self.plan.limits.iter().zip(&mut self.meters).zip(seats);
        let tenures = anew.map(|((limit, meter), tenure)| {
            if limit.is_concurrency() || limit.is_durable() || limit.is_shared() {
                return tenure;
            }
            *meter = Meter::new(limit, now);
            Tenure::new(tenure.seat(), epoch)
        });
        self.tenures = Some(tenures.collect());
    }

    /// Ends the epoch: whatever is charged from now on is told from what was charged before.
    pub(crate) fn end_epoch(&mut self) {
        self.epoch = self.epoch.wrapping_add(1);
        self.renewed_at = self.epoch;
    }

    /// Whether a new lease may belong to this epoch, which an earlier one belonged to.
    pub(crate) fn continues(&self, epoch: u64) -> bool {
        epoch >= self.renewed_at
    }

    /// A new epoch begins, after all those of the tenant and its ancestors.
    pub(crate) fn begin_epoch(&mut self, epoch: u64) {
        self.epoch = epoch;
    }

    /// Calls `with` with the level of every limit at `now`, of which `unspent` of a lease with this charge
    /// still lies in a word.
    pub(crate) fn levels(
        &self,
        now: Timestamp,
        lease: Option<(Budget, Charge)>,
        mut with: impl FnMut(Level),
    ) {
        for Entry {
            limit,
            meter,
            tenure,
        } in self.entries()
        {
            let unspent = lease.map_or(0, |(unspent, charge)| {
                if tenure.counted(charge) {
                    part(unspent, &limit.dimension)
                } else {
                    0
                }
            });
            with(meter.level(limit, std::cmp::max(now, self.now), unspent));
        }
    }

    /// Whether nothing would be lost with it: every meter is as good as new, and nobody is on the way to the origin,
    /// who may have been granted something. Nothing is out on lease.
    pub(crate) fn is_idle(&self) -> bool {
        self.errand == Errand::None && !self.calling && self.meters.iter().all(Meter::is_idle)
    }

    /// The shadow limits that would have denied `cost` when it was charged.
    pub(crate) fn shadowed(
        &self,
        charge: Charge,
        above: usize,
        scope: &Scope<'_>,
        cost: &Cost,
    ) -> impl Iterator<Item = Arc<str>> {
        let charge = of_level(charge, above);
        let denied = self.entries().filter(move |entry| {
            let limit = entry.limit;
            let asked = limit.is_shadow() && limit.is_for(scope) && cost.get(&limit.dimension) > 0;
            asked && entry.tenure.denied(charge)
        });
        denied.map(|entry| Arc::clone(&entry.limit.name))
    }

    /// The first limit that never admits `cost`.
    #[cfg(feature = "actors")]
    pub(crate) fn never(&self, scope: &Scope<'_>, cost: &Cost) -> Option<usize> {
        self.entries().position(|Entry { limit, meter, .. }| {
            let need = cost.get(&limit.dimension);
            let denies = !limit.is_shadow() && limit.is_for(scope);
            need > 0 && denies && meter.retry(limit, need) == Retry::Never
        })
    }

    /// The limit at this place of the plan, as a denial names it.
    pub(crate) fn binding(&self, above: usize, limit: usize) -> Binding {
        // A plan has at most 64 limits, and a tenant at most 3 ancestors.
        Binding {
            generation: self.generation,
            above: u8::try_from(above).unwrap_or(u8::MAX),
            limit: u8::try_from(limit).unwrap_or(u8::MAX),
        }
    }

    /// The limit that a denial named, if its plan is still in force.
    pub(crate) fn limit(&self, binding: Binding) -> Option<&Limit> {
        let current = binding.generation == self.generation;
        current.then(|| self.plan.limits.get(usize::from(binding.limit)))?
    }

    pub(crate) fn is_armed(&self) -> bool {
        self.armed
    }

    pub(crate) fn arm(&mut self) {
        self.armed = true;
    }

    /// Forgets what is remembered of a denial, before usage changes.
    pub(crate) fn disarm(&mut self, front: &Front) {
        if self.armed {
            front.deny.disarm();
            self.armed = false;
        }
    }

    /// Whether a plan has no more limits than it may have here.
    pub(crate) fn has_room_for(&self, plan: &Plan) -> bool {
        !self.is_parent || plan.limits.len() <= MOST_IN_FAMILY
    }

    /// Lets the tenant have children, if all its limits have seats that fit beside theirs.
    pub(crate) fn adopt(&mut self) -> bool {
        let seats = self
            .entries()
            .fold(0, |seats, entry| seats | entry.tenure.seat());
        self.is_parent |= seats >> MOST_IN_FAMILY == 0;
        self.is_parent
    }

    /// What is left of the lease that is out at `now`, if it is the only one and reading the meters as of now
    /// needs nothing else.
    pub(crate) fn only_lease(&self, front: &Front, now: Timestamp) -> Option<(Budget, Charge)> {
        let nature = self.plan.nature;
        // Meters that the word is not charged to may have to be moved on, and words are read one by one.
        let plain = !nature.named && !nature.conditional && !front.is_striped();
        let lease = front.lease.peek(now)?;
        (plain && self.borrowers.is_empty()).then_some(lease)
    }
}

/// What a charge says of the limits of an ancestor that is so many generations above; see [`MOST_IN_FAMILY`].
fn of_level(charge: Charge, above: usize) -> Charge {
    Charge {
        seats: charge.seats >> shift_of(above),
        ..charge
    }
}

/// By how much the seats of an ancestor are shifted in the seats of a charge.
pub(crate) fn shift_of(above: usize) -> usize {
    above.saturating_mul(MOST_IN_FAMILY)
}

/// The tenure of the meter at a place. A meter of the tenant's first plan has counted from the start, and has
/// the seat of its place.
#[inline]
fn tenure(tenures: Option<&[Tenure]>, place: usize) -> Tenure {
    let known = tenures.and_then(|tenures| tenures.get(place)).copied();
    known.unwrap_or_else(|| {
        let place = u32::try_from(place).unwrap_or(u32::MAX);
        Tenure::new(1_u64.checked_shl(place).unwrap_or(0), 0)
    })
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
