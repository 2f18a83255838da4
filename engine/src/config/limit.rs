//! The serde form of one limit, and constructors for limits written in code.

use std::fmt;
use std::time::Duration;

use serde::{Serialize, Serializer};

use crate::dimension::Dimension;
use crate::plan::{Compact, Period};

/// One limit of a tenant, as a config writes it.
///
/// Nothing is checked before [`TenantConfig::compile`](crate::TenantConfig::compile), which
/// reports every problem with its bound.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use tollgate::{Dimension, LimitConfig, Period};
///
/// let second = Duration::from_secs(1);
/// let limits = [
///     LimitConfig::sliding("burst", Dimension::Requests, 20, second).sub_windows(10),
///     LimitConfig::bucket("steady", Dimension::Requests, 10, second, 20),
///     LimitConfig::calendar("day-tokens", Dimension::Tokens, 1_000_000, Period::Day),
///     LimitConfig::concurrency("in-flight", Dimension::Requests, 8),
/// ];
/// # assert_eq!(limits.len(), 4);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct LimitConfig {
    /// The name: 1–64 bytes of printable ASCII without `"` and `\`, unique within the tenant.
    pub name: String,
    /// What it counts.
    pub dimension: Dimension,
    /// How much fits in one window, or how much may be in use at once: 1 to 2^53 − 1.
    pub capacity: u64,
    /// Over what time; a must for every algorithm but concurrency, which has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
    /// How it counts. Default: sliding.
    pub algorithm: AlgorithmKind,
    /// Into how many parts a sliding window is split: 1 to 120. Default: 30.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sub_windows: Option<u16>,
    /// The most that a bucket holds: 1 to 2^53 − 1. Default: the capacity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub burst: Option<u64>,
    /// Which requests it is for. Default: all.
    #[serde(rename = "match", skip_serializing_if = "Option::is_none")]
    pub matches: Option<MatchConfig>,
    /// What happens to a request above it. Default: it is denied.
    #[serde(skip_serializing_if = "Enforcement::is_default")]
    pub enforcement: Enforcement,
    /// Whether its usage outlives the process, in the engine's [origin](crate::Origin), and is shared with all that have
    /// the same origin. For calendar limits that are enforced. Default: no.
    #[serde(skip_serializing_if = "is_false")]
    pub durable: bool,
    /// Whether all nodes of the engine's [store of shared limits](crate::EngineBuilder::shared) have it together. Default:
    /// if there is such a store, and the limit is none that can't be shared (durable, shadow, a bucket whose burst is refilled
    /// within 25 ms).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shared: Option<bool>,
}

impl LimitConfig {
    /// At most `capacity` in every interval as long as `window`.
    #[must_use]
    pub fn sliding(
        name: impl Into<String>,
        dimension: Dimension,
        capacity: u64,
        window: Duration,
    ) -> Self {
        let window = Some(Window::Duration(window));
        Self {
            window,
            ..Self::plain(name.into(), dimension, capacity, AlgorithmKind::Sliding)
        }
    }

    /// A level that refills steadily, by `capacity` a `window`, up to `burst`.
    #[must_use]
    pub fn bucket(
        name: impl Into<String>,
        dimension: Dimension,
        capacity: u64,
        window: Duration,
        burst: u64,
    ) -> Self {
        let window = Some(Window::Duration(window));
        let plain = Self::plain(name.into(), dimension, capacity, AlgorithmKind::Bucket);
        Self {
            window,
            burst: Some(burst),
            ..plain
        }
    }

    /// At most `capacity` in each `period` of the UTC calendar.
    #[must_use]
    pub fn calendar(
        name: impl Into<String>,
        dimension: Dimension,
        capacity: u64,
        period: Period,
    ) -> Self {
        let window = Some(Window::Period(period));
        Self {
            window,
            ..Self::plain(name.into(), dimension, capacity, AlgorithmKind::Calendar)
        }
    }

    /// At most `capacity` in use at once.
    #[must_use]
    pub fn concurrency(name: impl Into<String>, dimension: Dimension, capacity: u64) -> Self {
        Self::plain(name.into(), dimension, capacity, AlgorithmKind::Concurrency)
    }

    /// The same limit, for these requests only.
    #[must_use]
    pub fn only_for(mut self, matches: MatchConfig) -> Self {
        self.matches = Some(matches);
        self
    }

    /// The same limit, as a shadow: it denies nothing and tells what it would have denied.
    #[must_use]
    pub fn shadow(mut self) -> Self {
        self.enforcement = Enforcement::Shadow;
        self
    }

    /// The same limit, with its usage in the engine's [origin](crate::Origin): for calendar limits.
    #[must_use]
    pub fn durable(mut self) -> Self {
        self.durable = true;
        self
    }

    /// The same limit, whose nodes have it together, or each for itself; see [`shared`](Self::shared).
    #[must_use]
    pub fn shared(mut self, shared: bool) -> Self {
        self.shared = Some(shared);
        self
    }

    /// Splits a sliding window into `parts`, 1 to 120. Default: 30.
    ///
    /// Of the capacity, `parts / (parts + 1)` can be used in the long run; more parts cost memory.
    #[must_use]
    pub fn sub_windows(mut self, parts: u16) -> Self {
        self.sub_windows = Some(parts);
        self
    }

    fn plain(name: String, dimension: Dimension, capacity: u64, algorithm: AlgorithmKind) -> Self {
        Self {
            name,
            dimension,
            capacity,
            window: None,
            algorithm,
            sub_windows: None,
            burst: None,
            matches: None,
            enforcement: Enforcement::Enforce,
            durable: false,
            shared: None,
        }
    }
}

/// The time that a limit speaks of. Written as text: `"1500ms"`, `"60s"`, `"7d"`, `"month"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    /// A length of time, for sliding windows and buckets: 1 ms to 400 days.
    Duration(Duration),
    /// A period of the UTC calendar, for calendar limits.
    Period(Period),
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Duration(duration) => Compact(*duration).fmt(f),
            Self::Period(period) => period.fmt(f),
        }
    }
}

impl Serialize for Window {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

/// Which algorithm counts, as a config names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum AlgorithmKind {
    /// See [`Algorithm::Sliding`](crate::Algorithm::Sliding).
    #[default]
    Sliding,
    /// See [`Algorithm::Bucket`](crate::Algorithm::Bucket).
    Bucket,
    /// See [`Algorithm::Calendar`](crate::Algorithm::Calendar).
    Calendar,
    /// See [`Algorithm::Concurrency`](crate::Algorithm::Concurrency).
    Concurrency,
}

impl AlgorithmKind {
    pub(super) const ALL: [Self; 4] = [
        Self::Sliding,
        Self::Bucket,
        Self::Calendar,
        Self::Concurrency,
    ];

    /// The word for it, as configs write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sliding => "sliding",
            Self::Bucket => "bucket",
            Self::Calendar => "calendar",
            Self::Concurrency => "concurrency",
        }
    }
}

/// What happens to a request above a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Enforcement {
    /// It is denied.
    #[default]
    Enforce,
    /// It is only reported. Read and kept, but not supported yet.
    Shadow,
}

impl Enforcement {
    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde calls it with a reference"
    )]
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde calls it with a reference"
)]
fn is_false(value: &bool) -> bool {
    !*value
}

/// Which requests a limit is for. An empty list means any. Read and kept, but not supported yet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct MatchConfig {
    /// Models, by name or as `prefix*`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub models: Vec<String>,
    /// Tools, by name or as `prefix*`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<String>,
    /// Routes, as a path or as `/prefix/*`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub routes: Vec<String>,
}
