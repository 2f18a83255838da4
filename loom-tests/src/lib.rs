//! Models of the engine's protocols, run by loom under every interleaving of two threads, and of three with
//! at most three preemptions.
//!
//! `cargo loom` runs them. They drive the public API of the engine that ships, compiled with
//! `--cfg tollgate_loom`, so that its atomics and locks are loom's (`engine/src/sync`). Each model is
//! named after what must hold in every execution. `./test mutants` breaks the protocol in one place
//! at a time and demands that a model turns red.
//!
//! The manual clock is not loom's: it is the test's hand. A model moves it on one thread only.
#![cfg(all(test, tollgate_loom))]
#![expect(clippy::unwrap_used, reason = "a model that can't be set up must stop")]

mod classes;
mod deny;
mod durable;
mod eviction;
mod families;
mod lease;
mod slots;
mod stripes;
mod swap;
mod three;
mod waiters;

use std::time::Duration;

use loom::thread;
use tollgate::{Clock, Cost, ManualClock, Tenant, TenantConfig};

const MINUTE: Duration = Duration::from_secs(60);

fn config() -> TenantConfig {
    TenantConfig::new("acme".parse().unwrap())
}

fn tenant(config: &TenantConfig) -> (Tenant, ManualClock) {
    let clock = ManualClock::new();
    (Tenant::new(config, Clock::manual(&clock)).unwrap(), clock)
}

/// Asks for `cost` and keeps it charged; says whether it was admitted.
fn take(tenant: &Tenant, cost: &Cost) -> bool {
    tenant.try_acquire(cost).is_admitted()
}

fn used(tenant: &Tenant, limit: &str) -> u64 {
    tenant.usage().get(limit).unwrap().used
}

fn spawn<T: 'static>(
    tenant: &Tenant,
    work: impl FnOnce(&Tenant) -> T + 'static,
) -> thread::JoinHandle<T> {
    let tenant = tenant.clone();
    thread::spawn(move || work(&tenant))
}

/// Runs `model` under every interleaving of its two threads.
fn check(name: &str, model: impl Fn() + Sync + Send + 'static) {
    explore(name, &loom::model::Builder::new(), model);
}

/// Runs `model` under every interleaving of its three threads that has at most three preemptions.
fn check_three(name: &str, model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    explore(name, &builder, model);
}

/// Runs `model`, and says how many executions there were and how long it took.
#[expect(
    clippy::print_stderr,
    reason = "the figures are what one runs the models for"
)]
fn explore(name: &str, builder: &loom::model::Builder, model: impl Fn() + Sync + Send + 'static) {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    let executions = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&executions);
    let began = std::time::Instant::now();
    builder.check(move || {
        // Relaxed: a figure for people.
        counted.fetch_add(1, Ordering::Relaxed);
        model();
    });
    let executions = executions.load(Ordering::Relaxed);
    eprintln!("{name}: {executions} executions in {:.2?}", began.elapsed());
}
