//! tollgate: an engine in the node, whose limits are shared through Redis.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tollgate::cluster::{Call, Calling, SharedOrigin};
use tollgate::{
    Cost, Decision, DenialReason, Dimension, Engine, InMemorySource, LimitConfig, Tenant,
    TenantConfig, TenantId,
};
use tollgate_redis::RedisOrigin;

use super::{Limiter, Setup, Verdict};
use crate::Failure;

/// An engine of a node.
#[derive(Debug)]
pub struct Tollgate {
    engine: Engine,
    tenants: Vec<TenantId>,
    calls: Arc<AtomicU64>,
}

impl Limiter for Tollgate {
    const LOCAL: bool = true;

    async fn start(setup: &Setup) -> Result<Self, Failure> {
        let source = InMemorySource::new();
        let mut tenants = Vec::new();
        for tenant in &setup.tenants {
            let id: TenantId = tenant.parse()?;
            source.set(TenantConfig::new(id.clone()).limit(limit(setup)))?;
            tenants.push(id);
        }
        let calls = Arc::new(AtomicU64::new(0));
        let store = Counted {
            store: store(setup)?,
            calls: Arc::clone(&calls),
        };
        let engine = Engine::builder()
            .source(source)
            .shared(store)
            .shared_timeout(setup.timeout)
            .build()?;
        Ok(Self {
            engine,
            tenants,
            calls,
        })
    }

    fn try_admit(&self, tenant: usize) -> Option<Verdict> {
        let id = self.tenants.get(tenant)?;
        self.engine.with_tenant(id, ask).flatten()
    }

    fn admit(self: &Arc<Self>, tenant: usize) -> impl Future<Output = Verdict> + Send + 'static {
        let this = Arc::clone(self);
        async move {
            let Some(id) = this.tenants.get(tenant) else {
                return Verdict::Failed;
            };
            match this.engine.tenant(id).await {
                Ok(tenant) => wait(&tenant).await,
                Err(_) => Verdict::Failed,
            }
        }
    }

    fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    async fn end(&self) {
        self.engine.shutdown().await;
    }
}

/// Decides by what the node holds; `None` if the store must be asked for more.
fn ask(tenant: &Tenant) -> Option<Verdict> {
    match tenant.try_acquire(&Cost::request()) {
        // What was charged stays charged.
        Decision::Admitted(_permit) => Some(Verdict::Admitted),
        Decision::Denied(denial) if denial.reason() == DenialReason::Quota => Some(Verdict::Denied),
        Decision::Denied(denial) if denial.reason() == DenialReason::Ungranted => None,
        Decision::Denied(_) => Some(Verdict::Failed),
    }
}

/// Decides by the store's answers, as tollgate's gates do.
async fn wait(tenant: &Tenant) -> Verdict {
    let mut exchanges = tenant.exchanges();
    loop {
        let has_answered = exchanges.next().await;
        match ask(tenant) {
            Some(verdict) => return verdict,
            None if !has_answered => return Verdict::Failed,
            None => {}
        }
    }
}

fn limit(setup: &Setup) -> LimitConfig {
    LimitConfig::sliding("requests", Dimension::Requests, setup.limit, setup.window)
        .sub_windows(setup.sub_windows)
}

fn store(setup: &Setup) -> Result<RedisOrigin, Failure> {
    let builder = match setup.urls.as_slice() {
        [url] => RedisOrigin::builder(url)?,
        urls => RedisOrigin::cluster(urls.iter().map(String::as_str))?,
    };
    Ok(builder.timeout(setup.timeout).build())
}

/// A store that counts how often it is called.
#[derive(Debug)]
struct Counted {
    store: RedisOrigin,
    calls: Arc<AtomicU64>,
}

impl SharedOrigin for Counted {
    fn call<'o>(&'o self, calls: &'o [Call]) -> Calling<'o> {
        let count = u64::try_from(calls.len()).unwrap_or(u64::MAX);
        self.calls.fetch_add(count, Ordering::Relaxed);
        self.store.call(calls)
    }
}
