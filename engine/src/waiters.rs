//! Who waits for a tenant's quota: first come, first served.

use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::time::Duration;

use tokio::sync::{Mutex, MutexGuard, Semaphore};
use tokio::time::{Instant, timeout_at};

use crate::cost::Cost;
use crate::decision::{Decision, Denial, DenialReason};
use crate::ledger::Cause;
use crate::meter::ASK_AGAIN;
use crate::permit::Permit;
use crate::scope::Scope;
use crate::state::{Refused, TenantState};
use crate::sync::{Notify, OnceLock, sleep};
use crate::tenant::{Holder, Tenant};

/// The most tasks that may wait for one tenant's quota at once; one more is denied as queued.
const MOST_WAITING: usize = 10_000;

/// The waiting room of a tenant, built when the first one waits.
///
/// # Concurrency
/// One waiter at a time has the turn; tokio's mutex is fair, so the turn goes round in the order of
/// asking, and a waiter that is dropped gives up its place. Only the one whose turn it is sleeps until its
/// retry instant, and listens for quota that is freed before.
///
/// *No wake-up is lost.* A waiter opens the room, makes its future, then asks the ledger under the lock.
/// Whoever frees quota does so under the lock, then looks for the room and notifies. If the waiter asked
/// first, its room and its future were there before the lock was taken to free: the notice reaches it. If it
/// asked later, it saw what was freed. The models in `loom-tests/src/waiters.rs` hold that.
#[derive(Debug, Default)]
pub(crate) struct Waiters(OnceLock<Box<Room>>);

#[derive(Debug)]
struct Room {
    places: Semaphore,
    turn: Mutex<()>,
    freed: Notify,
}

impl Waiters {
    /// Lets the one whose turn it is look again. To be called after usage went down.
    pub(crate) fn wake(&self) {
        // A waiter builds the room before it looks at the ledger, under the lock that the caller
        // held: if it looked before the change, the room is seen here.
        if let Some(room) = self.0.get() {
            room.freed.notify_waiters();
        }
    }

    /// Made before a look at the ledger, it hears of every change that the look did not see.
    pub(crate) fn freed(&self) -> impl Future<Output = ()> + '_ {
        self.room().freed.notified()
    }

    fn room(&self) -> &Room {
        self.0.get_or_init(|| {
            Box::new(Room {
                places: Semaphore::new(MOST_WAITING),
                turn: Mutex::new(()),
                freed: Notify::new(),
            })
        })
    }
}

impl Tenant {
    /// Charges `cost` as soon as every limit has room for it, behind those who asked before.
    ///
    /// Await it as it is to wait for as long as it takes, or with a deadline:
    /// `tenant.acquire(cost).within(Duration::from_secs(2)).await`. A cost that can never be admitted and
    /// a suspended tenant are denied at once. [`try_acquire`](Self::try_acquire) does not queue and
    /// may take what a waiter waits for.
    ///
    /// # Cancel safety
    /// Dropping the future gives up the place; nothing is charged.
    ///
    /// # Errors
    /// The denial that stood when the deadline passed; [`DenialReason::Queued`] if the turn had not come.
    ///
    /// # Panics
    /// Waiting needs tokio's timer: outside a tokio runtime with time enabled it panics.
    ///
    /// # Examples
    /// ```
    /// # use std::time::Duration;
    /// # use tollgate::{Clock, Cost, Tenant, TenantConfig};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let config = TenantConfig::new("acme".parse()?).requests_per_minute(100);
    /// let tenant = Tenant::new(&config, Clock::default())?;
    /// match tenant.acquire(Cost::request()).within(Duration::from_millis(50)).await {
    ///     Ok(permit) => drop(permit),
    ///     Err(denial) => eprintln!("{denial}"),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn acquire(&self, cost: Cost) -> Acquire<'_> {
        Acquire {
            tenant: self,
            cost,
            scope: Scope::default(),
            within: None,
        }
    }
}

/// A wait for quota that has not begun; see [`Tenant::acquire`].
#[derive(Debug)]
#[must_use = "it does nothing until it is awaited"]
pub struct Acquire<'t> {
    tenant: &'t Tenant,
    cost: Cost,
    scope: Scope<'t>,
    within: Option<Duration>,
}

impl<'t> Acquire<'t> {
    /// For a request that is about something, as [`Tenant::try_acquire_in`] has it.
    pub fn scope(mut self, scope: Scope<'t>) -> Self {
        self.scope = scope;
        self
    }

