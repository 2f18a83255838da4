//! Connections, until it is asked to stop.

use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tollgate_hyper::Gate;

use crate::routes::app;
use crate::stop::Asked;

/// How long requests under way may take when the server is asked to stop.
const DRAIN: Duration = Duration::from_secs(10);

/// After an error like too many open files, the next one would come at once.
const PAUSE: Duration = Duration::from_millis(100);

/// Serves until it is asked to stop, and then until the requests under way are done, but no longer than
/// [`DRAIN`] or until it is asked again.
pub(crate) async fn serve(listener: TcpListener, gate: Gate, mut stop: Asked) {
    let under_way = GracefulShutdown::new();
    loop {
        tokio::select! {
            () = stop.again() => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => connect(stream, gate.clone(), &under_way),
                Err(error) => {
                    tracing::warn!(%error, "a client could not connect");
                    tokio::time::sleep(PAUSE).await;
                }
            },
        }
    }
    tracing::info!("stopping");
    drop(listener);
    tokio::select! {
        () = under_way.shutdown() => {}
        () = stop.again() => tracing::warn!("requests were still under way"),
        () = tokio::time::sleep(DRAIN) => tracing::warn!("requests were still under way"),
    }
}

/// Serves a connection on a task of its own.
fn connect(stream: TcpStream, gate: Gate, under_way: &GracefulShutdown) {
    let service = service_fn(move |request| app(gate.clone(), request));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), service);
    let connection = under_way.watch(connection);
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection broke");
        }
    });
}
