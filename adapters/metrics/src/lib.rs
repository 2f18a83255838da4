//! Metrics of what the gate does, tenant by tenant, through the [`metrics`] facade: to Prometheus, or wherever else a
//! recorder sends them.
//!
//! [`TenantMetrics`] are [`Hooks`](tollgate::Hooks): the engine's events actor calls them, off the request's path. All
//! names, with units and help, are in [`names`].
//!
//! **The series are bounded.** Only the [busiest](TenantMetricsBuilder::busiest) tenants have series of their own; the
//! rest are summed under `tenant="other"`, so that the sum over `tenant` is the sum over all tenants, whoever has a
//! label when. Who is busy a heavy-hitter sketch says, of fixed size. Exporters forget no series, or only after a
//! silence, so a tenant that loses its label to another leaves its series behind; therefore the labels that were ever
//! [given out](TenantMetricsBuilder::most_labels) are bounded too. Ids that no config source knows never get one.
//!
//! **Shared limits.** Of an engine that shares limits through a store, [`observe`](TenantMetrics::observe) also exports how that goes:
//! the series `tollgate_shared_…`, each of the process and of no tenant. Which of them deserve an alert says
//! [the engine's guide](tollgate::guide#watching-shared-limits).
//!
//! # Limits
//! * What happens is counted when the events actor comes to it, shortly after. An event that is
//!   [dropped](names::EVENTS_DROPPED) is counted nowhere else.
//! * A tenant whose id is `other` is always one of the rest.
//! * `metrics-exporter-prometheus` keeps each recorded duration until it is rendered or its `run_upkeep` is called: do
//!   the latter every few seconds. Without [buckets](names::DURATION_BUCKETS) it renders a summary.
//!
//! # Examples
//! ```
//! use metrics_exporter_prometheus::{Matcher, PrometheusBuilder};
//! use tollgate::{Engine, InMemorySource, TenantConfig};
//! use tollgate_metrics::{TenantMetrics, names};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let recorder = PrometheusBuilder::new()
//!     .set_buckets_for_metric(Matcher::Full(names::DURATION.into()), &names::DURATION_BUCKETS)?
//!     .build_recorder();
//! let prometheus = recorder.handle();
//! let metrics = TenantMetrics::builder().recorder(recorder).build();
//!
//! let source = InMemorySource::new();
//! source.set(TenantConfig::new("acme".parse()?).requests_per_minute(100))?;
//! let engine = Engine::builder().source(source).hooks(metrics.clone()).build()?;
//! let upkeep = prometheus.clone();
//! tokio::spawn(async move {
//!     let mut times = tokio::time::interval(std::time::Duration::from_secs(5));
//!     loop {
//!         times.tick().await;
//!         upkeep.run_upkeep();
//!     }
//! });
//! // … put a gate on the engine before a service, and then, where /metrics is asked for:
//! metrics.observe(&engine);
//! let text = prometheus.render();
//! assert!(text.contains("tollgate_events_queue_capacity 8192"));
//! # Ok(())
//! # }
//! ```

mod bounded;
mod builder;
mod labels;
pub mod names;
mod recorder;
mod series;
mod shared;
mod sketch;
mod tenant_metrics;

pub use crate::builder::TenantMetricsBuilder;
pub use crate::tenant_metrics::TenantMetrics;
