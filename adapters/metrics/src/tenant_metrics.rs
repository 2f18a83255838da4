//! Hooks that count: what the engine tells of each request, by tenant.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tollgate::{
    Clock, Dimension, Engine, FinishEvent, Hooks, PolicyEvent, QuotaEvent, ResolveEvent,
    SettleEvent, Tenant, TenantId,
};

use crate::bounded::Words;
use crate::builder::TenantMetricsBuilder;
use crate::labels::{Bound, Labels};
use crate::names::{MOST_LIMITS, OTHER};
use crate::recorder::{Asking, Target};
use crate::series::{Outcome, Series, StatusClass, Tally};
use crate::shared::Shared;

/// Hooks that count what happens at the gate, by tenant; see the [crate's example](crate).
///
/// Cheap to clone; clones share everything. Give one to
/// [`EngineBuilder::hooks`](tollgate::EngineBuilder::hooks), and call [`observe`](Self::observe) on another before the
/// exporter is read.
///
/// # Concurrency
/// Everything is behind one lock, held for a fraction of a microsecond an event. The events actor is the only one to
/// take it, but for the exporter's readings; inline hooks of many threads take turns.
#[derive(Debug, Clone)]
pub struct TenantMetrics(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    target: Target,
    clock: Clock,
    /// For how long handles may be kept.
    keep: Option<Duration>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    labels: Labels<Series>,
    /// Of all tenants without a label.
    rest: Series,
    limits: Words,
    shared: Shared,
}

impl Default for TenantMetrics {
    fn default() -> Self {
        Self::builder().build()
    }
}

impl TenantMetrics {
    /// Metrics to be.
    pub fn builder() -> TenantMetricsBuilder {
        TenantMetricsBuilder::new()
    }

    pub(crate) fn new(target: Target, clock: Clock, bound: Bound) -> Self {
        let state = State {
            labels: Labels::new(bound),
            rest: Series::default(),
            limits: Words::new(MOST_LIMITS),
            shared: Shared::default(),
        };
        Self(Arc::new(Inner {
            target,
            clock,
            keep: bound.idle_timeout.map(|timeout| timeout / 2),
            state: Mutex::new(state),
        }))
    }

    /// Takes the engine's gauges: what is in memory, queued, dropped. To be called before the exporter is read.
    ///
    /// One engine for each `TenantMetrics`: the gauges don't say whose they are.
    pub fn observe(&self, engine: &Engine) {
        let ask = self.ask();
        let state = &mut *self.0.state.lock();
        state.labels.read(ask.now);
        state.shared.engine(ask, engine);
        state.shared.labels(ask, &state.labels);
    }

    /// Records how long a request took that did not pass a gate; those that did are recorded by
    /// [`on_finish`](Hooks::on_finish).
    ///
    /// It counts towards who is busiest, and nothing else. `status` is `None` if no response was made.
    pub fn record_request(&self, tenant: &Tenant, status: Option<u16>, duration: Duration) {
        let class = StatusClass::of(status);
        self.decided(tenant.id(), |tally, _| tally.duration(class, duration));
    }

    fn ask(&self) -> Asking<'_> {
        Asking {
            target: &self.0.target,
            now: self.0.clock.now(),
            keep: self.0.keep,
        }
    }

    /// Counts for a tenant that was decided on, which may earn it a label.
    fn decided(&self, tenant: &TenantId, count: impl FnOnce(&mut Tally<'_>, &mut Words)) {
        let ask = self.ask();
        let state = &mut *self.0.state.lock();
        let own = state.labels.decided(tenant, ask.now);
        let mut tally = tally(own, &mut state.rest, tenant, ask);
        count(&mut tally, &mut state.limits);
    }

    /// Counts for a tenant as it stands.
    fn told(&self, tenant: &TenantId, count: impl FnOnce(&mut Tally<'_>)) {
        let ask = self.ask();
        let state = &mut *self.0.state.lock();
        let own = state.labels.of(tenant);
        count(&mut tally(own, &mut state.rest, tenant, ask));
    }
}

fn tally<'a>(
    own: Option<&'a mut Series>,
    rest: &'a mut Series,
    tenant: &'a TenantId,
    ask: Asking<'a>,
) -> Tally<'a> {
    let (series, tenant) = own.map_or((rest, OTHER), |own| (own, tenant.as_str()));
    Tally {
        series,
        tenant,
        ask,
    }
}

impl Hooks for TenantMetrics {
    /// Counts who was refused before any limit was asked. Such a tenant may be nobody: it gets no label.
    fn on_resolve(&self, event: &ResolveEvent) {
        let ask = self.ask();
        let state = &mut *self.0.state.lock();
        match (event.refused, &event.tenant) {
            (Some(code), _) => state.shared.refusal(ask, code),
            (None, None) => state.shared.anonymous(ask),
            // Counted when it is decided.
            (None, Some(_)) => {}
        }
    }

    fn on_policy(&self, event: &PolicyEvent) {
        if !event.allowed {
            self.decided(&event.tenant, |tally, _| tally.decision(Outcome::Policy));
        }
    }

    fn on_quota(&self, event: &QuotaEvent) {
        if event.error.is_some() {
            // Nobody could tell whether there is such a tenant. Told as a refusal, too, and counted there.
            return;
        }
        let outcome = Outcome::of(event);
        if outcome == Outcome::Removed {
            // There is no such tenant any more: not the time to give it a label.
            self.told(&event.tenant, |tally| tally.decision(outcome));
            return;
        }
        self.decided(&event.tenant, |tally, limits| {
            tally.decision(outcome);
            if outcome.is_a_limit_s() {
                // A limit of a plan that is no longer in force has no name.
                let limit = limits.number(event.binding.as_deref().unwrap_or(OTHER));
                tally.denial(limit, limits.label(limit));
            }
            if event.allowed
                && let Some(tokens) = event.cost.named_amount(&Dimension::Tokens)
            {
                tally.reserved(tokens);
            }
        });
    }

    fn on_settle(&self, event: &SettleEvent) {
        let settled = event.actual.named_amount(&Dimension::Tokens);
        // What is not named stays as it was reserved.
        let settled = settled.or_else(|| event.reserved.named_amount(&Dimension::Tokens));
        let ask = self.ask();
        let state = &mut *self.0.state.lock();
        state.shared.settlement(ask, event.by_default);
        if let Some(tokens) = settled {
            let own = state.labels.of(&event.tenant);
            tally(own, &mut state.rest, &event.tenant, ask).settled(tokens);
        }
    }

    fn on_finish(&self, event: &FinishEvent) {
        let class = StatusClass::of(event.status);
        self.told(&event.tenant, |tally| {
            tally.duration(class, event.duration);
            if !event.complete {
                tally.broken_off();
            }
        });
    }
}
