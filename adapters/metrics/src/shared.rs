//! The series that are no tenant's: refusals, settlements, and the engine's gauges.

use std::time::Duration;

use metrics::{Counter, Gauge, Key, Label, SharedString};
use tollgate::{Engine, Sharing};

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
    wishes: ByLabel<&'static str, Counter>,
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
            wishes: ByLabel::default(),
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
        if let Some(sharing) = engine.sharing() {
            self.sharing(ask, &sharing);
        }
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

    /// What it says of its calls of the store of shared limits.
    fn sharing(&mut self, ask: Asking<'_>, sharing: &Sharing) {
        for (name, value) in [
            (names::SHARED_CALLS, sharing.calls),
            (names::SHARED_CALLS_FAILED, sharing.calls_failed),
            (names::SHARED_GRANTED, sharing.units_granted),
            (names::SHARED_RETURNED, sharing.units_returned),
            (names::SHARED_BEYOND, sharing.units_beyond),
            (names::SHARED_LOSSES, sharing.store_losses),
            (names::SHARED_ROWS, sharing.rows_reported),
        ] {
            self.total(ask, name, value);
        }
        for (outcome, value) in [
            ("granted", sharing.wishes_granted),
            ("denied", sharing.wishes_denied),
        ] {
            let key = || labelled(names::SHARED_WISHES, "outcome", outcome);
            self.wishes
                .with(outcome, ask, key, |counter| counter.absolute(value));
        }
        self.gauge(ask, names::SHARED_UP, usize::from(sharing.store_answers));
        self.gauge(
            ask,
            names::SHARED_LISTENS,
            usize::from(sharing.store_listens),
        );
        self.gauge(ask, names::SHARED_DUE, sharing.tenants_due);
        self.set(ask, names::SHARED_HELD, float(sharing.units_held));
        self.seconds(ask, names::SHARED_ROUND_TRIP, sharing.last_round_trip);
        self.seconds(ask, names::SHARED_WIDEST, sharing.widest_round_trip);
        self.seconds(ask, names::SHARED_UNCERTAINTY, sharing.clock_uncertainty);
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
        self.set(ask, name, f64::from(value));
    }

    fn seconds(&mut self, ask: Asking<'_>, name: &'static str, value: Option<Duration>) {
        if let Some(value) = value {
            self.set(ask, name, value.as_secs_f64());
        }
    }

    fn set(&mut self, ask: Asking<'_>, name: &'static str, value: f64) {
        let key = || Key::from_static_name(name);
        self.gauges.with(name, ask, key, |gauge| gauge.set(value));
    }

    fn total(&mut self, ask: Asking<'_>, name: &'static str, value: u64) {
        let key = || Key::from_static_name(name);
        self.totals
            .with(name, ask, key, |counter| counter.absolute(value));
    }
}

/// As near as a double comes: exact below 2⁵³.
fn float(value: u64) -> f64 {
    const HALF: u64 = 1 << 32;
    let part = |half: u64| u32::try_from(half).map_or(f64::from(u32::MAX), f64::from);
    part(value / HALF).mul_add(4_294_967_296.0, part(value % HALF))
}

fn labelled(name: &'static str, label: &'static str, value: &str) -> Key {
    let value = SharedString::from(value.to_owned());
    Key::from_parts(name, vec![Label::new(label, value)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_double_says_what_the_number_said() {
        for value in [0, 1, 4_294_967_295, 4_294_967_296, (1 << 53) - 1] {
            assert_eq!(format!("{:.0}", float(value)), value.to_string());
        }
    }
}
