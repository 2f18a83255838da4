//! A multi-tenant HTTP service on actix-web: what `multi-tenant-saas` serves.
//!
//! ```sh
//! cargo run --release -p actix-saas
//! curl -i -H "X-Tenant-ID: acme-corp" http://localhost:8080/api/data
//! ```
//!
//! `TOLLGATE_ADDR` sets another address than 127.0.0.1:8080. Ctrl-C ends it when the requests under
//! way are done.

mod routes;
mod stop;
mod tenants;

use std::error::Error;
use std::io::IsTerminal;
use std::net::{SocketAddr, TcpListener};
use std::process::ExitCode;

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpServer, rt};
use tollgate::Engine;
use tollgate_actix::Gate;

use crate::stop::Asked;

/// How long requests under way may take when the server is asked to stop, in seconds.
const DRAIN: u64 = 10;
const DEFAULT_ADDR: &str = "127.0.0.1:8080";

fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_target(false)
        .with_ansi(std::io::stdout().is_terminal())
        .init();
    match rt::System::new().block_on(run()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let engine = Engine::builder().source(tenants::source()?).build()?;
    let gate = Gate::builder(engine.clone())
        .header_name("X-Tenant-ID")
        .tokens_from_header("X-Token-Count")
        .build()?;

    let stop = Asked::new()?;
    let listener = listen()?;
    tracing::info!("listening on http://{}", listener.local_addr()?);
    // Each worker has an app of its own; they share the gate, and with it the engine.
    let app = move || App::new().configure(|app| routes::configure(app, gate.clone()));
    let server = HttpServer::new(app)
        .listen(listener)?
        .shutdown_timeout(DRAIN)
        .disable_signals()
        .run();
    rt::spawn(stop_when_asked(server.handle(), stop));
    server.await?;
    engine.shutdown().await;
    tracing::info!("stopped");
    Ok(())
}

fn listen() -> Result<TcpListener, Box<dyn Error>> {
    let addr = std::env::var("TOLLGATE_ADDR").unwrap_or_else(|_| DEFAULT_ADDR.to_owned());
    let parsed: SocketAddr = addr.parse().map_err(|error| {
        format!(
            "TOLLGATE_ADDR {addr:?}: {error}; it must be an address and a port like {DEFAULT_ADDR}"
        )
    })?;
    let listener = TcpListener::bind(parsed);
    listener.map_err(|error| format!("can't listen on {parsed}: {error}").into())
}

/// Stops the server when it is asked to, once the requests under way are done; at once if it is asked again.
///
/// actix-web's own handling of signals ends at once on Ctrl-C, whatever is under way.
async fn stop_when_asked(server: ServerHandle, mut stop: Asked) {
    stop.again().await;
    tracing::info!("stopping");
    tokio::select! {
        () = server.stop(true) => {}
        () = stop.again() => {
            tracing::warn!("requests were still under way");
            server.stop(false).await;
        }
    }
}
