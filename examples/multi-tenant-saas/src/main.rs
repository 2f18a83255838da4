//! The main job: a multi-tenant HTTP service with quotas and policies.
//!
//! ```sh
//! cargo run --release -p multi-tenant-saas
//! curl -i -H "X-Tenant-ID: acme-corp" http://localhost:8080/api/data
//! curl -i -H "X-Tenant-ID: acme-corp" --json '{"name": "resource-1"}' http://localhost:8080/api/resources
//! curl -i -H "X-Tenant-ID: acme-corp" 'http://localhost:8080/api/resources?status=active'
//! curl -i -H "X-Tenant-ID: acme-corp" http://localhost:8080/api/profile
//! curl http://localhost:8080/metrics
//! ```
//!
//! Tenants are in a database: SQLite in the file tollgate.db, which is made if it is missing, or what `--database` or
//! `DATABASE_URL` says, such as `postgres://user:password@host/database` (over TLS with the feature `tls`). Several
//! processes may share one; what is written to it by anybody is in force within a second. While it is gone known
//! tenants are served as before, others get a 503, and `/readyz` says so.
//!
//! Each tenant's resources are in a table of the same database, and no statement of the service names a tenant: its handle
//! does. What is cached is in memory, or in Redis if `--redis` or `REDIS_URL` says where; then all processes share their
//! limits through it too, which together they never exceed while it answers. With `TOLLGATE_ADMIN` (or
//! `--admin`) set to `name:password`, operators see and change everything: over the admin API, in the console at
//! <http://localhost:8080/admin/console/>, and all tenants' resources:
//!
//! ```sh
//! curl -u name:password http://localhost:8080/admin/tenants
//! curl -u name:password http://localhost:8080/admin/all-resources
//! ```
//!
//! `TOLLGATE_ADDR` sets another address than 127.0.0.1:8080. Ctrl-C ends it when the requests under
//! way are done.

mod admin;
mod chat;
mod database;
mod health;
mod log;
mod metrics;
mod problem;
mod profile;
mod resources;
mod routes;
mod settings;
mod stop;
mod tenants;

use std::error::Error;
use std::future::IntoFuture;
use std::io::IsTerminal;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use clap::Parser;
use tokio::net::TcpListener;
use tollgate::{Engine, Outage};
use tollgate_admin::Watch;
use tollgate_tower::Gate;

use crate::database::Database;
use crate::log::GateLog;
use crate::metrics::Metrics;
use crate::routes::{Service, Works};
use crate::settings::Settings;
use crate::stop::Asked;

/// How long requests under way may take when the server is asked to stop.
const DRAIN: Duration = Duration::from_secs(10);
/// How often it is noted who is busiest, so that they are in memory after a restart before they ask.
const NOTE_BUSIEST: Duration = Duration::from_secs(60);

#[tokio::main]
async fn main() -> ExitCode {
    match run(&Settings::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", with_causes(&*error));
            ExitCode::FAILURE
        }
    }
}

/// An error and what caused it, on one line.
fn with_causes(error: &dyn Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        words = format!("{words}: {error}");
        cause = error.source();
    }
    words
}

async fn run(settings: &Settings) -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt()
        .with_target(false)
        .with_ansi(std::io::stdout().is_terminal())
        .init();

    let metrics = Metrics::new()?;
    let credential = settings.admin()?;
    let cache = settings.cache()?;
    let source = tenants::source(&settings.database()).await?;
    let database = Arc::new(Database::open(&settings.database()).await?);
    let watch = Watch::new();
    let builder = Engine::builder()
        .source(source.clone())
        .origin(tenants::origin(&source).await?)
        .hooks(GateLog::default())
        .hooks(metrics.hooks())
        .hooks(watch.hooks());
    let engine = match settings.limits()? {
        // A service that would rather answer than be exact while Redis is away.
        Some(limits) => builder.shared(limits).shared_outage(Outage::FailOpen),
        None => builder,
    };
    let engine = engine.build()?;
    let admin = credential.map(|known| admin::api(&engine, &source, watch, known));
    let admin = admin.transpose()?;
    tokio::spawn(metrics.clone().upkeep());
    let busiest = source.keep_busiest(&engine, NOTE_BUSIEST);
    let gate = Gate::builder(engine.clone())
        .header_name("X-Tenant-ID")
        .tokens_from_header("X-Token-Count")
        .build()?;

    let stop = Asked::new()?;
    let listener = listen().await?;
    tracing::info!("listening on http://{}", listener.local_addr()?);
    let service = Service {
        database: Arc::clone(&database),
        cache,
        engine: engine.clone(),
    };
    let works = Works {
        engine: engine.clone(),
        source: source.clone(),
        metrics,
    };
    let app = routes::app(gate, service, works, admin.as_ref());
    serve(listener, app, stop).await?;
    if let Err(error) = busiest.stop().await {
        tracing::warn!(
            error = with_causes(&error),
            "the busiest tenants were not noted"
        );
    }
    engine.shutdown().await;
    source.shutdown().await;
    source.store().close().await;
    database.close().await;
    tracing::info!("stopped");
    Ok(())
}

async fn listen() -> Result<TcpListener, Box<dyn Error>> {
    let addr = Settings::addr()?;
    let listener = TcpListener::bind(addr).await;
    listener.map_err(|error| format!("can't listen on {addr}: {error}").into())
}

/// Serves until it is asked to stop, and then until the requests under way are done, but no longer than
/// [`DRAIN`] or until it is asked again.
async fn serve(listener: TcpListener, app: Router, mut asked: Asked) -> std::io::Result<()> {
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    // The admin API wants to know from where wrong passwords come.
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    let server = axum::serve(listener, app).with_graceful_shutdown(async {
        // An error says that the other side is gone, which is as good a reason.
        let _asked = stopped.await;
    });
    let out_of_patience = async {
        asked.again().await;
        tracing::info!("stopping");
        let _server_is_gone = stop.send(());
        tokio::select! {
            () = asked.again() => {}
            () = tokio::time::sleep(DRAIN) => {}
        }
        tracing::warn!("requests were still under way");
    };
    // In this order, so that it hears signals before it serves anybody.
    tokio::select! {
        biased;
        () = out_of_patience => Ok(()),
        served = server.into_future() => served,
    }
}
