//! What a usage costs.

use std::fmt;
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

    pub(crate) fn of(&self, usage: &TokenUsage) -> Cost {
        match &self.0 {
            Some(rule) => rule(usage),
            None => usage.cost(),
        }
    }
}

impl fmt::Debug for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Price")
    }
}
