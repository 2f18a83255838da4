//! Waiting for what the origin and the store of shared limits say: once, or until they have said enough.

use std::time::Duration;

use tokio::time::Instant;

use crate::actor::Desk;
use crate::ledger::Awaited;
use crate::sync::sleep;
use crate::tenant::Tenant;
use crate::waiters::{by, either};

/// How many answers are waited for at most: of the call that is under way, which may have been made before the need was
/// known, of the one that is made for it, and of one more where somebody else took what was granted.
const MOST_ANSWERS: u32 = 8;

impl Tenant {
    /// Waits until the exchange with the origin, and the call of the store of shared limits, that are under way for this tenant
    /// or an ancestor have ended; at once if there is none, and not for one that did not answer the last time.
    ///
    /// For who was denied as [`Ungranted`](crate::DenialReason::Ungranted) and wants to ask once more;
    /// [`exchanges`](Self::exchanges) counts how often that makes sense. It takes no longer than
    /// [`EngineBuilder::origin_timeout`](crate::EngineBuilder::origin_timeout) or
    /// [`EngineBuilder::shared_timeout`](crate::EngineBuilder::shared_timeout).
    pub async fn exchanged(&self) {
        if let Some(patience) = self.patience() {
            either(self.answered(), sleep(patience)).await;
        }
    }

    /// For who was denied as [`Ungranted`](crate::DenialReason::Ungranted): waits for answers one after the other, a few,
    /// and for all of them together no longer than for one. The time counts from here.
    ///
    /// # Examples
    /// ```
    /// # use tollgate::{Clock, Cost, Decision, DenialReason, Tenant, TenantConfig};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let config = TenantConfig::new("acme".parse()?).requests_per_minute(100);
    /// # let tenant = Tenant::new(&config, Clock::default())?;
    /// let mut exchanges = tenant.exchanges();
    /// let decision = loop {
    ///     match tenant.try_acquire(&Cost::request()) {
    ///         Decision::Denied(denial)
    ///             if denial.reason() == DenialReason::Ungranted && exchanges.next().await => {}
    ///         decision => break decision,
    ///     }
    /// };
    /// # assert!(matches!(decision, Decision::Admitted(_)));
    /// # Ok(())
    /// # }
    /// ```
    pub fn exchanges(&self) -> Exchanges {
        let patience = self.patience().unwrap_or_default();
        Exchanges {
            tenant: self.clone(),
            left: MOST_ANSWERS,
            // A deadline past the end of tokio's time is none.
            deadline: Instant::now().checked_add(patience),
        }
    }

    /// How long whoever is asked may take; `None` if nobody is.
    fn patience(&self) -> Option<Duration> {
        self.desks().into_iter().flatten().map(Desk::patience).max()
    }

    /// Whether the engine has stopped: nobody goes to the origin or the store any more.
    pub(crate) fn is_orphaned(&self) -> bool {
        self.desks().into_iter().flatten().any(Desk::is_closed)
    }

    /// Of the origin, and of the store of shared limits.
    fn desks(&self) -> [Option<&Desk>; 2] {
        let shared = self.state().shared();
        [
            shared.desk.as_ref().map(|(desk, _)| desk),
            shared.calls.as_ref().map(|(desk, _)| desk),
        ]
    }

    /// Ends when all who were waited for at first have answered once, whatever they are asked next.
    async fn answered(&self) {
        let family = &self.state().root().waiters;
        let mut first: Option<Vec<Awaited>> = None;
        loop {
            // Made before the look, as in `Acquire::run`.
            let freed = family.freed();
            let [origin, store] = self
                .desks()
                .map(|desk| desk.is_some_and(|desk| !desk.is_down()));
            let now = self.state().awaited();
            let first = first.get_or_insert_with(|| now.clone());
            let mut both = now.iter().zip(first.iter());
            if !both.any(|(now, then)| now.still(then.only(origin, store))) {
                return;
            }
            freed.await;
        }
    }
}

/// See [`Tenant::exchanges`].
#[derive(Debug)]
pub struct Exchanges {
    tenant: Tenant,
    left: u32,
    deadline: Option<Instant>,
}

impl Exchanges {
    /// Waits for the next answer, as [`Tenant::exchanged`] does; `false` if none came: it is time to decide by what is
    /// known.
    ///
    /// # Panics
    /// Waiting needs tokio's timer: outside a tokio runtime with time enabled it panics.
    pub async fn next(&mut self) -> bool {
        let Some(left) = self.left.checked_sub(1) else {
            return false;
        };
        self.left = left;
        by(self.deadline, self.tenant.answered()).await.is_some()
    }
}
