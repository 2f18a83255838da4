//! `GET /metrics`: what happened at the gate, tenant by tenant, as Prometheus reads it.

use std::error::Error;
use std::time::Duration;

use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tollgate::Engine;
use tollgate_metrics::{TenantMetrics, names};

/// How often the exporter sorts recorded durations into its buckets; it keeps each one until then.
const UPKEEP: Duration = Duration::from_secs(5);

/// The metrics, and the exporter that they go to.
#[derive(Debug, Clone)]
pub(crate) struct Metrics {
    tenants: TenantMetrics,
    exporter: PrometheusHandle,
}

impl Metrics {
    pub(crate) fn new() -> Result<Self, Box<dyn Error>> {
        let duration = Matcher::Full(names::DURATION.to_owned());
        let builder = PrometheusBuilder::new();
        let builder = builder.set_buckets_for_metric(duration, &names::DURATION_BUCKETS)?;
        // For metrics of the service's own it would be installed for the process: install_recorder.
        let recorder = builder.build_recorder();
        Ok(Self {
            exporter: recorder.handle(),
            tenants: TenantMetrics::builder().recorder(recorder).build(),
        })
    }

    /// What the engine is to tell of every request.
    pub(crate) fn hooks(&self) -> TenantMetrics {
        self.tenants.clone()
    }

    /// Never ends.
    pub(crate) async fn upkeep(self) {
        let mut every = tokio::time::interval(UPKEEP);
        loop {
            every.tick().await;
            self.exporter.run_upkeep();
        }
    }

    /// The page that Prometheus scrapes.
    pub(crate) fn page(&self, engine: &Engine) -> impl IntoResponse + use<> {
        self.tenants.observe(engine);
        let text = [(CONTENT_TYPE, "text/plain; version=0.0.4")];
        (text, self.exporter.render())
    }
}
