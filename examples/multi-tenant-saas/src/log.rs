//! What the gate decided, in the log: who was resolved from where, whose quota said no, whose policy.

use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use lru::LruCache;
use tollgate::{DenialReason, Hooks, PolicyEvent, QuotaEvent, ResolveEvent, TenantId};

const PAUSE: Duration = Duration::from_secs(1);
/// Tenants that are kept apart; the one that had its line longest ago is forgotten first.
const MOST_TENANTS: NonZeroUsize = NonZeroUsize::new(1_000).unwrap();

/// Hooks that log: of each kind one line a second for a tenant, or a client could fill the disk.
#[derive(Debug, Default)]
pub(crate) struct GateLog {
    resolved: Pace,
    quota: Pace,
    policy: Pace,
}

/// Which events are worth a line.
#[derive(Debug)]
struct Pace(Mutex<LruCache<TenantId, Spell>>);

/// When a line was last written for a tenant, and how many events were not worth one since.
#[derive(Debug)]
struct Spell {
    logged: Instant,
    unlogged: u64,
}

impl Default for Pace {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(MOST_TENANTS)))
    }
}

impl Pace {
    /// How many events a line written now stands for, besides its own; `None` if it is too soon.
    fn due(&self, tenant: &TenantId, now: Instant) -> Option<u64> {
        let mut spells = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match spells.get_mut(tenant) {
            Some(spell) if now.duration_since(spell.logged) < PAUSE => {
                spell.unlogged += 1;
                None
            }
            Some(spell) => {
                spell.logged = now;
                Some(std::mem::take(&mut spell.unlogged))
            }
            None => {
                spells.put(
                    tenant.clone(),
                    Spell {
                        logged: now,
                        unlogged: 0,
                    },
                );
                Some(0)
            }
        }
    }
}

impl Hooks for GateLog {
    /// Ids that nobody has are refused, and have no line: anybody can make them up.
    fn on_resolve(&self, event: &ResolveEvent) {
        let (None, Some(tenant), Some(source)) = (event.refused, &event.tenant, &event.source)
        else {
            return;
        };
        if let Some(unlogged) = self.resolved.due(tenant, Instant::now()) {
            tracing::info!(%tenant, source = &**source, unlogged, "tenant resolved");
        }
    }

    fn on_quota(&self, event: &QuotaEvent) {
        if event.allowed {
            return;
        }
        let Some(unlogged) = self.quota.due(&event.tenant, Instant::now()) else {
            return;
        };
        let tenant = &event.tenant;
        if let Some(error) = &event.error {
            tracing::error!(%tenant, error, unlogged, "the tenant can't be looked up");
            return;
        }
        let limit = event.binding.as_deref().unwrap_or("none");
        let retry_after = event.retry_after;
        match event.reason {
            Some(DenialReason::Suspended | DenialReason::Removed) => {
                tracing::warn!(%tenant, reason = ?event.reason, unlogged, "not served");
            }
            Some(DenialReason::Ungranted) => {
                tracing::error!(%tenant, limit, unlogged, "the limit can't be checked");
            }
            Some(_) | None => {
                tracing::warn!(%tenant, limit, ?retry_after, unlogged, "quota denied");
            }
        }
    }

    fn on_policy(&self, event: &PolicyEvent) {
        let (false, Some(reason)) = (event.allowed, &event.reason) else {
            return;
        };
        let tenant = &event.tenant;
        if let Some(unlogged) = self.policy.due(tenant, Instant::now()) {
            tracing::warn!(%tenant, reason, unlogged, "policy denied");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_gets_one_line_a_second_and_the_others_are_counted() {
        let pace = Pace::default();
        let (acme, globex) = ("acme".parse().unwrap(), "globex".parse().unwrap());
        let start = Instant::now();
        assert_eq!(pace.due(&acme, start), Some(0));
        assert_eq!(pace.due(&acme, start + PAUSE / 2), None);
        assert_eq!(pace.due(&globex, start + PAUSE / 2), Some(0));
        assert_eq!(pace.due(&acme, start + PAUSE), Some(1));
    }
}
