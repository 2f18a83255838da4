//! A line in the log for tenants that are denied: one a second at most for each.

use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use lru::LruCache;
use tollgate::{DenialReason, Hooks, QuotaEvent, TenantId};

const PAUSE: Duration = Duration::from_secs(1);
/// Tenants that are kept apart; the one denied longest ago is forgotten first.
const MOST_TENANTS: NonZeroUsize = NonZeroUsize::new(1_000).unwrap();

/// Hooks that log denials.
#[derive(Debug)]
pub(crate) struct DenialLog(Mutex<LruCache<TenantId, Spell>>);

/// When a line was last written for a tenant, and how many denials were not worth one since.
#[derive(Debug)]
struct Spell {
    logged: Instant,
    unlogged: u64,
}

impl Default for DenialLog {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(MOST_TENANTS)))
    }
}

impl DenialLog {
    /// How many denials a line written now stands for, besides its own; `None` if it is too soon.
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

impl Hooks for DenialLog {
    fn on_quota(&self, event: &QuotaEvent) {
        if event.allowed {
            return;
        }
        let Some(unlogged) = self.due(&event.tenant, Instant::now()) else {
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_gets_one_line_a_second_and_the_others_are_counted() {
        let log = DenialLog::default();
        let (acme, globex) = ("acme".parse().unwrap(), "globex".parse().unwrap());
        let start = Instant::now();
        assert_eq!(log.due(&acme, start), Some(0));
        assert_eq!(log.due(&acme, start + PAUSE / 2), None);
        assert_eq!(log.due(&globex, start + PAUSE / 2), Some(0));
        assert_eq!(log.due(&acme, start + PAUSE), Some(1));
    }
}
