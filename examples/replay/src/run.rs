//! The replay: lines in, outcomes out, on a clock that shows what the log says. No I/O.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use tollgate::{
    Clock, Cost, Decision, Engine, InMemorySource, LookupError, ManualClock, Permit, Status,
    TenantConfig, TenantId, TenantsConfig, Timestamp,
};

use crate::input::{Input, Line, Request};
use crate::verdict::{Outcome, Verdict};

/// One config, the engine that decides by it, and the requests that have not ended yet.
///
/// # Complexity
/// Memory: the tenants of the config, and what is under way; nothing grows with the length of the log.
pub(crate) struct Replay {
    start: Timestamp,
    clock: ManualClock,
    source: InMemorySource,
    engine: Engine,
    under_way: BinaryHeap<Reverse<UnderWay>>,
    /// How many permits were ever queued: the order of those that end at one instant.
    queued: u64,
}

/// What can go wrong with a config or a line that could be read; nothing is known that does.
pub(crate) type Failure = Box<dyn std::error::Error>;

impl Replay {
    /// A replay that begins at `start`, with nothing used.
    pub(crate) fn new(config: &TenantsConfig, start: Timestamp) -> Result<Self, Failure> {
        let (clock, source) = (ManualClock::at(start), InMemorySource::new());
        let engine = Engine::builder()
            .source(source.clone())
            .clock(Clock::manual(&clock))
            .build_without_actors()?;
        let replay = Self {
            start,
            clock,
            source,
            engine,
            under_way: BinaryHeap::new(),
            queued: 0,
        };
        replay.put_in_force(config)?;
        Ok(replay)
    }

    /// Puts configs in force that go with those that stay: the engine would refuse a child above its parent, or
    /// one that changes its parent, with no more than a word in its log.
    fn put_in_force(&self, config: &TenantsConfig) -> Result<(), Failure> {
        let known = |id: &TenantId| self.source.get(id).map(|known| TenantConfig::clone(&known));
        let ids = self.source.ids();
        let stays = |id: &&TenantId| !config.tenants.iter().any(|next| next.tenant_id == **id);
        let mut all = TenantsConfig::default();
        all.tenants = ids.iter().filter(stays).filter_map(known).collect();
        all.tenants.extend(config.tenants.iter().cloned());
        all.compile()?;
        for next in &config.tenants {
            let id = &next.tenant_id;
            if known(id).is_some_and(|known| known.parent != next.parent) {
                return Err(format!("tenant {id}: parent: must not change in a replay").into());
            }
        }
        for tenant in &config.tenants {
            self.source.set(tenant.clone())?;
        }
        Ok(())
    }

    /// Ends the requests that end by then, moves the clock, and does what the line says.
    pub(crate) fn step<'l>(&mut self, line: &'l Line<'_>) -> Result<Outcome<'l>, Failure> {
        let now = self.start.saturating_add(line.at.duration());
        self.settle_until(now);
        self.clock.set(now);
        Ok(match &line.input {
            Input::Request(request) => Outcome::Decided(&request.tenant, self.decide(request)?),
            Input::Config(config) => {
                self.put_in_force(config)?;
                Outcome::Configured(config)
            }
            Input::Suspend(tenant) => {
                let known = self.source.suspend(tenant);
                Outcome::Suspended { tenant, known }
            }
            Input::Resume(tenant) => {
                let known = self.source.resume(tenant);
                Outcome::Resumed { tenant, known }
            }
        })
    }

    /// Settles what is due by `now`, each at its own time; at one instant, in the order of the log.
    fn settle_until(&mut self, now: Timestamp) {
        while let Some(Reverse(first)) = self.under_way.peek()
            && first.due <= now
            && let Some(Reverse(first)) = self.under_way.pop()
        {
            self.clock.set(first.due);
            drop(first.permit.settle(&first.actual));
        }
    }

    /// Tenant, policy, limits: in the order in which the HTTP gate asks them.
    fn decide(&mut self, request: &Request<'_>) -> Result<Verdict, LookupError> {
        let tenant = match self.engine.tenant_blocking(&request.tenant) {
            Ok(tenant) => tenant,
            Err(error) if error.is_not_found() => return Ok(Verdict::unknown()),
            Err(error) => return Err(error),
        };
        let plan = tenant.plan();
        // A suspended tenant is told so, and not what its policy would say.
        if plan.status() == Status::Active && plan.policy().check(&request.access()).is_err() {
            return Ok(Verdict::of_policy(tenant.usage()));
        }
        Ok(
            match tenant.try_acquire_in(&request.scope(), &request.cost) {
                Decision::Denied(denial) => Verdict::denied(&denial),
                Decision::Admitted(permit) => {
                    let verdict = Verdict::admitted(permit.usage());
                    // Without a settlement the permit is dropped here: it keeps its charge and has ended.
                    if let Some((after, actual)) = &request.settle {
                        let due = self.clock.now().saturating_add(after.duration());
                        self.queue(due, permit.into_owned(), actual.clone());
                    }
                    verdict
                }
            },
        )
    }

    fn queue(&mut self, due: Timestamp, permit: Permit<'static>, actual: Cost) {
        let order = self.queued;
        self.queued += 1;
        self.under_way.push(Reverse(UnderWay {
            due,
            order,
            permit,
            actual,
        }));
    }
}

/// An admitted request that ends later.
struct UnderWay {
    due: Timestamp,
    order: u64,
    permit: Permit<'static>,
    actual: Cost,
}

impl UnderWay {
    fn key(&self) -> (Timestamp, u64) {
        (self.due, self.order)
    }
}

impl PartialEq for UnderWay {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for UnderWay {}

impl PartialOrd for UnderWay {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for UnderWay {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;
    use crate::input::Lines;

    fn replayed(log: &str) -> Replay {
        let config = config::inline(r#"{"tenant_id": "acme"}"#).unwrap();
        let mut replay = Replay::new(&config, ManualClock::new().now()).unwrap();
        let mut lines = Lines::new(log.as_bytes());
        while let Some(line) = lines.next().unwrap() {
            replay.step(&line).unwrap();
        }
        replay
    }

    #[test]
    fn what_ends_at_one_instant_ends_in_the_order_of_the_log() {
        let mut replay = replayed(
            r#"
            {"t_ms": 0, "tenant": "acme", "cost": {}, "settle": {"after_ms": 9}}
            {"t_ms": 1, "tenant": "acme", "cost": {}, "settle": {"after_ms": 8}}
            {"t_ms": 2, "tenant": "acme", "cost": {}, "settle": {"after_ms": 6}}
            {"t_ms": 3, "tenant": "acme", "cost": {}, "settle": {"after_ms": 6}}
            "#,
        );
        let next = || replay.under_way.pop().map(|Reverse(next)| next.order);
        let order: Vec<_> = std::iter::from_fn(next).collect();
        assert_eq!(order, [2, 0, 1, 3]);
    }

    #[test]
    fn what_has_ended_is_forgotten() {
        let replay = replayed(
            r#"
            {"t_ms": 0, "tenant": "acme", "cost": {}, "settle": {"after_ms": 1}}
            {"t_ms": 0, "tenant": "acme", "cost": {}}
            {"t_ms": 0, "tenant": "nobody", "cost": {}, "settle": {"after_ms": 9}}
            {"t_ms": 1, "suspend": "nobody"}
            "#,
        );
        assert!(replay.under_way.is_empty());
    }
}
