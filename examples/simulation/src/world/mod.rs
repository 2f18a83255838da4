//! The world: an engine, thousands of tenants, a clock, and one thing after another that a seed chooses.

mod ask;
mod clock;
mod config;
mod pay;
mod storm;
mod tend;

use tollgate::{Clock, Cost, Engine, InMemorySource, LookupError, Permit, Slot, Tenant, TenantId};

use self::clock::WorldClock;
use self::config::Draft;
use crate::audit::Auditor;
use crate::facts::{Amounts, Dim, Seen, Violation};
use crate::rng::Rng;
use crate::sabotage::{Break, Saboteur};
use crate::tally::Tally;

/// With threads, a storm breaks out once in so many steps.
const STEPS_BETWEEN_STORMS: u64 = 40;

/// What a run is made of, beside its seed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    pub(crate) steps: u64,
    pub(crate) tenants: usize,
    /// Whether nobody has a parent; else some tenants do, whose limits bind them too.
    pub(crate) alone: bool,
    pub(crate) sabotage: Option<Break>,
    /// How many threads ask at once now and then; 0 for none, and then a seed says it all.
    pub(crate) threads: usize,
    /// Whose story is told on stderr.
    pub(crate) trace: Option<usize>,
}

/// See the module's page.
pub(crate) struct World {
    rng: Rng,
    settings: Settings,
    clock: WorldClock,
    /// Whether the clock jumps back now and then.
    backwards: bool,
    source: InMemorySource,
    engine: Engine,
    seats: Vec<Option<Seat>>,
    held: Vec<Held>,
    permits: u64,
    auditor: Auditor,
    saboteur: Saboteur,
    tally: Tally,
}

/// A tenant that has turned up.
struct Seat {
    id: TenantId,
    draft: Draft,
    /// A handle that somebody keeps, so that it stays in memory.
    handle: Option<Tenant>,
    removed: bool,
}

/// A request that has not ended.
struct Held {
    permit: u64,
    tenant: usize,
    cost: Amounts,
    grip: Grip,
}

enum Grip {
    /// Not settled yet.
    Permit(Permit<'static>),
    Slot(Slot<'static>),
}

/// A promise that was broken, and in which step.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) step: u64,
    pub(crate) violation: Violation,
}

impl World {
    pub(crate) fn new(seed: u64, settings: Settings) -> Self {
        let mut rng = Rng::new(seed);
        let tick = rng.pick(&[0, 0, 1_000_000, 10_000_000]);
        let clock = WorldClock::new(tick);
        let source = InMemorySource::new();
        let engine = Engine::builder()
            .source(source.clone())
            .clock(Clock::custom(clock.clone()))
            .build_without_actors()
            .expect("it has a source");
        Self {
            backwards: rng.once_in(3),
            rng,
            settings,
            auditor: Auditor::new(clock.lag(), settings.trace),
            clock,
            source,
            engine,
            seats: std::iter::repeat_with(|| None)
                .take(settings.tenants)
                .collect(),
            held: Vec::new(),
            permits: 0,
            saboteur: Saboteur::new(settings.sabotage, seed),
            tally: Tally::default(),
        }
    }

    /// Does all steps, or as many as go well.
    pub(crate) fn run(mut self) -> Result<Tally, Failure> {
        for step in 0..self.settings.steps {
            self.step()
                .map_err(|violation| Failure { step, violation })?;
        }
        self.tally.audited = self.auditor.audited;
        Ok(self.tally)
    }

    fn step(&mut self) -> Result<(), Violation> {
        if self.settings.threads > 0 && self.rng.once_in(STEPS_BETWEEN_STORMS) {
            return self.storm();
        }
        match self.rng.below(1_000) {
            0..450 => self.burst(),
            450..600 => self.pay(),
            600..860 => {
                self.pass_time();
                Ok(())
            }
            860..910 => self.look(),
            910..940 => self.reconfigure(),
            940..952 => self.change_standing(),
            952..970 => self.take_or_leave_a_handle(),
            970..990 => self.sweep_some(),
            990..994 => self.sweep_all(),
            994..997 => self.reset(),
            _ => {
                self.jump_back();
                Ok(())
            }
        }
    }

    fn now(&self) -> u64 {
        self.clock.read()
    }

    /// A tenant of whom the first few come up most; it turns up when it is first thought of.
    fn somebody(&mut self) -> usize {
        let who = self.rng.skewed(self.settings.tenants);
        if self.seats[who].is_none() {
            self.turn_up(who);
        }
        who
    }

    fn seat(&mut self, who: usize) -> &mut Seat {
        self.seats[who].as_mut().expect("it has turned up")
    }

    /// The tenant, by its handle or by its id; `None` if it was removed, or is loaded below one that was.
    fn tenant(&mut self, who: usize) -> Result<Option<Tenant>, Violation> {
        let seat = self.seat(who);
        if let Some(handle) = &seat.handle {
            return Ok(Some(handle.clone()));
        }
        let id = seat.id.clone();
        let line = self.auditor.lineage(who);
        let gone = line.iter().copied().find(|&who| self.seat(who).removed);
        let mut missing = line;
        missing.retain(|&who| {
            let seat = self.seats[who].as_ref().expect("it has turned up");
            !seat.removed && self.engine.get(&seat.id).is_none()
        });
        let now = self.now();
        let mut found = self.engine.tenant_blocking(&id);
        if let Err(LookupError::InvalidConfig { .. }) = found.as_ref().map_err(first_cause) {
            // Limits above were lowered while it was not in memory: its owner lowers its own.
            for &who in missing.iter().rev() {
                self.put_in_force(who);
            }
            found = self.engine.tenant_blocking(&id);
        }
        match found {
            Ok(tenant) => {
                // From the root down: who is loaded is at the time that its parent has seen.
                for who in missing.into_iter().rev() {
                    self.auditor.loaded(who, now)?;
                    self.tally.loads += 1;
                }
                Ok(Some(tenant))
            }
            Err(error) if first_cause(&error).is_not_found() => {
                self.auditor.absent(gone.unwrap_or(who))?;
                Ok(None)
            }
            Err(error) => panic!("a source in memory answers: {error}"),
        }
    }

    /// Looks at somebody's usage.
    fn look(&mut self) -> Result<(), Violation> {
        let who = self.somebody();
        self.look_at(who)
    }

    fn look_at(&mut self, who: usize) -> Result<(), Violation> {
        let Some(tenant) = self.tenant(who)? else {
            return Ok(());
        };
        let seen = seen(&tenant);
        self.tally.looks += 1;
        self.auditor.looked(who, self.clock.read(), &seen)
    }
}

/// What went wrong in the end, above the tenant or with it.
fn first_cause(error: &LookupError) -> &LookupError {
    if let LookupError::Parent { cause, .. } = error {
        first_cause(cause)
    } else {
        error
    }
}

fn seen(tenant: &Tenant) -> Vec<Seen> {
    let usage = tenant.usage();
    let nanos = |duration: std::time::Duration| u64::try_from(duration.as_nanos()).ok();
    usage
        .iter()
        .map(|level| Seen {
            limit: level.limit.name().to_owned(),
            used: level.used,
            remaining: level.remaining,
            full_in: level.full_in.and_then(nanos),
        })
        .collect()
}

/// The engine's own form of a cost.
fn cost_of(amounts: &Amounts) -> Cost {
    let mut cost = Cost::none();
    for dim in Dim::ALL {
        if let Some(amount) = amounts.named(dim) {
            let dimension = dim.name().parse().expect("its name is a dimension's");
            cost = cost.and(dimension, amount);
        }
    }
    cost
}
