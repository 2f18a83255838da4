//! The main job: a multi-tenant HTTP service with quotas and policies.
//!
//! ```sh
//! cargo run --release -p multi-tenant-saas
//! curl -i -H "X-Tenant-ID: acme-corp" http://localhost:8080/api/data
//! ```
//!
//! `TOLLGATE_ADDR` sets another address than 127.0.0.1:8080. Ctrl-C ends it when the requests under
//! way are done.

mod denials;
mod routes;
mod tenants;

use std::error::Error;
use std::net::SocketAddr;

use tokio::net::TcpListener;
use tollgate::Engine;
use tollgate_tower::Gate;

use crate::denials::DenialLog;

const DEFAULT_ADDR: &str = "127.0.0.1:8080";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().with_target(false).init();

    let engine = Engine::builder()
        .source(tenants::source()?)
        .hooks(DenialLog::default())
        .build()?;
    let gate = Gate::builder(engine.clone())
        .header_name("X-Tenant-ID")
        .tokens_from_header("X-Token-Count")
        .build()?;

    let listener = listen().await?;
    tracing::info!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, routes::app(gate))
        .with_graceful_shutdown(asked_to_stop())
        .await?;
    engine.shutdown().await;
    tracing::info!("stopped");
    Ok(())
}

async fn listen() -> Result<TcpListener, Box<dyn Error>> {
    let addr = std::env::var("TOLLGATE_ADDR").unwrap_or_else(|_| DEFAULT_ADDR.to_owned());
    let parsed: SocketAddr = addr.parse().map_err(|error| {
        format!(
            "TOLLGATE_ADDR {addr:?}: {error}; it must be an address and a port like {DEFAULT_ADDR}"
        )
    })?;
    let listener = TcpListener::bind(parsed).await;
    listener.map_err(|error| format!("can't listen on {parsed}: {error}").into())
}

/// Ends on Ctrl-C, or when a supervisor asks with SIGTERM.
async fn asked_to_stop() {
    let ctrl_c = async {
        if let Err(error) = tokio::signal::ctrl_c().await {
            tracing::error!(%error, "Ctrl-C can't be heard");
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        () = ctrl_c => {}
        () = terminated() => {}
    }
    tracing::info!("stopping");
}

#[cfg(unix)]
async fn terminated() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            terminate.recv().await;
        }
        Err(error) => {
            tracing::error!(%error, "SIGTERM can't be heard");
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(not(unix))]
async fn terminated() {
    std::future::pending::<()>().await;
}
