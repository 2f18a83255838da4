//! The values of one tenant.

use std::sync::Arc;
use std::time::{Duration, Instant};

use moka::Expiry;
use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use parking_lot::Mutex;
use tollgate::{Clock, TenantId, Timestamp};

use super::Settings;
use crate::bound::{Bound, NUMBER_LEN, Usage};
use crate::error::CacheError;
use crate::key::Key;
use crate::ttl::Ttl;

#[derive(Debug)]
pub(super) struct Values {
    cache: Cache<Box<str>, Entry>,
    clock: Clock,
    /// Held while a value is written: adding to a number is one step, and the bound holds when a write is done.
    writing: Mutex<()>,
}

#[derive(Debug, Clone)]
struct Entry {
    value: Arc<[u8]>,
    /// What it counts towards the bound.
    weight: u32,
    ttl: Duration,
    expires: Timestamp,
}

/// Tells moka what expires when, so that it is tidied away though nobody asks for it.
#[derive(Debug)]
struct ByItsOwnTtl;

impl Expiry<Box<str>, Entry> for ByItsOwnTtl {
    fn expire_after_create(&self, _: &Box<str>, entry: &Entry, _: Instant) -> Option<Duration> {
        Some(entry.ttl)
    }

    fn expire_after_update(
        &self,
        _: &Box<str>,
        entry: &Entry,
        _: Instant,
        _: Option<Duration>,
    ) -> Option<Duration> {
        Some(entry.ttl)
    }
}

impl Values {
    pub(super) fn new(settings: &Settings) -> Self {
        let cache = Cache::builder()
            .max_capacity(settings.bound.bytes())
            .weigher(|_, entry: &Entry| entry.weight)
            // What was just written must be there: a policy that turns newcomers away would drop it.
            .eviction_policy(EvictionPolicy::lru());
        let cache = if settings.tidies {
            cache.expire_after(ByItsOwnTtl).build()
        } else {
            cache.build()
        };
        Self {
            cache,
            clock: settings.clock.clone(),
            writing: Mutex::new(()),
        }
    }

    pub(super) fn get(&self, key: Key<'_>) -> Option<Arc<[u8]>> {
        self.live(key).map(|entry| entry.value)
    }

    pub(super) fn ttl(&self, key: Key<'_>) -> Option<Duration> {
        let entry = self.cache.get(key.as_str())?;
        let left = entry.expires.since(self.clock.now());
        (!left.is_zero()).then_some(left)
    }

    pub(super) fn set(&self, key: Key<'_>, value: Arc<[u8]>, weight: u32, ttl: Ttl) {
        let ttl = ttl.as_duration();
        let entry = Entry {
            value,
            weight,
            ttl,
            expires: self.clock.now().saturating_add(ttl),
        };
        let _turn = self.writing.lock();
        self.write(key, entry);
    }

    pub(super) fn delete(&self, key: Key<'_>) -> bool {
        let _turn = self.writing.lock();
        let was_there = self.live(key).is_some();
        self.cache.invalidate(key.as_str());
        was_there
    }

    pub(super) fn incr(
        &self,
        tenant: &TenantId,
        bound: Bound,
        key: Key<'_>,
        by: i64,
        ttl: Ttl,
    ) -> Result<i64, CacheError> {
        bound.admit(tenant, key, NUMBER_LEN)?;
        let _turn = self.writing.lock();
        let now = self.clock.now();
        let old = self.live(key);
        let start = old.as_ref().map_or(Some(0), |entry| number(&entry.value));
        let (tenant_id, name) = (|| tenant.clone(), || key.as_str().to_owned());
        let start = start.ok_or_else(|| CacheError::NotANumber {
            tenant: tenant_id(),
            key: name(),
        })?;
        let sum = start.checked_add(by).ok_or_else(|| CacheError::Overflow {
            tenant: tenant_id(),
            key: name(),
            by,
        })?;
        let expires = old.map_or(now.saturating_add(ttl.as_duration()), |entry| entry.expires);
        let value: Arc<[u8]> = sum.to_string().into_bytes().into();
        let entry = Entry {
            weight: bound.admit(tenant, key, value.len())?,
            value,
            ttl: expires.since(now),
            expires,
        };
        self.write(key, entry);
        Ok(sum)
    }

    pub(super) fn usage(&self) -> Usage {
        let _turn = self.writing.lock();
        self.cache.run_pending_tasks();
        Usage {
            entries: self.cache.entry_count(),
            bytes: self.cache.weighted_size(),
        }
    }

    /// What has not expired.
    fn live(&self, key: Key<'_>) -> Option<Entry> {
        let entry = self.cache.get(key.as_str())?;
        (self.clock.now() < entry.expires).then_some(entry)
    }

    /// Only with `writing` held. moka counts and evicts some time after a write unless it is told to.
    fn write(&self, key: Key<'_>, entry: Entry) {
        self.cache.insert(key.as_str().into(), entry);
        self.cache.run_pending_tasks();
    }
}

/// A whole number in the one form that JSON and Redis agree on.
fn number(value: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(value).ok()?;
    let number: i64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_number_in_its_shortest_form_is_one() {
        for (text, expected) in [
            ("0", Some(0)),
            ("-7", Some(-7)),
            ("9223372036854775807", Some(i64::MAX)),
        ] {
            assert_eq!(number(text.as_bytes()), expected);
        }
        for text in [
            "",
            "-0",
            "+1",
            "01",
            "1.0",
            "1e3",
            "9223372036854775808",
            "\"1\"",
            " 1",
        ] {
            assert_eq!(number(text.as_bytes()), None, "{text:?}");
        }
    }
}
