//! Paying: settled at less, at more, refunded, kept, dropped, or held for long.

use tollgate::OnDrop;

use super::{Grip, Held, World, cost_of};
use crate::audit::Auditor;
use crate::facts::{Amounts, Dim, Violation};
use crate::sabotage::Break;

impl World {
    /// Something becomes of a request that is under way.
    pub(super) fn pay(&mut self) -> Result<(), Violation> {
        if self.held.is_empty() {
            return Ok(());
        }
        if self.rng.once_in(3) {
            self.end_one();
            return Ok(());
        }
        let place = self.rng.index(self.held.len());
        let held = self.held.swap_remove(place);
        let who = held.tenant;
        match held.grip {
            Grip::Slot(_) => self.end(held),
            Grip::Permit(_) => self.settle(held),
        }
        if self.rng.once_in(4) && !self.seat(who).removed {
            self.look_at(who)?;
        }
        Ok(())
    }

    fn settle(&mut self, held: Held) {
        let actual = self.actual(&held.cost);
        let Held {
            permit,
            tenant,
            cost,
            grip,
        } = held;
        let Grip::Permit(guard) = grip else {
            return;
        };
        let at = self.now();
        self.tally.settled += 1;
        self.auditor.settled(permit, at, &actual);
        let slot = if self.saboteur.wants(Break::DropSettle) {
            guard.keep()
        } else {
            guard.settle(&cost_of(&actual))
        };
        let held = Held {
            permit,
            tenant,
            cost,
            grip: Grip::Slot(slot),
        };
        if self.rng.once_in(2) {
            self.end(held);
        } else {
            self.held.push(held);
        }
    }

    /// What a request did cost: less, more, nothing, or something else altogether.
    fn actual(&mut self, reserved: &Amounts) -> Amounts {
        let percent = match self.rng.below(8) {
            0 => 0,
            1..=3 => self.rng.below(100),
            4 => 100,
            5 | 6 => self.rng.within(100, 300),
            _ => self.rng.within(100, 3_000),
        };
        let mut actual = reserved.map(|amount| amount.saturating_mul(percent) / 100);
        if self.rng.once_in(4) {
            let dim = self.rng.pick(&Dim::ALL);
            actual.set(dim, self.rng.below(9));
        }
        if self.rng.once_in(4) {
            let unnamed = self.rng.index(actual.0.len());
            actual.0[unnamed] = None;
        }
        actual
    }

    /// Some request ends, in one of the ways in which it can.
    pub(super) fn end_one(&mut self) {
        if !self.held.is_empty() {
            let place = self.rng.index(self.held.len());
            let held = self.held.swap_remove(place);
            self.end(held);
        }
    }

    fn end(&mut self, held: Held) {
        let at = self.now();
        match held.grip {
            Grip::Slot(slot) => drop(slot),
            Grip::Permit(guard) => match self.rng.below(4) {
                0 => {
                    self.refunded(held.permit, &held.cost);
                    drop(guard.refund());
                }
                1 => {
                    self.refunded(held.permit, &held.cost);
                    drop(guard.on_drop(OnDrop::Refund));
                }
                2 => drop(guard.keep()),
                _ => drop(guard),
            },
        }
        if !self.saboteur.wants(Break::KeepSlot) {
            self.auditor.released(held.permit, at);
        }
    }

    fn refunded(&mut self, permit: u64, cost: &Amounts) {
        self.tally.refunded += 1;
        let told = if self.saboteur.wants(Break::RefundSign) {
            cost.map(|amount| 2 * amount)
        } else {
            Auditor::refund_of(cost)
        };
        self.auditor.settled(permit, self.clock.read(), &told);
    }
}
