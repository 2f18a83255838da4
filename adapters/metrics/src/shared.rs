//! The series that are no tenant's: refusals, settlements, and the engine's gauges.

use metrics::{Counter, Gauge, Key, Label, SharedString};
use tollgate::Engine;

use crate::bounded::Words;
use crate::labels::Labels;
use crate::names;
use crate::recorder::{Asking, ByLabel, Cached};
use crate::series::Series;

/// Handles of the series without a tenant.
#[derive(Debug)]
pub(crate) struct Shared {
    codes: Words,
    /// By the number of the code's label.
    refusals: ByLabel<usize, Counter>,
    anonymous: Cached<Counter>,
    settlements: ByLabel<bool, Counter>,
    gauges: ByLabel<&'static str, Gauge>,
    totals: ByLabel<&'static str, Counter>,
}

impl Default for Shared {
    fn default() -> Self {
        Self {
            codes: Words::new(names::MOST_CODES),
            refusals: ByLabel::default(),
            anonymous: Cached::default(),
            settlements: ByLabel::default(),
            gauges: ByLabel::default(),
            totals: ByLabel::default(),
        }
    }
}

impl Shared {
    pub(crate) fn refusal(&mut self, ask: Asking<'_>, code: &str) {
        let number = self.codes.number(code);
        let codes = &self.codes;
        let key = || labelled(names::REFUSALS, "code", codes.label(number));
        self.refusals
            .with(number, ask, key, |counter| counter.increment(1));
    }

    pub(crate) fn anonymous(&mut self, ask: Asking<'_>) {
        let key = || Key::from_static_name(names::ANONYMOUS);
        self.anonymous.get(ask, key).increment(1);
    }

    pub(crate) fn settlement(&mut self, ask: Asking<'_>, by_default: bool) {
        let by = if by_default { "default" } else { "caller" };
        let key = || labelled(names::SETTLEMENTS, "by", by);
        self.settlements
            .with(by_default, ask, key, |counter| counter.increment(1));
    }

    /// What the engine says of itself.
    pub(crate) fn engine(&mut self, ask: Asking<'_>, engine: &Engine) {
        self.gauge(ask, names::TENANTS_IN_MEMORY, engine.tenants_in_memory());
        self.gauge(ask, names::UNKNOWN_IDS, engine.unknown_ids_remembered());
        let Some(events) = engine.events() else {
            return;
        };
        self.gauge(ask, names::EVENTS_QUEUED, events.queued());
        if let Some(capacity) = events.capacity() {
            self.gauge(ask, names::EVENTS_CAPACITY, capacity);
        }
        self.total(ask, names::EVENTS_DROPPED, events.dropped());
        self.total(ask, names::HOOK_PANICS, events.panicked());
    }

    /// How many labels are out.
    pub(crate) fn labels(&mut self, ask: Asking<'_>, labels: &Labels<Series>) {
        self.gauge(ask, names::LABELS_HELD, labels.held());
        self.gauge(ask, names::LABELS_ISSUED, labels.issued());
        self.total(ask, names::LABELS_WITHHELD, labels.withheld());
    }

    fn gauge(&mut self, ask: Asking<'_>, name: &'static str, value: usize) {
        // 4 billion of whatever it is is more than fits in memory.
        let value = u32::try_from(value).unwrap_or(u32::MAX);
        let key = || Key::from_static_name(name);
        self.gauges.with(name, ask, key, |gauge| gauge.set(value));
    }

    fn total(&mut self, ask: Asking<'_>, name: &'static str, value: u64) {
        let key = || Key::from_static_name(name);
        self.totals
            .with(name, ask, key, |counter| counter.absolute(value));
    }
}

fn labelled(name: &'static str, label: &'static str, value: &str) -> Key {
    let value = SharedString::from(value.to_owned());
    Key::from_parts(name, vec![Label::new(label, value)])
}
