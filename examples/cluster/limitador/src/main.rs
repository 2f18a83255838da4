//! Nodes for `cluster run --node-program` that ask limitador, as its docs say to use it.

use std::env;
use std::future::Future;
use std::marker::PhantomData;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use cluster::limiter::{Limiter, Setup, Verdict};
use cluster::{Failure, node};
use limitador::AsyncRateLimiter;
use limitador::limit::{Context, Limit, Namespace};
use limitador::storage::redis::{AsyncRedisStorage, CachedRedisStorageBuilder};
use limitador::storage::AsyncCounterStorage;
use tokio::time::timeout;

fn main() -> ExitCode {
    let words: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    cluster::exit(match words.as_slice() {
        ["node", "limitador", task] => node::serve::<Limitador<Plain>>(task),
        ["node", "limitador-cached", task] => node::serve::<Limitador<Cached>>(task),
        _ => Err("this is for cluster run --node-program, with --limiter limitador or limitador-cached".into()),
    })
}

/// One of limitador's storages.
trait Storage: Send + Sync + 'static {
    /// Whether it decides by what is in the process.
    const LOCAL: bool;

    fn open(setup: &Setup) -> impl Future<Output = Result<Box<dyn AsyncCounterStorage>, Failure>> + Send;

    /// How many scripts a decision takes, of which nothing is known if it tells Redis later.
    fn calls(admitted: bool) -> u64;
}

/// It asks Redis for each request.
struct Plain;

impl Storage for Plain {
    const LOCAL: bool = false;

    async fn open(setup: &Setup) -> Result<Box<dyn AsyncCounterStorage>, Failure> {
        Ok(Box::new(AsyncRedisStorage::new(setup.url()?).await?))
    }

    /// It looks, and then counts.
    fn calls(admitted: bool) -> u64 {
        1 + u64::from(admitted)
    }
}

/// It counts in the process, and tells Redis as often as the write-behind of this example does.
struct Cached;

impl Storage for Cached {
    const LOCAL: bool = true;

    async fn open(setup: &Setup) -> Result<Box<dyn AsyncCounterStorage>, Failure> {
        let builder = CachedRedisStorageBuilder::new(setup.url()?)
            .flushing_period(Duration::from_millis(100))
            .response_timeout(setup.timeout);
        Ok(Box::new(builder.build().await?))
    }

    fn calls(_admitted: bool) -> u64 {
        0
    }
}

struct Limitador<S> {
    limiter: AsyncRateLimiter,
    /// Each tenant is a namespace with one limit.
    namespaces: Vec<Namespace>,
    patience: Duration,
    calls: AtomicU64,
    storage: PhantomData<S>,
}

impl<S: Storage> Limiter for Limitador<S> {
    const LOCAL: bool = S::LOCAL;

    async fn start(setup: &Setup) -> Result<Self, Failure> {
        let limiter = AsyncRateLimiter::new_with_storage(S::open(setup).await?);
        let namespaces: Vec<Namespace> =
            setup.tenants.iter().map(|tenant| tenant.as_str().into()).collect();
        for namespace in &namespaces {
            let nothing: [_; 0] = [];
            let seconds = setup.window.as_secs();
            limiter.add_limit(Limit::new(namespace.clone(), setup.limit, seconds, nothing, []));
        }
        Ok(Self {
            limiter,
            namespaces,
            patience: setup.timeout,
            calls: AtomicU64::new(0),
            storage: PhantomData,
        })
    }

    fn admit(self: &Arc<Self>, tenant: usize) -> impl Future<Output = Verdict> + Send + 'static {
        let this = Arc::clone(self);
        async move {
            let Some(namespace) = this.namespaces.get(tenant) else {
                return Verdict::Failed;
            };
            let context = Context::default();
            let asked = this.limiter.check_rate_limited_and_update(namespace, &context, 1);
            let verdict = match timeout(this.patience, asked).await {
                Ok(Ok(result)) if result.limited => Verdict::Denied,
                Ok(Ok(_)) => Verdict::Admitted,
                Ok(Err(_)) | Err(_) => Verdict::Failed,
            };
            let calls = S::calls(verdict == Verdict::Admitted);
            this.calls.fetch_add(calls, Ordering::Relaxed);
            verdict
        }
    }

    fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    async fn end(&self) {}
}
