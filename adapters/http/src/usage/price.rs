//! What a usage costs.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use tollgate::Cost;

use super::tokens::TokenUsage;

/// A rule that tells what a usage costs; by custom [`TokenUsage::cost`].
#[derive(Clone, Default)]
pub(crate) struct Price(Option<Arc<Rule>>);

type Rule = dyn Fn(&TokenUsage) -> Cost + Send + Sync;

impl Price {
    pub(crate) fn new(rule: impl Fn(&TokenUsage) -> Cost + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(rule)))
    }

    /// What it costs; `None` if the rule panics.
    ///
    /// It is asked while a body is dropped, where a panic would keep the request from ending, or end the process.
    pub(crate) fn of(&self, usage: &TokenUsage) -> Option<Cost> {
        let Some(rule) = &self.0 else {
            return Some(usage.cost());
        };
        let cost = catch_unwind(AssertUnwindSafe(|| rule(usage))).ok();
        if cost.is_none() {
            tracing::error!(?usage, "the price of a usage panicked");
        }
        cost
    }
}

impl fmt::Debug for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Price")
    }
}
