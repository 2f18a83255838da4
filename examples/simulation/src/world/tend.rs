//! Everything beside requests: configs, standing, handles, sweeps, and the clock.

use tollgate::RawTenant;

use super::config::Draft;
use super::{Seat, World};
use crate::facts::Violation;
use crate::sabotage::Break;

/// As the engine has it.
const MOST_ANCESTORS: usize = 3;
/// A sweep of everybody is checked for so many tenants.
const CHECKED: usize = 40;

impl World {
    /// A tenant turns up: the source knows it from now on.
    pub(super) fn turn_up(&mut self, who: usize) {
        let parent = self.parent_of(who);
        // A permit names shadow limits and not whose they are: in a family no two have the same name.
        let prefix = format!("t{who}.");
        let draft = Draft::new(format!("t{who}"), parent, prefix, &mut self.rng);
        let id = format!("t{who}").parse().expect("it is an id");
        self.seats[who] = Some(Seat {
            id,
            draft,
            handle: None,
            removed: false,
        });
        self.put_in_force(who);
    }

    /// Half of the tenants have a parent, a hotter one, unless all stand alone.
    fn parent_of(&mut self, who: usize) -> Option<usize> {
        if self.settings.alone || who == 0 || self.rng.once_in(2) {
            return None;
        }
        let parent = self.rng.index(who);
        if self.seats[parent].is_none() {
            self.turn_up(parent);
        }
        (self.auditor.lineage(parent).len() <= MOST_ANCESTORS).then_some(parent)
    }

    /// The drafts of all above a tenant.
    fn drafts_above(&self, who: usize) -> Vec<Draft> {
        let draft = |who: usize| self.seats[who].as_ref().map(|seat| &seat.draft);
        let parent = |of: &&Draft| of.parent().and_then(draft);
        let line = std::iter::successors(draft(who).as_ref().and_then(parent), parent);
        line.cloned().collect()
    }

    /// Gives the tenant's config to the source and to the auditor, each by its text.
    pub(super) fn put_in_force(&mut self, who: usize) {
        let above = self.drafts_above(who);
        let seat = self.seat(who);
        seat.removed = false;
        for above in &above {
            seat.draft.fit_below(above);
        }
        let text = seat.draft.text();
        let raw: RawTenant = serde_json::from_str(&text).expect("it is JSON");
        let config = raw
            .validate()
            .unwrap_or_else(|problems| panic!("{problems}: {text}"));
        if let Err(problems) = self.source.set(config) {
            panic!("{problems}: {text}");
        }
        self.tally.swaps += 1;
        self.auditor.configured(who, self.clock.read(), &text);
    }

    pub(super) fn reconfigure(&mut self) -> Result<(), Violation> {
        let who = self.somebody();
        if self.rng.once_in(2) {
            self.burst_of(who)?;
        }
        let Self { seats, rng, .. } = self;
        if let Some(seat) = &mut seats[who] {
            for _ in 0..rng.within(1, 3) {
                seat.draft.change(rng);
            }
        }
        self.put_in_force(who);
        if self.saboteur.wants(Break::SwapForgets)
            && let Some(tenant) = self.tenant(who)?
        {
            tenant.reset();
        }
        if self.rng.once_in(2) {
            self.look_at(who)?;
        }
        self.burst_of(who)
    }

    /// Somebody is suspended, resumed, removed, or comes back.
    pub(super) fn change_standing(&mut self) -> Result<(), Violation> {
        let (who, at) = (self.somebody(), self.now());
        let removed = self.seat(who).removed;
        let id = self.seat(who).id.clone();
        match self.rng.below(5) {
            _ if removed => self.put_in_force(who),
            0 | 1 => {
                self.tally.suspends += 1;
                self.auditor.suspended(who, at);
                if !self.saboteur.wants(Break::SuspendLate) {
                    self.source.suspend(&id);
                }
                // What was held goes on; nothing new is let in.
                self.burst_of(who)?;
                self.source.resume(&id);
                self.auditor.resumed(who, at);
            }
            2 => {
                self.source.suspend(&id);
                self.auditor.suspended(who, at);
                self.tally.suspends += 1;
            }
            3 => {
                self.source.resume(&id);
                self.auditor.resumed(who, at);
            }
            _ => {
                self.source.remove(&id);
                self.auditor.removed(who, at);
                self.seat(who).removed = true;
                self.tally.removals += 1;
            }
        }
        Ok(())
    }

