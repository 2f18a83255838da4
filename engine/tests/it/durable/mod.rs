//! Durable limits: usage that outlives the engine, is shared by engines, and is never forgotten or gifted.

mod changes;
mod lives;
mod origin;
mod patience;
mod trouble;

use std::num::NonZeroU64;
use std::time::Duration;

use tollgate::{
    Clock, Cost, Decision, DenialReason, Dimension, Engine, InMemorySource, LimitConfig,
    ManualClock, Period, Tenant, TenantConfig,
};

use self::origin::{Mood, ScriptedOrigin};
use crate::world::id;

/// A limit on tokens a period, kept by the origin.
fn durable(period: Period, capacity: u64) -> LimitConfig {
    let mut limit = LimitConfig::calendar("budget", Dimension::Tokens, capacity, period);
    limit.durable = true;
    limit
}

fn acme(limit: LimitConfig) -> TenantConfig {
    TenantConfig::new(id("acme")).limit(limit)
}

/// A process: an engine with its own source and clock, at an origin that it shares.
struct Process {
    engine: Engine,
    source: InMemorySource,
    clock: ManualClock,
}

impl Process {
    fn start(origin: &ScriptedOrigin, config: TenantConfig, parts: u64) -> Self {
        Self::start_at(origin, config, parts, &ManualClock::new())
    }

    fn start_at(
        origin: &ScriptedOrigin,
        config: TenantConfig,
        parts: u64,
        clock: &ManualClock,
    ) -> Self {
        let source = InMemorySource::new();
        source.set(config).unwrap();
        let engine = Engine::builder()
            .source(source.clone())
            .clock(Clock::manual(clock))
            .origin(origin.clone())
            .lease_parts(NonZeroU64::new(parts).unwrap())
            .sweep_every(Duration::from_secs(3600), 1)
            .build()
            .unwrap();
        Self {
            engine,
            source,
            clock: clock.clone(),
        }
    }

    async fn acme(&self) -> Tenant {
        self.engine.tenant(&id("acme")).await.unwrap()
    }

    /// Spends in units of `unit` until that is denied; says how much was spent.
    async fn spend_all(&self, unit: u64) -> u64 {
        let tenant = self.acme().await;
        let mut spent = 0;
        loop {
            match ask(&tenant, unit).await {
                Ok(()) => spent += unit,
                Err(reason) => {
                    assert_eq!(reason, DenialReason::Quota);
                    return spent;
                }
            }
        }
    }
}

/// Spends `tokens`, as a gate does: whoever is not granted waits for the origin's answers.
async fn ask(tenant: &Tenant, tokens: u64) -> Result<(), DenialReason> {
    let mut exchanges = tenant.exchanges();
    loop {
        let reason = match tenant.try_acquire(&Cost::tokens(tokens)) {
            Decision::Admitted(_) => return Ok(()),
            Decision::Denied(denial) => denial.reason(),
        };
        if reason != DenialReason::Ungranted || !exchanges.next().await {
            return Err(reason);
        }
    }
}

fn remaining(tenant: &Tenant) -> u64 {
    tenant.usage().remaining(&Dimension::Tokens).unwrap()
}

#[tokio::test(start_paused = true)]
async fn usage_survives_a_restart_to_the_token() {
    let origin = ScriptedOrigin::default();
    let first = Process::start(&origin, acme(durable(Period::Month, 1_000)), 100);
    let tenant = first.acme().await;
    for _ in 0..40 {
        ask(&tenant, 10).await.unwrap();
    }
    assert_eq!(remaining(&tenant), 600);
    first.engine.shutdown().await;
    assert_eq!(origin.charged(), 400, "what was not spent is given back");

    let second = Process::start(&origin, acme(durable(Period::Month, 1_000)), 100);
    assert_eq!(second.spend_all(10).await, 600);
    let tenant = second.acme().await;
    let Decision::Denied(denial) = tenant.try_acquire(&Cost::tokens(1)) else {
        panic!("all is spent");
    };
    let days = denial.retry_after().unwrap().as_secs() / 86_400;
    assert_eq!(days, 31, "until January ends");
    assert_eq!((remaining(&tenant), origin.charged()), (0, 1_000));
}

