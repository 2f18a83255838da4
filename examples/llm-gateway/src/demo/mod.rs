//! The gateway without an account anywhere: a fake upstream, tenants, their keys, and books of what happened.

mod answer;
mod books;
mod stream;
mod upstream;

use std::error::Error;
use std::sync::Arc;

use axum::routing::get;
use axum::{Json, Router};
use tollgate::Engine;

use crate::app::{Gateway, app};
use crate::args::Args;
use crate::metrics::Metrics;
use crate::tenants;
use crate::upstream::Upstream;
use crate::who::Credentials;

use self::books::{Books, Clerk};

const TENANTS: &str = include_str!("tenants.json");

/// Keys that everybody knows, for tenants of [`TENANTS`].
const KEYS: [(&str, &str, &str); 4] = [
    (
        "sk-demo-acme",
        "acme",
        "many requests, few of them to demo-large",
    ),
    ("sk-demo-globex", "globex", "demo-small only"),
    (
        "sk-demo-patient",
        "patient",
        "two requests in three seconds",
    ),
    ("sk-demo-crowd", "crowd", "hardly any limits"),
];

/// Starts the fake upstream, and puts the gateway before it.
///
/// The books are at `GET /demo/books`: what the upstream has really used, beside what the gate was told.
pub(crate) async fn start(
    args: &Args,
    metrics: &Metrics,
) -> Result<(Engine, Router), Box<dyn Error>> {
    let books = Arc::new(Books::default());
    let url = upstream::start(Arc::clone(&books)).await?;
    let source = tenants::from_json(TENANTS)?;
    let mut credentials = Credentials::new(&args.who, &source.ids())?;
    let engine = Engine::builder()
        .source(source)
        .hooks(metrics.hooks())
        .hooks(Clerk(Arc::clone(&books)))
        .build()?;
    for (key, tenant, what) in KEYS {
        credentials.keys.add(key, tenant.parse()?);
        tracing::info!("key {key} is {tenant}'s: {what}");
    }
    let app = app(Gateway {
        engine: engine.clone(),
        credentials,
        upstream: Upstream::new(&url, Some(upstream::KEY), &args.bounds)?,
        bounds: args.bounds.clone(),
        clamp: args.clamp,
    })?;
    let show = get(move || async move { Json(books.read()) });
    Ok((engine, app.route("/demo/books", show)))
}
