//! A multi-tenant HTTP service on hyper alone: what `multi-tenant-saas` serves, without tower.
//!
//! ```sh
//! cargo run --release -p hyper-saas
//! curl -i -H "X-Tenant-ID: acme-corp" http://localhost:8080/api/data
//! ```
//!
//! `TOLLGATE_ADDR` sets another address than 127.0.0.1:8080. Ctrl-C ends it when the requests under
//! way are done.

mod routes;
mod serve;
mod stop;
mod tenants;

use std::error::Error;
use std::io::IsTerminal;
use std::net::SocketAddr;
use std::process::ExitCode;

use tokio::net::TcpListener;
use tollgate::Engine;
use tollgate_hyper::Gate;

use crate::stop::Asked;

const DEFAULT_ADDR: &str = "127.0.0.1:8080";

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt()
        .with_target(false)
        .with_ansi(std::io::stdout().is_terminal())
        .init();

    let engine = Engine::builder().source(tenants::source()?).build()?;
    let gate = Gate::builder(engine.clone())
        .header_name("X-Tenant-ID")
        .tokens_from_header("X-Token-Count")
        .build()?;

    let stop = Asked::new()?;
    let listener = listen().await?;
    tracing::info!("listening on http://{}", listener.local_addr()?);
    serve::serve(listener, gate, stop).await;
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
