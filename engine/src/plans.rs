//! Plans in use, so that tenants with equal configs share one.

use std::collections::HashMap;
use std::fmt;
use std::hash::BuildHasher;

use crate::plan::Plan;
use crate::sync::{Arc, Mutex, Weak};

/// So many plans are remembered before anybody looks whether they are still in use.
const FEW: usize = 64;

/// The plans that tenants in memory have, by hash. A hash map: nothing depends on its order.
///
/// # Complexity
/// It never holds more than twice as many entries as there were plans in use when it was last tidied, and a
/// few more. A plan takes some hundred bytes, an entry 24.
#[derive(Default)]
pub(crate) struct Plans {
    known: Mutex<Known>,
    hasher: foldhash::fast::RandomState,
}

#[derive(Default)]
struct Known {
    by_hash: HashMap<u64, Weak<Plan>>,
    /// How many there were when it was last tidied.
    tidied: usize,
}

impl Plans {
    /// The plan that is equal to this one, which may be this one.
    pub(crate) fn shared(&self, plan: Plan) -> Arc<Plan> {
        let hash = self.hasher.hash_one(&plan);
        let mut known = self.known.lock();
        if let Some(same) = known.by_hash.get(&hash).and_then(Weak::upgrade) {
            // Two plans of one hash are most unlikely, and need not be shared.
            return if *same == plan { same } else { Arc::new(plan) };
        }
        known.tidy();
        let plan = Arc::new(plan);
        known.by_hash.insert(hash, Arc::downgrade(&plan));
        plan
    }
}

impl Known {
    /// Forgets plans that nobody has any more, once there are twice as many as the last time.
    fn tidy(&mut self) {
        if self.by_hash.len() >= self.tidied.saturating_mul(2).saturating_add(FEW) {
            self.by_hash.retain(|_, plan| plan.strong_count() > 0);
            self.tidied = self.by_hash.len();
        }
    }
}

impl fmt::Debug for Plans {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plans")
            .field("known", &self.known.lock().by_hash.len())
            .finish_non_exhaustive()
    }
}

#[cfg(all(test, not(tollgate_loom)))]
mod tests {
    use super::*;
    use crate::config::TenantConfig;

    fn plan(tenant: &str, requests: u64) -> Plan {
        let config = TenantConfig::new(tenant.parse().unwrap()).requests_per_minute(requests);
        config.compile().unwrap()
    }

    #[test]
    fn tenants_with_equal_configs_share_a_plan() {
        let plans = Plans::default();
        let acme = plans.shared(plan("acme", 100));
        assert!(Arc::ptr_eq(&acme, &plans.shared(plan("umbrella", 100))));
        assert!(!Arc::ptr_eq(&acme, &plans.shared(plan("initech", 101))));
    }

    #[test]
    fn plans_that_nobody_has_any_more_are_forgotten() {
        let plans = Plans::default();
        let kept = plans.shared(plan("acme", 7));
        for requests in 10..10_000 {
            drop(plans.shared(plan("acme", requests)));
        }
        assert!(plans.known.lock().by_hash.len() <= 2 + FEW);
        assert!(Arc::ptr_eq(&kept, &plans.shared(plan("acme", 7))));
    }
}
