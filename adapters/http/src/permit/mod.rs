//! The permit of an admitted request, shared between its handler and its response.

mod deferred;
mod state;
mod terms;

use std::fmt;
use std::mem;
use std::sync::Arc;

use parking_lot::Mutex;
use tollgate::{Cost, Permit, Slot, Tenant, Usage};
use tracing::Span;
use tracing::span::Entered;

pub use self::deferred::DeferredPermit;
use self::state::State;
pub use self::state::{AlreadySettled, Outcome};
pub(crate) use self::terms::{Ending, OwnedScope, Terms, Told, Watch};
use crate::resolve::Source;

/// The permit of an admitted request, as its handler sees it: settle it once, from anywhere.
///
/// # Who frees what, and when
/// * The **charge** (requests, tokens, …) is settled by the first of [`settle`](Self::settle),
///   [`refund`](Self::refund) and [`keep`](Self::keep). If none is called before the request ends,
///   the gate's [`on_drop`](crate::GateBuilder::on_drop) decides; its default keeps the estimate,
///   so that a crash or a cancelled stream is never free.
/// * The **concurrency slots** stay held, settled or not, until the request ends.
/// * The **request ends** when the response's body has ended, failed or been dropped, or when the
///   response's future is dropped, since the client has gone. From then on settling is an error,
///   and clones of the handle that a background task still holds keep nothing alive. What is only known
///   later is [deferred](Self::defer) before.
///
/// # Concurrency
/// `Send` and `Sync`; clones share one permit. Of several calls that settle, one wins and the others
/// get [`AlreadySettled`].
///
/// # Examples
/// ```
/// use tollgate::Cost;
/// use tollgate_http::{AlreadySettled, PermitHandle};
///
/// /// In a handler: charge what the model has really used.
/// fn count(permit: &PermitHandle, used: u64) -> Result<(), AlreadySettled> {
///     permit.settle(&Cost::tokens(used))
/// }
/// ```
#[derive(Clone)]
pub struct PermitHandle(Arc<Shared>);

struct Shared {
    terms: Terms,
    state: Mutex<State>,
}

impl PermitHandle {
    pub(crate) fn new(permit: Permit<'static>, terms: Terms) -> Self {
        Self(Arc::new(Shared {
            terms,
            state: Mutex::new(State::Open(permit)),
        }))
    }

    /// Settles at the true cost: what was charged too much is given back, what was charged too
    /// little becomes debt. A dimension that `actual` does not name keeps what was charged.
    ///
    /// # Errors
    /// [`AlreadySettled`] if this is not the first call, or comes after the request's end.
    pub fn settle(&self, actual: &Cost) -> Result<(), AlreadySettled> {
        self.close(Outcome::Settled, |permit| permit.settle(actual))?;
        self.0.terms.settled(|| actual.clone(), false);
        Ok(())
    }

    /// Gives everything back, as if the request had never been made.
    ///
    /// # Errors
    /// [`AlreadySettled`] if this is not the first call, or comes after the request's end.
    pub fn refund(&self) -> Result<(), AlreadySettled> {
        self.close(Outcome::Refunded, Permit::refund)?;
        self.0.terms.settled(|| self.0.terms.nothing(), false);
        Ok(())
    }

    /// Settles at the cost that was charged.
    ///
    /// # Errors
    /// [`AlreadySettled`] if this is not the first call, or comes after the request's end.
    pub fn keep(&self) -> Result<(), AlreadySettled> {
        self.close(Outcome::Kept, Permit::keep)?;
        self.0.terms.settled(|| self.cost().clone(), false);
        Ok(())
    }

