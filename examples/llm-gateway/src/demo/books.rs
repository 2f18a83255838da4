//! Who says what happened: the fake upstream, which knows, and the gate, which was told.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;
use tollgate::{Dimension, FinishEvent, Hooks, QuotaEvent, SettleEvent};

/// Counters, all from the start of the program.
#[derive(Debug, Default)]
pub(super) struct Books {
    pub(super) upstream: Upstream,
    gate: Gate,
}

/// What the upstream has done.
#[derive(Debug, Default, Serialize)]
pub(super) struct Upstream {
    /// Requests that came in.
    pub(super) requests: Count,
    /// Tokens of the prompts of answers that were sent whole.
    pub(super) prompt_tokens: Count,
    /// Tokens of the answers that were sent whole.
    pub(super) completion_tokens: Count,
    /// Streams that nobody read to their end.
    pub(super) broken_off: Count,
}

/// What the gate has told its hooks.
#[derive(Debug, Default, Serialize)]
struct Gate {
    admitted: Count,
    denied: Count,
    settled: Count,
    /// Of those that were settled, how many by the drop rule.
    settled_by_default: Count,
    finished: Count,
    /// Tokens that were charged in the end.
    tokens: Count,
}

/// A number that only grows. Relaxed: a figure for people.
#[derive(Debug, Default)]
pub(super) struct Count(AtomicU64);

impl Count {
    pub(super) fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }
}

impl Serialize for Count {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u64(self.0.load(Ordering::Relaxed))
    }
}

impl Books {
    pub(super) fn read(&self) -> serde_json::Value {
        serde_json::json!({"upstream": self.upstream, "gate": self.gate})
    }
}

/// Writes down what the gate tells.
pub(super) struct Clerk(pub(super) Arc<Books>);

impl Hooks for Clerk {
    fn on_quota(&self, event: &QuotaEvent) {
        let gate = &self.0.gate;
        let count = if event.allowed {
            &gate.admitted
        } else {
            &gate.denied
        };
        count.add(1);
    }

    fn on_settle(&self, event: &SettleEvent) {
        let gate = &self.0.gate;
        gate.settled.add(1);
        gate.settled_by_default.add(event.by_default.into());
        let actual = event.actual.named_amount(&Dimension::Tokens);
        gate.tokens
            .add(actual.unwrap_or_else(|| event.reserved.get(&Dimension::Tokens)));
    }

    fn on_finish(&self, _: &FinishEvent) {
        self.0.gate.finished.add(1);
    }
}
