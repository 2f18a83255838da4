//! What the gate tells those who want to know: resolutions, policy and quota decisions, settlements.

use std::borrow::Cow;
use std::time::Duration;

use crate::cost::Cost;
use crate::decision::DenialReason;
use crate::sync::Arc;
use crate::tenant_id::TenantId;

/// Callbacks for what happens at the gate; each does nothing by default.
///
/// They are called by an actor, from a bounded queue, off the request's path: a hook that sleeps or
/// panics delays no request. [`EngineBuilder::hooks_inline`](crate::EngineBuilder::hooks_inline) calls them on the
/// request's own thread instead, for tests.
pub trait Hooks: Send + Sync + 'static {
    /// A request's tenant was resolved, or could not be.
    fn on_resolve(&self, event: &ResolveEvent) {
        let _ = event;
    }

    /// A policy was asked.
    fn on_policy(&self, event: &PolicyEvent) {
        let _ = event;
    }

    /// A quota was asked.
    fn on_quota(&self, event: &QuotaEvent) {
        let _ = event;
    }

    /// A permit was settled: told once for each request that was admitted.
    fn on_settle(&self, event: &SettleEvent) {
        let _ = event;
    }

    /// A request that was admitted has ended: told once for each. Its permit is settled by then, unless that was put
    /// off on purpose.
    fn on_finish(&self, event: &FinishEvent) {
        let _ = event;
    }
}

/// Something that happened at the gate.
///
/// Events are made by their constructors and filled in field by field, so that later versions can tell more.
///
/// # Examples
/// ```
/// use tollgate::{Cost, DenialReason, Event, QuotaEvent};
///
/// let mut denied = QuotaEvent::denied("acme".parse()?, Cost::request());
/// denied.reason = Some(DenialReason::Quota);
/// denied.status = Some(429);
/// let event = Event::Quota(denied);
/// # drop(event);
/// # Ok::<(), tollgate::InvalidTenantId>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Event {
    /// See [`Hooks::on_resolve`].
    Resolve(ResolveEvent),
    /// See [`Hooks::on_policy`].
    Policy(PolicyEvent),
    /// See [`Hooks::on_quota`].
    Quota(QuotaEvent),
    /// See [`Hooks::on_settle`].
    Settle(SettleEvent),
    /// See [`Hooks::on_finish`].
    Finish(FinishEvent),
}

impl Event {
    /// Calls the hook that it is for.
    pub(crate) fn deliver(&self, hooks: &dyn Hooks) {
        match self {
            Self::Resolve(event) => hooks.on_resolve(event),
            Self::Policy(event) => hooks.on_policy(event),
            Self::Quota(event) => hooks.on_quota(event),
            Self::Settle(event) => hooks.on_settle(event),
            Self::Finish(event) => hooks.on_finish(event),
        }
    }
}

/// A request's tenant was resolved, or could not be.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ResolveEvent {
    /// The tenant, if the request names a valid one.
    pub tenant: Option<TenantId>,
    /// Where the name came from: `header`, `principal`, ….
    pub source: Option<Cow<'static, str>>,
    /// What the request was refused with; `None` if it went on.
    pub refused: Option<&'static str>,
}

impl ResolveEvent {
    /// A request that named `tenant`, or none, and went on.
    pub fn new(tenant: Option<TenantId>) -> Self {
        Self {
            tenant,
            source: None,
            refused: None,
        }
    }
}

/// A policy was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PolicyEvent {
    /// The tenant.
    pub tenant: TenantId,
    /// Whether it allowed the request.
    pub allowed: bool,
    /// Why not, in words.
    pub reason: Option<String>,
    /// Why not, in one word for machines: see [`PolicyDenial::code`](crate::PolicyDenial::code).
    pub code: Option<&'static str>,
    /// The model that the request names.
    pub model: Option<String>,
    /// The tool that the request names.
    pub tool: Option<String>,
    /// The request's method.
    pub method: String,
    /// The request's path. The gate cuts it, and the method, after 1024 bytes and says so with `…`.
    pub path: String,
}

impl PolicyEvent {
    /// A yes to a request that names neither model nor tool.
    pub fn new(tenant: TenantId, method: impl Into<String>, path: impl Into<String>) -> Self {
        Self {
            tenant,
            allowed: true,
            reason: None,
            code: None,
            model: None,
            tool: None,
            method: method.into(),
            path: path.into(),
        }
    }
}

/// A quota was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct QuotaEvent {
    /// The tenant.
    pub tenant: TenantId,
    /// Whether the cost was admitted.
    pub allowed: bool,
    /// The cost.
    pub cost: Cost,
    /// What each limit has left.
    pub remaining: Vec<(Arc<str>, u64)>,
    /// Which kind of no it was.
    pub reason: Option<DenialReason>,
    /// The limit that said no.
    pub binding: Option<Arc<str>>,
    /// Whose limit that is: the tenant, or an ancestor.
    pub binding_tenant: Option<TenantId>,
    /// When the same cost is admitted, if that is known.
    pub retry_after: Option<Duration>,
    /// The status that the request was answered with; `None` if it went on.
    pub status: Option<u16>,
    /// What failed behind the engine, if something did.
    pub error: Option<String>,
}

impl QuotaEvent {
    /// A yes to `cost` that says nothing of what is left.
    pub fn admitted(tenant: TenantId, cost: Cost) -> Self {
        Self {
            tenant,
            allowed: true,
            cost,
            remaining: Vec::new(),
            reason: None,
            binding: None,
            binding_tenant: None,
            retry_after: None,
            status: None,
            error: None,
        }
    }

    /// A no to `cost` that says nothing of its reasons.
    pub fn denied(tenant: TenantId, cost: Cost) -> Self {
        Self {
            allowed: false,
            ..Self::admitted(tenant, cost)
        }
    }
}

/// A permit was settled.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SettleEvent {
    /// The tenant.
    pub tenant: TenantId,
    /// What was reserved.
    pub reserved: Cost,
    /// What was settled; a dimension that it does not name kept what was reserved.
    pub actual: Cost,
    /// Whether the request ended before anyone had settled it, so that its [drop rule](crate::OnDrop) did.
    pub by_default: bool,
}

impl SettleEvent {
    /// A permit of `reserved` that somebody settled at `actual`.
    pub fn new(tenant: TenantId, reserved: Cost, actual: Cost) -> Self {
        Self {
            tenant,
            reserved,
            actual,
            by_default: false,
        }
    }
}

/// A request that was admitted has ended: its response's body has, or its client went away.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FinishEvent {
    /// The tenant.
    pub tenant: TenantId,
    /// The status of its response; `None` if it ended before there was one.
    pub status: Option<u16>,
    /// Whether its response's body came to its proper end. If not, the client or the handler broke it off.
    pub complete: bool,
    /// From its admission to its end.
    pub duration: Duration,
}

impl FinishEvent {
    /// A request that broke off without a response.
    pub fn new(tenant: TenantId, duration: Duration) -> Self {
        Self {
            tenant,
            status: None,
            complete: false,
            duration,
        }
    }
}
