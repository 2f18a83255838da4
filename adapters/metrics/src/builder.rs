//! Setting up the metrics: how many tenants by name, where they go, and whether that place forgets.

use std::sync::Arc;
use std::time::Duration;

use metrics::Recorder;
use tollgate::Clock;

use crate::labels::Bound;
use crate::names;
use crate::recorder::Target;
use crate::tenant_metrics::TenantMetrics;

/// Sets up [`TenantMetrics`]; made by [`TenantMetrics::builder`].
///
/// # Examples
/// ```
/// use std::time::Duration;
///
/// use tollgate_metrics::TenantMetrics;
///
/// let metrics = TenantMetrics::builder()
///     .busiest(50)
///     .idle_timeout(Duration::from_secs(600)) // as the exporter's own
///     .build();
/// # drop(metrics);
/// ```
#[derive(Debug)]
#[must_use = "a builder does nothing until it is built"]
pub struct TenantMetricsBuilder {
    busiest: usize,
    most_labels: Option<usize>,
    period: Duration,
    idle_timeout: Option<Duration>,
    target: Target,
    clock: Option<Clock>,
}

impl TenantMetricsBuilder {
    pub(crate) fn new() -> Self {
        Self {
            busiest: 100,
            most_labels: None,
            period: Duration::from_secs(600),
            idle_timeout: None,
            target: Target::InPlace,
            clock: None,
        }
    }

    /// How many tenants have a label of their own at a time. The default is 100; 0 counts all of them under `other`.
    pub fn busiest(mut self, tenants: usize) -> Self {
        self.busiest = tenants;
        self
    }

    /// How many tenants' labels the exporter may know at most. The default is twice [`busiest`](Self::busiest); less
    /// than that bounds those too.
    ///
    /// A tenant that loses its label leaves its series behind. Without an [`idle_timeout`](Self::idle_timeout)
    /// they stay for ever, so this is how many tenants ever get a label while the process lives: when they are
    /// all given out, labels go back and forth between those tenants alone, and
    /// [`tollgate_tenant_labels_withheld_total`](names::LABELS_WITHHELD) grows.
    pub fn most_labels(mut self, tenants: usize) -> Self {
        self.most_labels = Some(tenants);
        self
    }

    /// How often labels are handed on to who is busier now; all counts halve then, so that a request counts half as
    /// much as one of the next period. The default is 10 minutes.
    pub fn period(mut self, period: Duration) -> Self {
        self.period = period;
        self
    }

    /// For how long the exporter keeps a series that nobody writes to: exactly what it was told itself. The default is
    /// `None`: for ever.
    ///
    /// An exporter that forgets and is not named here loses counts: it cuts off the handles that are kept for each
    /// series. One that is has labels to give out again. A label is taken to be forgotten when
    /// [`observe`](TenantMetrics::observe) was called three times while its tenant was silent, the second time more
    /// than two timeouts after the first; so call it before each reading, and only then.
    pub fn idle_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.idle_timeout = timeout.into();
        self
    }

    /// Where the metrics go. The default is the recorder that is in place when a series is first written to
    /// ([`metrics::set_global_recorder`]): install it first, or what comes before it is lost.
    pub fn recorder(mut self, recorder: impl Recorder + Send + Sync + 'static) -> Self {
        self.target = Target::Given(Arc::new(recorder));
        self
    }

    /// The clock that periods are measured by. The default is [`Clock::coarse`].
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Builds them, and [describes](names::describe) all metrics to the recorder.
    pub fn build(self) -> TenantMetrics {
        self.target.with(names::describe);
        let most_labels = self.most_labels.unwrap_or(self.busiest.saturating_mul(2));
        let bound = Bound {
            held: self.busiest,
            issued: most_labels,
            period: self.period,
            idle_timeout: self.idle_timeout,
        };
        TenantMetrics::new(self.target, self.clock.unwrap_or_default(), bound)
    }
}