    pub(super) fn reset(&mut self) -> Result<(), Violation> {
        let who = self.somebody();
        if let Some(tenant) = self.tenant(who)? {
            tenant.reset();
            self.auditor.reset(who, self.clock.read());
        }
        Ok(())
    }

    pub(super) fn take_or_leave_a_handle(&mut self) -> Result<(), Violation> {
        let who = self.somebody();
        let kept = self.seat(who).handle.take();
        if kept.is_none() {
            self.seat(who).handle = self.tenant(who)?;
        }
        Ok(())
    }

    pub(super) fn sweep_some(&mut self) -> Result<(), Violation> {
        let most = self.rng.index(60);
        self.auditor.sweeps(self.clock.read());
        self.tally.evictions += count(self.engine.sweep(most));
        if self.saboteur.wants(Break::SweepForgets) {
            let who = self.somebody();
            if let Some(tenant) = self.tenant(who)? {
                tenant.reset();
            }
        }
        Ok(())
    }

    /// Sweeps everybody; who is idle must have gone, and nobody else.
    pub(super) fn sweep_all(&mut self) -> Result<(), Violation> {
        let at = self.now();
        self.auditor.sweeps(at);
        self.tally.evictions += count(self.engine.sweep(usize::MAX));
        for _ in 0..CHECKED {
            let who = self.rng.skewed(self.settings.tenants);
            let Some(seat) = &self.seats[who] else {
                continue;
            };
            let in_memory = self.engine.get(&seat.id).is_some();
            let held = seat.handle.is_some()
                || self.held.iter().any(|held| held.tenant == who)
                || self.auditor.is_a_parent(who);
            self.auditor.swept(who, at, in_memory, held)?;
        }
        Ok(())
    }

    pub(super) fn pass_time(&mut self) {
        const MILLI: u64 = 1_000_000;
        const SECOND: u64 = 1_000 * MILLI;
        let now = self.now();
        let then = match self.rng.below(400) {
            0..180 => now + self.rng.below(2_000),
            180..260 => now + self.rng.below(2 * MILLI),
            260..290 => now + self.rng.below(100 * MILLI),
            290..380 => self.edge(now),
            380..394 => now + self.rng.below(70 * SECOND),
            394..397 => now + self.rng.below(3_600 * SECOND),
            // A day or a month ends now and then.
            397 if self.rng.once_in(4) => now + self.rng.below(9 * 86_400 * SECOND),
            _ => now,
        };
        self.clock.set(std::cmp::max(then, now));
    }

    /// The end of a row of somebody's limit, or a nanosecond beside it.
    fn edge(&mut self, now: u64) -> u64 {
        let who = self.somebody();
        let Self { seats, rng, .. } = self;
        let row = seats[who].as_ref().map_or(1, |seat| seat.draft.row(rng));
        // Far edges come up less, or most time would be spent idle.
        let far = row > 100_000_000_000;
        if far && !rng.once_in(16) {
            return now;
        }
        let rows = if rng.once_in(4) && !far {
            rng.below(130)
        } else {
            rng.below(3)
        };
        (now / row + 1 + rows) * row - 1 + rng.below(3)
    }

    /// The clock jumps back. The engine's words don't note the time of each decision (a documented limitation),
    /// so that everybody is asked for nothing first. Who was removed comes back for it: nobody else can be asked.
    pub(super) fn jump_back(&mut self) {
        if !self.backwards {
            return;
        }
        for who in 0..self.seats.len() {
            if self.seats[who].as_ref().is_some_and(|seat| seat.removed) {
                self.put_in_force(who);
            }
            let Some(seat) = &self.seats[who] else {
                continue;
            };
            let found = seat.handle.clone().or_else(|| self.engine.get(&seat.id));
            if let Some(tenant) = found {
                self.touch(who, &tenant);
            }
        }
        let most = self.rng.pick(&[1, 1_000, 50_000_000, 100_000_000_000]);
        self.clock.set(self.now() - self.rng.within(1, most));
        self.tally.jumps += 1;
    }
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