    /// Waits for at most `deadline`, the wait for its turn included.
    pub fn within(mut self, deadline: Duration) -> Self {
        self.within = Some(deadline);
        self
    }

    async fn run(self) -> Result<Permit<'t>, Denial<'t>> {
        // A deadline past the end of tokio's time is none.
        let deadline = self
            .within
            .and_then(|within| Instant::now().checked_add(within));
        let room = self.tenant.state().waiters.room();
        let Ok(_place) = room.places.try_acquire() else {
            return Err(self.refused(Cause::Queued));
        };
        let Some(_turn) = self.turn(room, deadline).await? else {
            return Err(self.refused(Cause::Queued));
        };
        // Whatever is freed in the family may be what this waits for.
        let family = self.tenant.state().root().waiters.room();
        loop {
            // Made before the ledger is asked: whatever is freed after the answer wakes it, since a notice
            // reaches all that were made before it, polled or not.
            let freed = family.freed.notified();
            // Not the deny word: it may be as old as the last notice.
            let verdict = self.tenant.state().decide_exactly(&self.scope, &self.cost);
            let denial = match self.tenant.decision(verdict, &self.cost) {
                Decision::Admitted(permit) => return Ok(permit),
                Decision::Denied(denial) => denial,
            };
            let waited = match denial.reason() {
                DenialReason::Quota => by(deadline, either(freed, sleep(self.wait(&denial)))).await,
                DenialReason::Ungranted if self.tenant.is_orphaned() => None,
                // The origin's answer is a notice too. None comes while there is no use in asking; and somebody has to ask again.
                DenialReason::Ungranted => by(deadline, either(freed, sleep(ASK_AGAIN))).await,
                // Somebody may free a slot elsewhere.
                DenialReason::InUse if self.is_elsewhere() => {
                    by(deadline, either(freed, sleep(ASK_AGAIN))).await
                }
                DenialReason::InUse => by(deadline, freed).await,
                DenialReason::Never
                | DenialReason::Suspended
                | DenialReason::Removed
                | DenialReason::Queued => None,
            };
            if waited.is_none() {
                return Err(denial);
            }
        }
    }

    /// How long until the retry instant, from now; a millisecond at least, which is tokio's tick.
    fn wait(&self, denial: &Denial<'_>) -> Duration {
        let now = self.tenant.state().clock().now();
        let mut wait = denial.retry_at().map_or(Duration::ZERO, |at| at.since(now));
        if self.is_elsewhere() {
            // Another process may give back before the window ends, and nobody here hears of that.
            wait = std::cmp::min(wait, ASK_AGAIN);
        }
        std::cmp::max(wait, Duration::from_millis(1))
    }

    /// Whether other processes have a part in what is waited for.
    fn is_elsewhere(&self) -> bool {
        let mut plans = self.tenant.state().line().map(TenantState::plan);
        plans.any(|plan| plan.has_durable_limits() || plan.has_shared_limits())
    }

    /// The turn, if it comes by `deadline`; a cost that has no hope is not let into the queue.
    async fn turn<'r>(
        &self,
        room: &'r Room,
        deadline: Option<Instant>,
    ) -> Result<Option<MutexGuard<'r, ()>>, Denial<'t>> {
        if let Ok(turn) = room.turn.try_lock() {
            return Ok(Some(turn));
        }
        match self.tenant.state().hopeless(&self.scope, &self.cost) {
            Some(cause) => Err(self.refused(cause)),
            None => Ok(by(deadline, room.turn.lock()).await),
        }
    }

    fn refused(&self, cause: Cause) -> Denial<'t> {
        let at = self.tenant.state().clock().now();
        let refused = Refused { cause, at };
        Denial::new(Holder::Borrowed(self.tenant), refused, self.cost.clone())
    }
}

impl<'t> IntoFuture for Acquire<'t> {
    type Output = Result<Permit<'t>, Denial<'t>>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 't>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

/// What `future` gives, if it does so by `deadline`.
pub(crate) async fn by<F: Future>(deadline: Option<Instant>, future: F) -> Option<F::Output> {
    match deadline {
        Some(deadline) => timeout_at(deadline, future).await.ok(),
        None => Some(future.await),
    }
}

pub(crate) async fn either(freed: impl Future<Output = ()>, due: impl Future<Output = ()>) {
    tokio::select! {
        biased;
        () = freed => {}
        () = due => {}
    }
}
