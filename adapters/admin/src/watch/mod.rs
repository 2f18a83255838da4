//! What the engine decides, watched: counts, recent decisions, and a stream of them.

mod decision;
mod seen;
mod steps;

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use lru::LruCache;
use tokio::sync::broadcast;
use tollgate::{
    Change, ChangeListener, Clock, Hooks, PolicyEvent, QuotaEvent, TenantId, Timestamp,
};

pub(crate) use self::decision::{Decision, reason_of, word};
use self::seen::{LimitDenials, Seen};
pub(crate) use self::steps::{STEP_SECONDS, STEPS, Steps};

/// Tenants that are watched apart; who was not decided on for longest is forgotten first.
const MOST_TENANTS: NonZeroUsize = NonZeroUsize::new(4_096).unwrap();
/// Events that a slow reader of the stream may be behind before it misses some.
const MOST_BEHIND: usize = 1_024;

/// Counts what an engine decides, and remembers the last decisions: for [`Admin`](crate::Admin).
///
/// Clones share what they have seen. All of it is bounded: of the 4,096 tenants that were decided on last, the last 64
/// denials, 16 of the admitted requests (one a second at most), and counts of the last five minutes by steps of 5 s.
///
/// # Examples
/// ```
/// use tollgate::{Engine, InMemorySource};
/// use tollgate_admin::Watch;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let watch = Watch::new();
/// let engine = Engine::builder().source(InMemorySource::new()).hooks(watch.hooks()).build()?;
/// # drop(engine);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Watch(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    clock: Clock,
    tenants: Mutex<LruCache<TenantId, Seen>>,
    totals: Mutex<Totals>,
    stream: broadcast::Sender<Arc<Happening>>,
}

/// What was decided on all tenants together.
#[derive(Debug, Default, Clone)]
pub(crate) struct Totals {
    pub(crate) admitted: u64,
    pub(crate) denied: u64,
    pub(crate) steps: Steps,
}

/// What was seen of one tenant.
#[derive(Debug, Default, Clone)]
pub(crate) struct Counts {
    pub(crate) admitted: u64,
    pub(crate) denied: u64,
    pub(crate) steps: Steps,
    pub(crate) denials_by_limit: Vec<LimitDenials>,
}

/// What the stream tells.
#[derive(Debug, Clone)]
pub(crate) enum Happening {
    Decision(Decision),
    Change {
        at: Timestamp,
        tenant: TenantId,
        /// `None`: it was removed.
        set: bool,
        version: u64,
    },
}

impl Happening {
    pub(crate) fn tenant(&self) -> &TenantId {
        match self {
            Self::Decision(decision) => &decision.tenant,
            Self::Change { tenant, .. } => tenant,
        }
    }
}

impl Default for Watch {
    fn default() -> Self {
        Self::new()
    }
}

impl Watch {
    /// One that has seen nothing yet.
    pub fn new() -> Self {
        Self::with_clock(Clock::default())
    }

    /// The same by another clock, for tests and replays: give it the engine's.
    pub fn with_clock(clock: Clock) -> Self {
        let (stream, _) = broadcast::channel(MOST_BEHIND);
        Self(Arc::new(Shared {
            clock,
            tenants: Mutex::new(LruCache::new(MOST_TENANTS)),
            totals: Mutex::default(),
            stream,
        }))
    }

    /// For [`EngineBuilder::hooks`](tollgate::EngineBuilder::hooks): what makes it see. Called off the request's path.
    pub fn hooks(&self) -> impl Hooks + use<> {
        self.clone()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    pub(crate) fn totals(&self) -> Totals {
        let totals = self.0.totals.lock();
        totals.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What was seen of the tenant, without counting that as an event of its.
    pub(crate) fn counts(&self, id: &TenantId) -> Counts {
        let tenants = self.0.tenants.lock();
        let tenants = tenants.unwrap_or_else(PoisonError::into_inner);
        tenants.peek(id).map(Seen::counts).unwrap_or_default()
    }

    /// The last decisions on the tenant, the newest first.
    pub(crate) fn decisions(&self, id: &TenantId, most: usize) -> Vec<Decision> {
        let tenants = self.0.tenants.lock();
        let tenants = tenants.unwrap_or_else(PoisonError::into_inner);
        tenants
            .peek(id)
            .map(|seen| seen.newest(most))
            .unwrap_or_default()
    }

    /// Everything that happens from now on.
    pub(crate) fn stream(&self) -> broadcast::Receiver<Arc<Happening>> {
        self.0.stream.subscribe()
    }

    /// Tells the stream of a change of a config.
    pub(crate) fn changed(&self, id: &TenantId, change: &Change) {
        let (set, version) = match change {
            Change::Set(versioned) => (true, versioned.version),
            Change::Removed { version } => (false, *version),
            _ => return,
        };
        self.tell(Happening::Change {
            at: self.now(),
            tenant: id.clone(),
            set,
            version,
        });
    }

    fn tell(&self, happening: Happening) {
        // An error says that nobody listens.
        drop(self.0.stream.send(Arc::new(happening)));
    }

    fn note(&self, decision: Decision) {
        let allowed = decision.is_admitted();
        {
            let mut totals = self.0.totals.lock().unwrap_or_else(PoisonError::into_inner);
            let Totals {
                admitted,
                denied,
                steps,
            } = &mut *totals;
            let count = if allowed { admitted } else { denied };
            *count = count.saturating_add(1);
            steps.count(decision.at, allowed);
        }
        let kept = {
            let mut tenants = self
                .0
                .tenants
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            let seen = tenants.get_or_insert_mut_ref(&decision.tenant, Seen::default);
            seen.note(&decision)
        };
        if kept {
            self.tell(Happening::Decision(decision));
        }
    }
}

impl Hooks for Watch {
    fn on_policy(&self, event: &PolicyEvent) {
        // A yes goes on to the quota, which decides.
        if !event.allowed {
            self.note(Decision::of_policy(event, self.now()));
        }
    }

    fn on_quota(&self, event: &QuotaEvent) {
        self.note(Decision::of_quota(event, self.now()));
    }
}

/// Tells the watch's stream of a source's changes, while somebody has the watch.
#[derive(Debug)]
pub(crate) struct Listener(std::sync::Weak<Shared>);

impl Listener {
    pub(crate) fn of(watch: &Watch) -> Self {
        Self(Arc::downgrade(&watch.0))
    }
}

impl ChangeListener for Listener {
    fn changed(&self, id: &TenantId, change: &Change) {
        if let Some(shared) = self.0.upgrade() {
            Watch(shared).changed(id, change);
        }
    }

    fn is_gone(&self) -> bool {
        self.0.strong_count() == 0
    }
}

#[cfg(test)]
mod tests;
