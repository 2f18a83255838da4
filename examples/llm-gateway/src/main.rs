//! An OpenAI-compatible reverse proxy that charges each tenant what its requests really used.
//!
//! ```sh
//! cargo run --release -p llm-gateway -- --demo
//! ```
//!
//! README.md beside this crate has a walk through it.

mod account;
mod app;
mod args;
mod ask;
mod auth;
mod demo;
mod intake;
mod keys;
mod metrics;
mod proxy;
mod refusal;
mod serve;
mod stop;
mod tenants;
mod upstream;
mod who;
mod without_usage;

use std::error::Error;
use std::io::IsTerminal;
use std::process::ExitCode;

use axum::Router;
use clap::Parser;
use tokio::net::TcpListener;
use tollgate::Engine;

use crate::app::{Gateway, app};
use crate::args::Args;
use crate::metrics::Metrics;
use crate::serve::serve;
use crate::stop::Asked;
use crate::upstream::Upstream;
use crate::who::Credentials;

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
    let args = Args::parse();
    tracing_subscriber::fmt()
        .with_target(false)
        .with_ansi(std::io::stdout().is_terminal())
        .init();
    let metrics = Metrics::new()?;
    tokio::spawn(metrics.upkeep());
    let (engine, app) = if args.demo {
        demo::start(&args, &metrics).await?
    } else {
        real(&args, &metrics)?
    };
    if let Some(address) = args.metrics {
        metrics.serve(address, engine.clone()).await?;
    }
    let stop = Asked::new()?;
    let listener = TcpListener::bind(args.listen).await;
    let listener = listener.map_err(|error| format!("can't listen on {}: {error}", args.listen))?;
    tracing::info!("listening on http://{}", listener.local_addr()?);
    serve(listener, app, stop).await?;
    engine.shutdown().await;
    tracing::info!("stopped");
    Ok(())
}

/// The gateway before a real upstream.
fn real(args: &Args, metrics: &Metrics) -> Result<(Engine, Router), Box<dyn Error>> {
    let (Some(config), Some(upstream)) = (&args.config, &args.upstream) else {
        return Err("--config and --upstream are needed, or --demo".into());
    };
    let tenants = tenants::from_json(&who::read(config)?);
    let tenants = tenants.map_err(|problem| who::at(config, &problem))?;
    let credentials = Credentials::new(&args.who, &tenants.ids())?;
    let upstream = Upstream::new(upstream, args.upstream_key.as_deref(), &args.bounds)?;
    let engine = Engine::builder()
        .source(tenants)
        .hooks(metrics.hooks())
        .build()?;
    let app = app(Gateway {
        engine: engine.clone(),
        credentials,
        upstream,
        bounds: args.bounds.clone(),
        clamp: args.clamp,
    })?;
    Ok((engine, app))
}
