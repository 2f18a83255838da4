//! A service with a gate and the admin API, to try the latter: `TOLLGATE_ADMIN=name:password serve [PORT]`.
//!
//! Tenants are in memory. Requests to `/api/data` are counted for the tenant that `X-Tenant-ID` names:
//! ```text
//! curl -H 'X-Tenant-ID: acme-corp' http://127.0.0.1:3000/api/data
//! curl -u name:password http://127.0.0.1:3000/admin/tenants/acme-corp/usage
//! ```

use std::error::Error;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use tollgate::{Dimension, Engine, InMemorySource, LimitConfig, Period, TenantConfig};
use tollgate_admin::{Admin, Credential, Role, Watch};
use tollgate_tower::{Gate, TollgateLayer};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let text = std::env::var("TOLLGATE_ADMIN").unwrap_or_default();
    let (name, password) = text
        .split_once(':')
        .ok_or("TOLLGATE_ADMIN must be name:password")?;
    let port = match std::env::args().nth(1) {
        Some(port) => port.parse()?,
        None => 3000,
    };

    let source = InMemorySource::new();
    for tenant in tenants()? {
        source.set(tenant)?;
    }
    let watch = Watch::new();
    let engine = Engine::builder()
        .source(source.clone())
        .hooks(watch.hooks())
        .build()?;
    let admin = Admin::builder(engine.clone(), source)
        .watch(watch)
        .credential(Credential::basic(name, password, Role::ReadWrite)?)
        .build()?;

    let gate = Gate::builder(engine).build()?;
    let api = Router::new()
        .route("/api/data", get(|| async { "here you are\n" }))
        .route_layer(TollgateLayer::new(gate));
    let app = api.nest("/admin", admin.router());

    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let listener = tokio::net::TcpListener::bind(address).await?;
    eprintln!("listening on http://{}", listener.local_addr()?);
    let service = app.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service)
        .with_graceful_shutdown(async {
            // Without a signal to wait for it runs on.
            if tokio::signal::ctrl_c().await.is_err() {
                std::future::pending::<()>().await;
            }
        })
        .await?;
    Ok(())
}

/// A handful, of different kinds.
fn tenants() -> Result<Vec<TenantConfig>, Box<dyn Error>> {
    let second = Duration::from_secs(1);
    Ok(vec![
        TenantConfig::new("acme-corp".parse()?)
            .requests_per_minute(100)
            .tokens_per_minute(10_000)
            .allow_models(["gpt-4", "gpt-3.5-turbo"])
            .metadata("plan", "pro"),
        TenantConfig::new("acme-dev".parse()?)
            .parent("acme-corp".parse()?)
            .requests_per_minute(20),
        TenantConfig::new("globex".parse()?)
            .limit(LimitConfig::bucket(
                "steady",
                Dimension::Requests,
                5,
                second,
                20,
            ))
            .limit(LimitConfig::calendar(
                "day",
                Dimension::Requests,
                50_000,
                Period::Day,
            ))
            .allow_paths(["/api/*"]),
        TenantConfig::new("initech".parse()?)
            .requests_per_minute(5)
            .limit(LimitConfig::concurrency(
                "in-flight",
                Dimension::Requests,
                2,
            )),
        TenantConfig::new("umbrella".parse()?)
            .requests_per_minute(1_000)
            .status(tollgate::Status::Suspended),
        TenantConfig::new("free-tier".parse()?),
    ])
}
