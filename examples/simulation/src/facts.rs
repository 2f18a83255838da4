//! What a caller of the engine knows, in plain words: all that the auditor is ever told.

use std::fmt;

/// What is counted in this world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dim {
    Requests,
    Tokens,
    /// A dimension of the user's own.
    Bytes,
}

impl Dim {
    pub(crate) const ALL: [Self; 3] = [Self::Requests, Self::Tokens, Self::Bytes];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Requests => "requests",
            Self::Tokens => "tokens",
            Self::Bytes => "bytes",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dim| dim.name() == name)
    }
}

/// What a cost says of each dimension; `None` where it does not name it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Amounts(pub(crate) [Option<u64>; 3]);

impl Amounts {
    fn place(dim: Dim) -> usize {
        match dim {
            Dim::Requests => 0,
            Dim::Tokens => 1,
            Dim::Bytes => 2,
        }
    }

    pub(crate) fn named(&self, dim: Dim) -> Option<u64> {
        self.0[Self::place(dim)]
    }

    pub(crate) fn get(&self, dim: Dim) -> u64 {
        self.named(dim).unwrap_or(0)
    }

    pub(crate) fn set(&mut self, dim: Dim, amount: u64) {
        self.0[Self::place(dim)] = Some(amount);
    }

    /// The same dimensions, each changed so.
    pub(crate) fn map(&self, change: impl Fn(u64) -> u64) -> Self {
        Self(self.0.map(|amount| amount.map(&change)))
    }
}

/// What a request is about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct About {
    pub(crate) model: Option<&'static str>,
    pub(crate) tool: Option<&'static str>,
    pub(crate) route: Option<&'static str>,
}

/// A question: who asked for what, when.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked {
    pub(crate) tenant: usize,
    /// What the clock read, in nanoseconds.
    pub(crate) at: u64,
    pub(crate) about: About,
    pub(crate) cost: Amounts,
    /// The answer that an earlier denial promised for this instant, if it did.
    pub(crate) promised: Option<Answer>,
    /// Whether nothing else happened to the tenant meanwhile.
    pub(crate) alone: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    Admitted,
    Denied,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    Quota,
    InUse,
    Never,
    Suspended,
    Removed,
    /// A reason that nobody here can have been given.
    Other,
}

/// A no, as the caller was given it.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    pub(crate) why: Why,
    pub(crate) retry_at: Option<u64>,
    /// In nanoseconds.
    pub(crate) retry_after: Option<u64>,
    /// The limit that it names.
    pub(crate) limit: Option<String>,
}

/// How full a limit was said to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) limit: String,
    pub(crate) used: u64,
    pub(crate) remaining: u64,
    /// Nanoseconds until all of it can be spent again; `None` for concurrency.
    pub(crate) full_in: Option<u64>,
}

/// A promise that was not kept: whose, which limit's, in which interval, by how much.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Violation {
    pub(crate) promise: &'static str,
    pub(crate) tenant: usize,
    pub(crate) limit: Option<String>,
    pub(crate) at: u64,
    pub(crate) what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: tenant t{}", self.promise, self.tenant)?;
        if let Some(limit) = &self.limit {
            write!(f, ", limit {limit}")?;
        }
        write!(f, ", at {} ns: {}", self.at, self.what)
    }
}
