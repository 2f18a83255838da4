//! How full limits were: of the tenants that somebody looks at, every five seconds.
//!
//! A figure of every tenant and limit would cost memory and locks for what nobody reads. So a tenant is sampled from its
//! first look on, until nobody has looked for ten minutes.

use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use lru::LruCache;
use tokio::time::{Instant, MissedTickBehavior, interval};
use tollgate::{Engine, TenantId};

use crate::watch::{STEP_SECONDS, STEPS};

/// Tenants that are sampled at a time; who was not looked at for longest is forgotten first.
const MOST_TENANTS: NonZeroUsize = NonZeroUsize::new(256).unwrap();
/// For how long after the last look.
const KEEP: Duration = Duration::from_secs(600);

/// See the module's page.
#[derive(Debug)]
pub(crate) struct Samples(Mutex<State>);

#[derive(Debug)]
struct State {
    looked_at: LruCache<TenantId, Looked>,
    /// Whether a task takes the samples.
    sampling: bool,
}

#[derive(Debug)]
struct Looked {
    last: Instant,
    /// What was used of each limit, by its name, the last at the back.
    used: Vec<(String, VecDeque<u64>)>,
}

impl Default for Samples {
    fn default() -> Self {
        Self(Mutex::new(State {
            looked_at: LruCache::new(MOST_TENANTS),
            sampling: false,
        }))
    }
}

impl Samples {
    /// Somebody looks at the tenant: samples of it are taken from now on.
    pub(crate) fn look(self: &Arc<Self>, engine: &Engine, id: &TenantId) {
        let start = {
            let mut state = self.state();
            let fresh = || Looked {
                last: Instant::now(),
                used: Vec::new(),
            };
            let looked = state.looked_at.get_or_insert_mut_ref(id, fresh);
            looked.last = Instant::now();
            let fresh = looked.used.is_empty();
            if fresh {
                looked.take(engine, id);
            }
            !std::mem::replace(&mut state.sampling, true)
        };
        if start {
            tokio::spawn(sample(Arc::downgrade(self), engine.clone()));
        }
    }

    /// What was used of a limit of the tenant, the oldest first, every five seconds up to now.
    pub(crate) fn of(&self, id: &TenantId, limit: &str) -> Vec<u64> {
        let state = self.state();
        let looked = state.looked_at.peek(id);
        let limits = looked
            .map(|looked| looked.used.as_slice())
            .unwrap_or_default();
        let found = limits.iter().find(|(name, _)| name == limit);
        found
            .map(|(_, used)| used.iter().copied().collect())
            .unwrap_or_default()
    }

    /// Takes a sample of everybody; says whether anybody is left.
    fn take(&self, engine: &Engine) -> bool {
        let mut state = self.state();
        let now = Instant::now();
        // From the least recent on, those of whom nobody wants to know.
        while let Some((_, looked)) = state.looked_at.peek_lru() {
            if now.saturating_duration_since(looked.last) < KEEP {
                break;
            }
            state.looked_at.pop_lru();
        }
        for (id, looked) in &mut state.looked_at {
            looked.take(engine, id);
        }
        state.sampling = !state.looked_at.is_empty();
        state.sampling
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Looked {
    fn take(&mut self, engine: &Engine, id: &TenantId) {
        let Some(tenant) = engine.get(id) else {
            // Who is not in memory has used nothing that counts.
            self.used.iter_mut().for_each(|(_, used)| push(used, 0));
            return;
        };
        let usage = tenant.usage();
        // Limits that are gone take their samples along.
        self.used.retain(|(name, _)| usage.get(name).is_some());
        for level in usage.iter() {
            let name = level.limit.name();
            match self.used.iter_mut().find(|(known, _)| known == name) {
                Some((_, used)) => push(used, level.used),
                None => self
                    .used
                    .push((name.to_owned(), VecDeque::from([level.used]))),
            }
        }
    }
}

fn push(used: &mut VecDeque<u64>, sample: u64) {
    if used.len() >= STEPS {
        used.pop_front();
    }
    used.push_back(sample);
}

/// Takes samples until nobody wants any, or the API is gone.
async fn sample(samples: Weak<Samples>, engine: Engine) {
    let mut steps = interval(Duration::from_secs(STEP_SECONDS));
    steps.set_missed_tick_behavior(MissedTickBehavior::Skip);
    steps.tick().await; // The first is now; a sample was just taken.
    loop {
        steps.tick().await;
        let Some(samples) = samples.upgrade() else {
            return;
        };
        if !samples.take(&engine) {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use tollgate::{Cost, InMemorySource, TenantConfig};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn samples_are_taken_from_the_first_look_on_until_nobody_looks_any_more() {
        let source = InMemorySource::new();
        let id: TenantId = "acme".parse().unwrap();
        let config = TenantConfig::new(id.clone()).requests_per_minute(100);
        source.set(config).unwrap();
        let engine = Engine::builder().source(source).build().unwrap();
        let tenant = engine.tenant(&id).await.unwrap();
        let samples = Arc::new(Samples::default());
        samples.look(&engine, &id);
        for wait in [1, 5, 5] {
            // Between two samples, so that it is clear which comes first.
            tokio::time::sleep(Duration::from_secs(wait)).await;
            assert!(tenant.try_acquire(&Cost::requests(2)).is_admitted());
        }
        // The clock of the test stands still for the engine, so nothing leaves its window.
        assert_eq!(samples.of(&id, "requests_per_minute"), [0, 2, 4]);
        tokio::time::sleep(Duration::from_secs(500)).await;
        assert_eq!(samples.of(&id, "requests_per_minute").len(), STEPS);
        assert!(samples.state().sampling);
        tokio::time::sleep(Duration::from_secs(200)).await;
        assert!(samples.of(&id, "requests_per_minute").is_empty());
        assert!(!samples.state().sampling);
    }
}
