//! The permit of an admitted request, shared between its handler and its response.

use std::fmt;
use std::mem;
use std::sync::Arc;
use std::time::Instant;

use parking_lot::Mutex;
use tollgate::{Cost, Events, OnDrop, Permit, Scope, Slot, Tenant, Usage};
use tracing::Span;

use crate::events;
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
///   and clones of the handle that a background task still holds keep nothing alive.
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

/// On which terms a request was admitted.
pub(crate) struct Terms {
    pub(crate) tenant: Tenant,
    /// Where the request named it.
    pub(crate) source: Source,
    /// What was charged.
    pub(crate) cost: Cost,
    /// What the request is about.
    pub(crate) scope: OwnedScope,
    /// What becomes of the charge if no one settles it.
    pub(crate) on_drop: OnDrop,
    /// Whom to tell what becomes of it.
    pub(crate) told: Option<Told>,
    /// What the handler's log lines are put under.
    pub(crate) span: Span,
}

/// The hooks that hear of a request, and since when it runs.
pub(crate) struct Told {
    pub(crate) events: Events,
    pub(crate) since: Instant,
}

impl Told {
    pub(crate) fn from_now(events: &Events) -> Self {
        Self {
            events: events.clone(),
            since: Instant::now(),
        }
    }
}

/// How a request has ended.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Ending {
    /// The status of its response, if there was one.
    pub(crate) status: Option<u16>,
    /// Whether its response's body has come to its proper end.
    pub(crate) complete: bool,
}

/// What a request is about, where some limit minds: nothing is copied otherwise.
#[derive(Debug, Default)]
pub(crate) struct OwnedScope {
    model: Option<Box<str>>,
    tool: Option<Box<str>>,
    route: Option<Box<str>>,
}

impl OwnedScope {
    pub(crate) fn of(conditional: bool, scope: &Scope<'_>) -> Self {
        if !conditional {
            return Self::default();
        }
        Self {
            model: scope.model.map(Box::from),
            tool: scope.tool.map(Box::from),
            route: scope.route.map(Box::from),
        }
    }

    fn get(&self) -> Scope<'_> {
        Scope {
            model: self.model.as_deref(),
            tool: self.tool.as_deref(),
            route: self.route.as_deref(),
        }
    }
}

enum State {
    /// Charged at the estimate, not settled.
    Open(Permit<'static>),
    /// Settled; the slots are still held.
    Settled(Outcome, Slot<'static>),
    /// Nothing is held any more.
    Ended(Outcome),
}

/// What became of a permit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// Settled at another cost.
    Settled,
    /// Everything was given back.
    Refunded,
    /// The estimate was kept, because someone said so.
    Kept,
    /// The request ended before anyone settled it.
    Ended,
}

/// The permit was settled before, or its request has ended: this call has changed nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the permit {}", match outcome {
    Outcome::Settled => "is settled already",
    Outcome::Refunded => "is refunded already",
    Outcome::Kept => "is kept already",
    Outcome::Ended => "was never settled, and its request has ended",
})]
pub struct AlreadySettled {
    /// What had become of the permit.
    pub outcome: Outcome,
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

    /// The request's span, with its tenant and the source that named it: adapters poll the handler and the response's
    /// body in it, and tasks that a handler spawns can enter it too.
    pub fn span(&self) -> &Span {
        &self.0.terms.span
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

impl Terms {
    /// Tells the hooks, if there are any, that the charge has become `actual`.
    fn settled(&self, actual: impl FnOnce() -> Cost, by_default: bool) {
        if let Some(Told { events, .. }) = &self.told {
            events::settled(events, self, actual(), by_default);
        }
    }

    /// Tells the hooks, if there are any, that the request has ended.
    fn finished(&self, ending: Ending) {
        if let Some(Told { events, since }) = &self.told {
            events::finished(events, self, ending, since.elapsed());
        }
    }

    /// What a request has cost that ends before anyone has settled it.
    fn dropped(&self) -> Cost {
        match self.on_drop {
            OnDrop::Keep => self.cost.clone(),
            OnDrop::Refund => self.nothing(),
        }
    }

    /// The cost of a request that was refunded: 0 of everything that was charged.
    fn nothing(&self) -> Cost {
        let dimensions = self.cost.iter().map(|(dimension, _)| dimension.clone());
        dimensions.fold(Cost::none(), |nothing, dimension| nothing.and(dimension, 0))
    }
}

impl State {
    /// What is left of it after this outcome, if there was one, when the request has ended.
    fn ended(before: Option<Outcome>) -> Self {
        Self::Ended(before.unwrap_or(Outcome::Ended))
    }

    fn outcome(&self) -> Option<Outcome> {
        match self {
            Self::Open(_) => None,
            Self::Settled(outcome, _) | Self::Ended(outcome) => Some(*outcome),
        }
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
