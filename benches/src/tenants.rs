//! The tenants that the benches decide on.

use std::future::ready;
use std::sync::Arc;
use std::time::Duration;

use tollgate::{
    ChangeListener, Clock, ConfigSource, Dimension, Engine, LimitConfig, Loading, Tenant,
    TenantConfig, TenantId, Versioned,
};

use crate::keys::id;

/// A minute.
pub const MINUTE: Duration = Duration::from_secs(60);
/// A day.
pub const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// More than a bench can spend.
pub const PLENTY: u64 = 1 << 52;

/// Requests and tokens, a minute and a day limit on each; `capacity` requests a minute, plenty of all else.
pub fn four_limits(id: TenantId, capacity: u64) -> TenantConfig {
    let sliding = LimitConfig::sliding;
    TenantConfig::new(id)
        .limit(sliding("m-req", Dimension::Requests, capacity, MINUTE))
        .limit(sliding("m-tok", Dimension::Tokens, PLENTY, MINUTE))
        .limit(sliding("d-req", Dimension::Requests, PLENTY, DAY))
        .limit(sliding("d-tok", Dimension::Tokens, PLENTY, DAY))
}

/// A minute limit on requests and one on tokens, as the shorthand makes them.
pub fn two_limits(id: TenantId) -> TenantConfig {
    TenantConfig::new(id)
        .requests_per_minute(PLENTY)
        .tokens_per_minute(PLENTY)
}

/// `many` limits, on requests and tokens in turn, over windows of one minute, two minutes, and so on.
pub fn limits(id: TenantId, many: u32) -> TenantConfig {
    (0..many).fold(TenantConfig::new(id), |config, number| {
        let dimension = if number % 2 == 0 {
            Dimension::Requests
        } else {
            Dimension::Tokens
        };
        let name = format!("limit-{number}");
        let window = MINUTE * (number / 2 + 1);
        config.limit(LimitConfig::sliding(&name, dimension, PLENTY, window))
    })
}

/// A tenant of its own with [`four_limits`].
pub fn tenant(capacity: u64, clock: Clock) -> Tenant {
    Tenant::new(&four_limits(id(0), capacity), clock).unwrap()
}

/// A config source that knows every id, and gives each the same config under its own name.
///
/// It holds one config, so that memory and caches are the engine's alone, as with configs in SQL.
#[derive(Debug)]
pub struct Everyone(TenantConfig);

impl Everyone {
    /// Gives everyone this config.
    pub fn with(config: TenantConfig) -> Self {
        Self(config)
    }
}

impl ConfigSource for Everyone {
    fn load<'s>(&'s self, id: &'s TenantId) -> Loading<'s> {
        let mut config = self.0.clone();
        config.tenant_id = id.clone();
        let config = Arc::new(config);
        Box::pin(ready(Ok(Some(Versioned { config, version: 1 }))))
    }

    fn subscribe(&self, _listener: Arc<dyn ChangeListener>) {}
}

/// An engine, without actors, that holds `tenants` tenants with `config`.
pub fn engine_of(tenants: u32, config: TenantConfig) -> Engine {
    let engine = Engine::builder()
        .source(Everyone::with(config))
        .build_without_actors()
        .unwrap();
    load(&engine, tenants);
    engine
}

/// Loads the tenants up to number `tenants`.
pub fn load(engine: &Engine, tenants: u32) {
    for number in 0..tenants {
        drop(engine.tenant_blocking(&id(number)).unwrap());
    }
}
