//! A statement that is safe to run for one tenant.

use std::sync::Arc;

/// What a statement became: its text, and what to bind to it.
///
/// It holds no tenant: one serves all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scoped {
    pub(crate) sql: Arc<str>,
    pub(crate) binds: Box<[Bind]>,
    pub(crate) kind: Kind,
}

impl Scoped {
    /// The text to run.
    pub fn sql(&self) -> &Arc<str> {
        &self.sql
    }

    /// What to bind, in bind order.
    ///
    /// The caller's values come in their own order, each once: `Caller(1)`, `Caller(2)`, … with the tenant's id before,
    /// between and behind them as often as the text has a place for it (PostgreSQL and SQLite: once, behind them).
    pub fn binds(&self) -> &[Bind] {
        &self.binds
    }

    /// How many values the caller has to give.
    pub fn callers(&self) -> usize {
        self.binds
            .iter()
            .filter(|bind| matches!(bind, Bind::Caller(_)))
            .count()
    }

    /// What it does.
    pub fn kind(&self) -> Kind {
        self.kind
    }
}

/// One value to bind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Bind {
    /// The caller's n-th value, from 1.
    Caller(usize),
    /// The tenant's id.
    Tenant,
}

/// What a statement does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// It reads, and changes nothing.
    Read,
    /// It writes, with or without rows to return: also a SELECT with a CTE that writes.
    Write,
}
