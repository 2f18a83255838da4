//! What an embedded cache is made of, with what is usual for the rest.

use std::num::NonZeroU64;
use std::time::Duration;

use tollgate::Clock;

use super::{Embedded, Settings};
use crate::backend::Backend;
use crate::bound::{Bound, DEFAULT_BYTES};
use crate::cache::TenantCache;

/// An embedded cache to be; see [`TenantCache::embedded`].
///
/// At its most it takes [`bytes_per_tenant`](Self::bytes_per_tenant) times [`tenants`](Self::tenants): 4 GB unless told
/// otherwise. A tenant that keeps next to nothing takes about 30 KB.
#[must_use = "it is no cache until it is built"]
#[derive(Debug)]
pub struct EmbeddedBuilder {
    bound: Bound,
    tenants: NonZeroU64,
    idle: Duration,
    clock: Option<Clock>,
}

impl EmbeddedBuilder {
    pub(crate) fn new() -> Self {
        Self {
            bound: Bound::new(DEFAULT_BYTES),
            tenants: NonZeroU64::MIN.saturating_add(999),
            idle: Duration::from_secs(3600),
            clock: None,
        }
    }

    /// How much each tenant may keep: keys, values, and [`ENTRY_OVERHEAD`](crate::ENTRY_OVERHEAD) for each entry. The
    /// default is 4 MiB.
    ///
    /// A tenant that keeps more loses what it has not used for longest. It never takes another's place.
    pub fn bytes_per_tenant(mut self, bytes: NonZeroU64) -> Self {
        self.bound = Bound::new(bytes);
        self
    }

    /// How many tenants may keep something. The default is 1,000.
    ///
    /// One more, and the tenant that was away for longest loses everything: hand out caches to tenants that exist only,
    /// or whoever makes up ids empties those of others.
    pub fn tenants(mut self, most: NonZeroU64) -> Self {
        self.tenants = most;
        self
    }

    /// A tenant that nobody asked for in so long loses everything, whatever the time to live. The default is 1 h.
    pub fn idle(mut self, idle: Duration) -> Self {
        self.idle = idle;
        self
    }

    /// The clock by which values expire. The default is this machine's.
    ///
    /// With a clock of your own, values expire on time, but what has expired takes its place until it is pushed out.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = Some(clock);
        self
    }

    /// The cache.
    pub fn build(self) -> TenantCache {
        let settings = Settings {
            bound: self.bound,
            tidies: self.clock.is_none(),
            clock: self.clock.unwrap_or_default(),
        };
        let embedded = Embedded::new(self.tenants.get(), self.idle, settings);
        TenantCache::over(Backend::Embedded(embedded))
    }
}
