//! One script in Redis for each request: exact as long as Redis keeps what it was told, and a round trip each.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use redis::Script;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use tokio::time::timeout;

use super::{Limiter, Setup, Verdict};
use crate::Failure;

/// See `per_request.lua`.
#[derive(Debug)]
pub struct PerRequest {
    connection: ConnectionManager,
    script: Script,
    /// For each tenant, the log and the counter.
    keys: Vec<[String; 2]>,
    limit: u64,
    window: u128,
    patience: Duration,
    calls: AtomicU64,
}

impl Limiter for PerRequest {
    const LOCAL: bool = false;

    async fn start(setup: &Setup) -> Result<Self, Failure> {
        let keys = setup
            .tenants
            .iter()
            .map(|tenant| ["log", "turn"].map(|part| format!("per-request:{{{tenant}}}:{part}")));
        Ok(Self {
            connection: connect(setup)?,
            script: Script::new(include_str!("per_request.lua")),
            keys: keys.collect(),
            limit: setup.limit,
            window: setup.window.as_micros(),
            patience: setup.timeout,
            calls: AtomicU64::new(0),
        })
    }

    fn admit(self: &Arc<Self>, tenant: usize) -> impl Future<Output = Verdict> + Send + 'static {
        let this = Arc::clone(self);
        async move {
            match timeout(this.patience, this.ask(tenant)).await {
                Ok(Ok(true)) => Verdict::Admitted,
                Ok(Ok(false)) => Verdict::Denied,
                Ok(Err(_)) | Err(_) => Verdict::Failed,
            }
        }
    }

    fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    async fn end(&self) {}
}

impl PerRequest {
    async fn ask(&self, tenant: usize) -> Result<bool, Failure> {
        let keys = self.keys.get(tenant).ok_or("no such tenant")?;
        let mut call = self.script.prepare_invoke();
        for key in keys {
            call.key(key);
        }
        call.arg(self.limit).arg(self.window.to_string());
        self.calls.fetch_add(1, Ordering::Relaxed);
        let mut connection = self.connection.clone();
        Ok(call.invoke_async(&mut connection).await?)
    }
}

/// A connection that is renewed when it breaks, and soon.
pub(super) fn connect(setup: &Setup) -> Result<ConnectionManager, Failure> {
    let config = ConnectionManagerConfig::new()
        .set_response_timeout(Some(setup.timeout))
        .set_connection_timeout(Some(setup.timeout))
        .set_max_delay(Duration::from_millis(250));
    let client = redis::Client::open(setup.url()?)?;
    Ok(ConnectionManager::new_lazy_with_config(client, config)?)
}
