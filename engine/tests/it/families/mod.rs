//! Tenants with parents: whatever one spends is charged to its whole line, all or none.

mod charges;
mod found;
mod history;
mod linear;
mod loading;
mod refusals;
mod threads;
mod tree;
mod twin;

use tollgate::{Clock, Dimension, LimitConfig, ManualClock, Permit, Tenant, TenantConfig};

use crate::world::{id, secs};

/// A config of this name with these limits.
fn config(name: &str, limits: impl IntoIterator<Item = LimitConfig>) -> TenantConfig {
    let tenant = TenantConfig::new(id(name));
    limits.into_iter().fold(tenant, TenantConfig::limit)
}

/// A tenant without a parent.
fn root(clock: &ManualClock, limits: impl IntoIterator<Item = LimitConfig>) -> Tenant {
    Tenant::new(&config("root", limits), Clock::manual(clock)).unwrap()
}

fn child(parent: &Tenant, name: &str, limits: impl IntoIterator<Item = LimitConfig>) -> Tenant {
    let config = config(name, limits).parent(parent.id().clone());
    Tenant::under(parent, &config).unwrap()
}

fn minute(name: &str, capacity: u64) -> LimitConfig {
    LimitConfig::sliding(name, Dimension::Requests, capacity, secs(60))
}

fn slots(name: &str, capacity: u64) -> LimitConfig {
    LimitConfig::concurrency(name, Dimension::Requests, capacity)
}

fn take(tenant: &Tenant, requests: u64) -> Permit<'static> {
    let decision = tenant.try_acquire(&tollgate::Cost::requests(requests));
    decision.into_owned().into_result().unwrap()
}

fn used(tenant: &Tenant, limit: &str) -> u64 {
    tenant.usage().get(limit).unwrap().used
}
