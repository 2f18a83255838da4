//! On which terms a request was admitted, and who hears of what becomes of it.

use std::time::Instant;

use tollgate::{Cost, Events, OnDrop, Scope, Tenant};
use tracing::Span;

use crate::events;
use crate::resolve::Source;

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
    /// Who watches it, if anybody does: boxed, so that nobody pays for it elsewhere.
    pub(crate) watch: Option<Box<Watch>>,
}

/// Who watches a request.
pub(crate) struct Watch {
    /// The hooks that hear of it.
    pub(crate) told: Option<Told>,
    /// What the handler's log lines are put under.
    pub(crate) span: Span,
}

/// The span of requests that nobody records.
static NO_SPAN: Span = Span::none();

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
pub(crate) struct OwnedScope(Option<Box<Names>>);

#[derive(Debug)]
struct Names {
    model: Option<Box<str>>,
    tool: Option<Box<str>>,
    route: Option<Box<str>>,
}

impl OwnedScope {
    pub(crate) fn of(conditional: bool, scope: &Scope<'_>) -> Self {
        if !conditional {
            return Self::default();
        }
        Self(Some(Box::new(Names {
            model: scope.model.map(Box::from),
            tool: scope.tool.map(Box::from),
            route: scope.route.map(Box::from),
        })))
    }

    pub(super) fn get(&self) -> Scope<'_> {
        self.0.as_ref().map_or_else(Scope::default, |names| Scope {
            model: names.model.as_deref(),
            tool: names.tool.as_deref(),
            route: names.route.as_deref(),
        })
    }
}

impl Terms {
    pub(super) fn span(&self) -> &Span {
        self.watch.as_ref().map_or(&NO_SPAN, |watch| &watch.span)
    }

    /// The span, if somebody records it.
    #[inline]
    pub(super) fn recorded_span(&self) -> Option<&Span> {
        let span = &self.watch.as_ref()?.span;
        (!span.is_disabled()).then_some(span)
    }

    fn told(&self) -> Option<&Told> {
        self.watch.as_ref()?.told.as_ref()
    }

    /// Tells the hooks, if there are any, that the charge has become `actual`.
    pub(super) fn settled(&self, actual: impl FnOnce() -> Cost, by_default: bool) {
        if let Some(Told { events, .. }) = self.told() {
            events::settled(events, self, actual(), by_default);
        }
    }

    /// Tells the hooks, if there are any, that the request has ended.
    pub(super) fn finished(&self, ending: Ending) {
        if let Some(Told { events, since }) = self.told() {
            events::finished(events, self, ending, since.elapsed());
        }
    }

    /// What a request has cost that ends before anyone has settled it.
    pub(super) fn dropped(&self) -> Cost {
        match self.on_drop {
            OnDrop::Keep => self.cost.clone(),
            OnDrop::Refund => self.nothing(),
        }
    }

    /// The cost of a request that was refunded: 0 of everything that was charged.
    pub(super) fn nothing(&self) -> Cost {
        let dimensions = self.cost.iter().map(|(dimension, _)| dimension.clone());
        dimensions.fold(Cost::none(), |nothing, dimension| nothing.and(dimension, 0))
    }
}
