//! Limits that nodes share: together they admit what the limit holds, and no more.

mod attacks;
mod concurrency;
mod configs;
mod figures;
mod fleet;
mod nodes;
mod outage;
mod trouble;

use std::time::Duration;

use tollgate::cluster::{InMemorySharedOrigin, SharedOrigin};
use tollgate::{
    Clock, Cost, Decision, DenialReason, Dimension, Engine, InMemorySource, LimitConfig,
    ManualClock, Permit, Tenant, TenantConfig,
};

use crate::world::id;

/// A limit on tokens in every minute.
fn minute(capacity: u64) -> LimitConfig {
    LimitConfig::sliding(
        "budget",
        Dimension::Tokens,
        capacity,
        Duration::from_mins(1),
    )
}

fn acme(limit: LimitConfig) -> TenantConfig {
    TenantConfig::new(id("acme")).limit(limit)
}

/// A node: an engine with its own source, at a store that all have, by a clock that all have.
struct Node {
    engine: Engine,
    source: InMemorySource,
}

impl Node {
    fn start(store: impl SharedOrigin, config: TenantConfig, clock: &ManualClock) -> Self {
        let source = InMemorySource::new();
        source.set(config).unwrap();
        let engine = Engine::builder()
            .source(source.clone())
            .clock(Clock::manual(clock))
            .shared(store)
            .sweep_every(Duration::from_secs(3600), 1)
            .build()
            .unwrap();
        Self { engine, source }
    }

    async fn acme(&self) -> Tenant {
        self.engine.tenant(&id("acme")).await.unwrap()
    }
}

/// A store by the nodes' clock.
fn store(clock: &ManualClock) -> InMemorySharedOrigin {
    InMemorySharedOrigin::new(Clock::manual(clock))
}

/// Asks, and once more for each time that the store has been asked since, as a gate does.
async fn ask(tenant: &Tenant, cost: &Cost) -> Result<Permit<'static>, DenialReason> {
    for _ in 0..20 {
        match tenant.try_acquire(cost).into_owned() {
            Decision::Admitted(permit) => return Ok(permit),
            Decision::Denied(denial) if denial.reason() == DenialReason::Ungranted => {
                tenant.exchanged().await;
            }
            Decision::Denied(denial) => return Err(denial.reason()),
        }
    }
    Err(DenialReason::Ungranted)
}

/// How many requests of so many tokens are admitted in a row.
async fn spend(tenant: &Tenant, tokens: u64) -> u64 {
    let mut admitted = 0;
    while let Ok(permit) = ask(tenant, &Cost::tokens(tokens)).await {
        drop(permit);
        admitted += 1;
    }
    admitted
}

/// As [`spend`], for ten seconds: what others give back, and what was granted ahead of its time, comes within that.
async fn spend_for_a_while(tenant: &Tenant, tokens: u64, clock: &ManualClock) -> u64 {
    let mut admitted = 0;
    for _ in 0..20 {
        admitted += spend(tenant, tokens).await;
        pass(clock, Duration::from_millis(500)).await;
    }
    admitted
}

/// Lets time pass, for the limits and for the actors.
async fn pass(clock: &ManualClock, time: Duration) {
    clock.advance(time);
    tokio::time::sleep(time).await;
}
