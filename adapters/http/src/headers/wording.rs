//! What `RateLimit-Policy` and `RateLimit` say of a plan's limits, as far as only the plan decides.

use tollgate::{Algorithm, Dimension, Limit, Plan};

use super::ietf::MOST_LISTED;
use super::sink::Constant;
use super::write::{Writer, seconds_up};

/// The words for every limit of a plan; kept with the plan, for they cost more to write than to send.
pub(super) struct Wording {
    pub(super) units: bool,
    /// `RateLimit-Policy` of a request that meets every limit.
    pub(super) policy: Constant,
    /// In the plan's order.
    pub(super) limits: Box<[Words]>,
}

/// The words for one limit.
pub(super) struct Words {
    /// Its item of `RateLimit-Policy`: `"burst";q=100;w=60`.
    pub(super) policy: Box<str>,
    /// How its item of `RateLimit` begins: `"burst";r=`.
    pub(super) state: Box<str>,
}

impl Wording {
    pub(super) fn of(plan: &Plan, units: bool) -> Self {
        let mut text = Writer::new();
        let words = |limit| Words::of(limit, units, &mut text);
        let limits: Box<[_]> = plan.limits().iter().map(words).collect();
        text.clear();
        for words in limits.iter().take(MOST_LISTED) {
            text.item().raw(&words.policy);
        }
        Self {
            units,
            policy: Constant::new(text.as_str()),
            limits,
        }
    }
}

impl Words {
    fn of(limit: &Limit, units: bool, text: &mut Writer) -> Self {
        text.clear().string(limit.name()).raw(";r=");
        let state = text.as_str().into();
        text.clear().string(limit.name());
        text.raw(";q=").integer(limit.capacity());
        if let Some(unit) = unit(limit, units) {
            text.raw(";qu=").string(unit);
        }
        if let Some(window) = window_seconds(limit) {
            text.raw(";w=").integer(window);
        }
        let policy = text.as_str().into();
        Self { policy, state }
    }
}

/// The unit to state: none for requests, for they are the default.
///
/// `concurrent-requests` is registered. Other dimensions have no registered unit, so that their own
/// name is sent only if the user wants it.
fn unit(limit: &Limit, units: bool) -> Option<&str> {
    match (limit.algorithm(), limit.dimension()) {
        (Algorithm::Concurrency, Dimension::Requests) => Some("concurrent-requests"),
        (_, Dimension::Requests) => None,
        (_, dimension) => units.then_some(dimension.as_str()),
    }
}

/// The window in whole seconds, rounded up (so never 0), if it has a constant length.
fn window_seconds(limit: &Limit) -> Option<u64> {
    limit.window().map(seconds_up)
}