#[tokio::test(start_paused = true)]
async fn a_process_that_is_killed_loses_a_lease_at_most() {
    let origin = ScriptedOrigin::default();
    let mut admitted = 0;
    for life in 0..20 {
        let process = Process::start(&origin, acme(durable(Period::Month, 10_000)), 1_000);
        let tenant = process.acme().await;
        for _ in 0..17 + life {
            ask(&tenant, 3).await.unwrap();
            admitted += 3;
        }
        // It is not shut down: whatever it holds is lost.
    }
    let last = Process::start(&origin, acme(durable(Period::Month, 10_000)), 1_000);
    admitted += last.spend_all(1).await;
    let lost = 10_000 - admitted;
    assert!(admitted <= 10_000);
    assert!(
        lost <= 20 * 10,
        "{lost} lost in 20 lives of at most 10 each"
    );
    assert!(lost > 0, "if nothing is lost nothing was held ahead");
}

#[tokio::test(start_paused = true)]
async fn processes_share_a_limit_and_together_spend_all_of_it() {
    let origin = ScriptedOrigin::default();
    let config = || acme(durable(Period::Day, 1_000));
    let processes: Vec<_> = (0..4)
        .map(|_| Process::start(&origin, config(), 10))
        .collect();
    let mut spent = 0;
    let mut open = vec![true; 4];
    while open.contains(&true) {
        for (process, open) in processes.iter().zip(&mut open) {
            let tenant = process.acme().await;
            if *open {
                match ask(&tenant, 7).await {
                    Ok(()) => spent += 7,
                    Err(reason) => {
                        assert_eq!(reason, DenialReason::Quota);
                        *open = false;
                    }
                }
            }
        }
    }
    assert!(spent <= 1_000);
    // Each may hold less than the cost that it was denied.
    assert!(spent >= 1_000 - 4 * 7, "{spent}");
    assert!(origin.charged() <= 1_000);
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_requests_cost_few_exchanges() {
    let origin = ScriptedOrigin::default();
    let process = Process::start(&origin, acme(durable(Period::Month, 10_000)), 100);
    let tenant = process.acme().await;
    for _ in 0..9_000 {
        ask(&tenant, 1).await.unwrap();
    }
    let exchanges = origin.exchanges();
    assert!((90..400).contains(&exchanges), "{exchanges}");
}

#[tokio::test(start_paused = true)]
async fn what_is_settled_at_more_is_told_to_the_origin_and_at_less_is_given_back() {
    let origin = ScriptedOrigin::default();
    let process = Process::start(&origin, acme(durable(Period::Month, 1_000)), 100);
    let tenant = process.acme().await;
    tenant.exchanged().await;
    let Decision::Admitted(permit) = tenant.try_acquire(&Cost::tokens(5)) else {
        panic!("there is room");
    };
    drop(permit.settle(&Cost::tokens(300)));
    assert_eq!(remaining(&tenant), 700);
    tenant.exchanged().await;
    assert!(
        origin.charged() >= 300,
        "the debt is there, and a little ahead"
    );
    // Ahead of the debt.
    ask(&tenant, 200).await.unwrap();
    assert_eq!(remaining(&tenant), 500);

    let permit = loop {
        match tenant.try_acquire(&Cost::tokens(400)) {
            Decision::Admitted(permit) => break permit,
            Decision::Denied(_) => tenant.exchanged().await,
        }
    };
    drop(permit.settle(&Cost::tokens(1)));
    assert_eq!(remaining(&tenant), 499);
    process.engine.shutdown().await;
    assert_eq!(origin.charged(), 501);
}

#[tokio::test(start_paused = true)]
async fn a_new_window_begins_with_nothing_spent() {
    let origin = ScriptedOrigin::default();
    let process = Process::start(&origin, acme(durable(Period::Day, 100)), 10);
    assert_eq!(process.spend_all(1).await, 100);
    process.clock.advance(Duration::from_secs(86_400));
    assert_eq!(process.spend_all(1).await, 100);
    assert_eq!(origin.charged(), 100, "of the second day");
}

#[tokio::test(start_paused = true)]
async fn a_parents_durable_limit_binds_its_children() {
    let origin = ScriptedOrigin::default();
    let umbrella = TenantConfig::new(id("umbrella")).limit(durable(Period::Month, 100));
    let process = Process::start(&origin, umbrella, 10);
    for child in ["acme", "initech"] {
        let config = TenantConfig::new(id(child)).parent(id("umbrella"));
        process.source.set(config).unwrap();
    }
    let acme = process.acme().await;
    let initech = process.engine.tenant(&id("initech")).await.unwrap();
    let mut spent = 0;
    loop {
        let (one, other) = (ask(&acme, 3).await, ask(&initech, 2).await);
        spent += if one.is_ok() { 3 } else { 0 } + if other.is_ok() { 2 } else { 0 };
        if one.is_err() && other.is_err() {
            assert_eq!(other, Err(DenialReason::Quota));
            break;
        }
    }
    assert!((99..=100).contains(&spent), "{spent}");
}

#[tokio::test(start_paused = true)]
async fn an_idle_tenant_gives_its_lease_back_and_is_evicted() {
    let origin = ScriptedOrigin::default();
    let process = Process::start(&origin, acme(durable(Period::Month, 1_000)), 10);
    ask(&process.acme().await, 7).await.unwrap();
    process.acme().await.exchanged().await;
    // The first sweep sees what it has, the second that nothing has happened for long, the third that all is back.
    let mut evicted = 0;
    for _ in 0..3 {
        evicted += process.engine.sweep(10);
        process.clock.advance(Duration::from_secs(31));
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    assert_eq!(origin.charged(), 7);
    assert_eq!((evicted, process.engine.tenants_in_memory()), (1, 0));
    assert_eq!(
        process.spend_all(1).await,
        993,
        "and its usage is not forgotten"
    );
}

#[tokio::test(start_paused = true)]
async fn a_tenant_that_is_removed_gives_its_lease_back() {
    let origin = ScriptedOrigin::default();
    let process = Process::start(&origin, acme(durable(Period::Month, 1_000)), 10);
    ask(&process.acme().await, 7).await.unwrap();
    process.acme().await.exchanged().await;
    process.source.remove(&id("acme"));
    process.engine.sweep(10);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(origin.charged(), 7);
    assert_eq!(process.engine.sweep(10), 1);
}

#[tokio::test(start_paused = true)]
async fn a_reset_does_not_reach_the_origin() {
    let origin = ScriptedOrigin::default();
    let process = Process::start(&origin, acme(durable(Period::Month, 1_000)), 100);
    let tenant = process.acme().await;
    ask(&tenant, 400).await.unwrap();
    tenant.reset();
    assert_eq!(remaining(&tenant), 600);
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_quota_is_woken_by_a_grant() {
    let origin = ScriptedOrigin::default();
    let process = Process::start(&origin, acme(durable(Period::Month, 1_000)), 100);
    let tenant = process.acme().await;
    let permit = tenant
        .acquire(Cost::tokens(900))
        .within(Duration::from_secs(1))
        .await;
    assert!(permit.is_ok());
    let too_much = tenant
        .acquire(Cost::tokens(101))
        .within(Duration::from_secs(1))
        .await;
    assert_eq!(too_much.unwrap_err().reason(), DenialReason::Quota);
    origin.set(Mood::Silent);
    let unknown = tenant
        .acquire(Cost::tokens(95))
        .within(Duration::from_secs(5))
        .await;
    assert_eq!(unknown.unwrap_err().reason(), DenialReason::Ungranted);
}

#[tokio::test(start_paused = true)]
async fn a_cost_above_the_capacity_is_never_admitted_and_not_asked_for() {
    let origin = ScriptedOrigin::default();
    let process = Process::start(&origin, acme(durable(Period::Month, 10)), 10);
    let tenant = process.acme().await;
    assert_eq!(ask(&tenant, 11).await, Err(DenialReason::Never));
    assert_eq!(process.spend_all(10).await, 10);
}

#[tokio::test(start_paused = true)]
async fn who_asks_for_too_much_takes_nothing_from_who_asks_for_what_is_left() {
    let origin = ScriptedOrigin::default();
    let process = Process::start(&origin, acme(durable(Period::Month, 100)), 100);
    let tenant = process.acme().await;
    ask(&tenant, 90).await.unwrap();
    for _ in 0..5 {
        assert_eq!(ask(&tenant, 50).await, Err(DenialReason::Quota));
        ask(&tenant, 2).await.unwrap();
        process.clock.advance(Duration::from_secs(1));
    }
    assert_eq!(remaining(&tenant), 0);
}

#[tokio::test(start_paused = true)]
async fn a_crowd_is_granted_together() {
    let origin = ScriptedOrigin::default();
    let process = Process::start(&origin, acme(durable(Period::Month, 1_000_000)), 1_000_000);
    let crowd: Vec<_> = (0..500)
        .map(|_| {
            let engine = process.engine.clone();
            tokio::spawn(async move {
                let tenant = engine.tenant(&id("acme")).await.unwrap();
                ask(&tenant, 3).await
            })
        })
        .collect();
    let mut served = 0;
    for one in crowd {
        served += u32::from(one.await.unwrap().is_ok());
    }
    assert!(served >= 3 * 60, "{served}: as many as 64 a turn");
}
