//! `GET /metrics`: what the gate does, in Prometheus' text, on an address of its own since it names the tenants.

use std::error::Error;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tokio::net::TcpListener;
use tollgate::Engine;
use tollgate_metrics::{TenantMetrics, names};

/// How often the exporter puts its durations into their buckets.
const UPKEEP: Duration = Duration::from_secs(5);

/// What is counted, and how it is told.
pub(crate) struct Metrics {
    tenants: TenantMetrics,
    prometheus: PrometheusHandle,
}

impl Metrics {
    pub(crate) fn new() -> Result<Self, Box<dyn Error>> {
        let durations = Matcher::Full(names::DURATION.to_owned());
        let builder = PrometheusBuilder::new();
        let builder = builder.set_buckets_for_metric(durations, &names::DURATION_BUCKETS)?;
        let recorder = builder.build_recorder();
        let prometheus = recorder.handle();
        let tenants = TenantMetrics::builder().recorder(recorder).build();
        Ok(Self {
            tenants,
            prometheus,
        })
    }

    /// The hooks of the engine that is measured.
    pub(crate) fn hooks(&self) -> TenantMetrics {
        self.tenants.clone()
    }

    /// Has the exporter put durations into their buckets for as long as it is polled, be they asked for or not: it
    /// keeps each one until then.
    pub(crate) fn upkeep(&self) -> impl Future<Output = ()> + use<> {
        let prometheus = self.prometheus.clone();
        async move {
            let mut times = tokio::time::interval(UPKEEP);
            loop {
                times.tick().await;
                prometheus.run_upkeep();
            }
        }
    }

    /// Serves them in the background.
    ///
    /// # Errors
    /// The address can't be listened on.
    pub(crate) async fn serve(self, address: SocketAddr, engine: Engine) -> Result<(), String> {
        let listener = TcpListener::bind(address).await;
        let listener = listener.map_err(|error| format!("can't listen on {address}: {error}"))?;
        let address = listener.local_addr().map_err(|error| error.to_string())?;
        tracing::info!("metrics are at http://{address}/metrics");
        let show = get(move || async move {
            self.tenants.observe(&engine);
            self.prometheus.render()
        });
        let app = Router::new().route("/metrics", show);
        tokio::spawn(async move { axum::serve(listener, app).await });
        Ok(())
    }
}
