//! The layer that puts a gate before a service.

use tollgate_http::Gate;
use tower_layer::Layer;

use crate::service::Tollgate;

/// Puts a [`Gate`] before a service; see the [crate's example](crate).
///
/// Routes with other demands get layers of their own, on gates that share one engine.
#[derive(Debug, Clone)]
pub struct TollgateLayer {
    gate: Gate,
}

impl TollgateLayer {
    /// A layer that asks this gate.
    pub fn new(gate: Gate) -> Self {
        Self { gate }
    }
}

impl<S> Layer<S> for TollgateLayer {
    type Service = Tollgate<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Tollgate::new(inner, self.gate.clone())
    }
}
