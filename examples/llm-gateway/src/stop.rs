//! Serving until somebody asks to stop.

use std::future::{IntoFuture, pending};
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;

/// How long requests under way may take when the gateway is asked to stop.
const DRAIN: Duration = Duration::from_secs(30);

/// Serves until it is asked to stop, and then until the requests under way are done, but no longer than [`DRAIN`] or
/// until it is asked again.
pub(crate) async fn serve(listener: TcpListener, app: Router) -> std::io::Result<()> {
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = axum::serve(listener, app).with_graceful_shutdown(async {
        // An error says that the other side is gone, which is as good a reason.
        let _asked = stopped.await;
    });
    let out_of_patience = async {
        asked_to_stop().await;
        tracing::info!("stopping");
        let _server_is_gone = stop.send(());
        tokio::select! {
            () = asked_to_stop() => {}
            () = tokio::time::sleep(DRAIN) => {}
        }
        tracing::warn!("requests were still under way");
    };
    tokio::select! {
        served = server.into_future() => served,
        () = out_of_patience => Ok(()),
    }
}

/// Ends on Ctrl-C, or when a supervisor asks with SIGTERM.
async fn asked_to_stop() {
    let ctrl_c = async {
        if let Err(error) = tokio::signal::ctrl_c().await {
            tracing::error!(%error, "Ctrl-C can't be heard");
            pending::<()>().await;
        }
    };
    tokio::select! {
        () = ctrl_c => {}
        () = terminated() => {}
    }
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
            pending::<()>().await;
        }
    }
}

#[cfg(not(unix))]
async fn terminated() {
    pending::<()>().await;
}