    /// Takes the settlement away from the request, for who learns the true cost only after its end: from a queue,
    /// or from a model that goes on writing although its reader has left.
    ///
    /// The charge stays until the [`DeferredPermit`] is settled or dropped; the concurrency slots are freed when the
    /// request ends, as ever.
    ///
    /// # Errors
    /// [`AlreadySettled`] if the permit was settled or deferred before, or if the request has ended.
    ///
    /// # Examples
    /// ```
    /// use tollgate::Cost;
    /// use tollgate_http::{AlreadySettled, PermitHandle};
    ///
    /// async fn answer(permit: &PermitHandle) -> Result<(), AlreadySettled> {
    ///     let deferred = permit.defer()?;
    ///     tokio::spawn(async move {
    ///         let used = 420; // … from wherever it is known, once it is
    ///         deferred.settle(&Cost::tokens(used));
    ///     });
    ///     Ok(())
    /// }
    /// ```
    pub fn defer(&self) -> Result<DeferredPermit, AlreadySettled> {
        let mut deferred = None;
        self.close(Outcome::Deferred, |permit| {
            let (charge, slot) = permit.split();
            deferred = Some(DeferredPermit::new(charge, self.clone()));
            slot
        })?;
        deferred.ok_or(AlreadySettled {
            outcome: Outcome::Deferred,
        })
    }

    /// The tenant that was charged.
    pub fn tenant(&self) -> &Tenant {
        &self.0.terms.tenant
    }

    /// Where the request named the tenant.
    pub fn source(&self) -> Source {
        self.0.terms.source
    }

    /// What was charged on admission.
    pub fn cost(&self) -> &Cost {
        &self.0.terms.cost
    }

    /// What has become of the permit; `None` while it is open.
    pub fn outcome(&self) -> Option<Outcome> {
        self.0.state.lock().outcome()
    }

    /// How full the limits are now that this request meets.
    pub fn usage(&self) -> Usage {
        self.0
            .terms
            .tenant
            .usage()
            .for_scope(&self.0.terms.scope.get())
    }

    fn close(
        &self,
        outcome: Outcome,
        how: impl FnOnce(Permit<'static>) -> Slot<'static>,
    ) -> Result<(), AlreadySettled> {
        let mut state = self.0.state.lock();
        match mem::replace(&mut *state, State::Ended(outcome)) {
            State::Open(permit) => {
                *state = State::Settled(outcome, how(permit));
                Ok(())
            }
            State::Settled(outcome, slot) => {
                *state = State::Settled(outcome, slot);
                Err(AlreadySettled { outcome })
            }
            State::Ended(outcome) => {
                *state = State::Ended(outcome);
                Err(AlreadySettled { outcome })
            }
        }
    }

    /// The one who was given the settlement has done so.
    fn close_deferred(&self, outcome: Outcome) {
        let mut state = self.0.state.lock();
        match &mut *state {
            State::Settled(deferred, _) | State::Ended(deferred) => *deferred = outcome,
            State::Open(_) => {}
        }
    }

    /// The request's span, with its tenant and the source that named it: adapters poll the handler and the response's
    /// body in it, and tasks that a handler spawns can enter it too.
    pub fn span(&self) -> &Span {
        self.0.terms.span()
    }

    /// Enters the [span](Self::span), unless nobody records it: for adapters, around everything that the handler does.
    #[inline]
    pub fn enter_span(&self) -> Option<Entered<'_>> {
        let span = self.0.terms.recorded_span()?;
        Some(span.enter())
    }

    /// Ends the request: whatever is still held is dropped, after the lock is.
    pub(crate) fn finish(&mut self, ending: Ending) {
        let before = if let Some(shared) = Arc::get_mut(&mut self.0) {
            // Nobody else has the permit any more, which is how most requests end.
            let state = shared.state.get_mut();
            let before = state.outcome();
            *state = State::ended(before);
            before
        } else {
            let mut state = self.0.state.lock();
            let before = state.outcome();
            let held = mem::replace(&mut *state, State::ended(before));
            drop(state);
            drop(held);
            before
        };
        if before.is_none() {
            self.0.terms.settled(|| self.0.terms.dropped(), true);
        }
        self.0.terms.finished(ending);
    }
}

impl fmt::Debug for PermitHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PermitHandle")
            .field("tenant", self.0.terms.tenant.id())
            .field("cost", &self.0.terms.cost)
            .field("outcome", &self.outcome())
            .finish()
    }
}
