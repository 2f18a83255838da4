//! What a response's status says of the charge.

use std::fmt;
use std::sync::Arc;

/// What becomes of a request's charge by its response's status, see
/// [`on_outcome`](crate::GateBuilder::on_outcome).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Charge {
    /// The status says nothing: the handler, the response's body, or the drop rule decide.
    #[default]
    Open,
    /// The estimate is what it cost.
    Keep,
    /// It cost nothing.
    Refund,
}

/// A rule that tells the charge by the status.
#[derive(Clone)]
pub(crate) struct OutcomeRule(Arc<dyn Fn(u16) -> Charge + Send + Sync>);

impl OutcomeRule {
    pub(crate) fn new(rule: impl Fn(u16) -> Charge + Send + Sync + 'static) -> Self {
        Self(Arc::new(rule))
    }

    pub(crate) fn of(&self, status: u16) -> Charge {
        (self.0)(status)
    }
}

impl fmt::Debug for OutcomeRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OutcomeRule")
    }
}
