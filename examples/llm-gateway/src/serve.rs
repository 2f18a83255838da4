//! Serving until somebody asks to stop.

use std::future::IntoFuture;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;

use crate::stop::Asked;

/// How long requests under way may take when the gateway is asked to stop.
const DRAIN: Duration = Duration::from_secs(30);

/// Serves until it is asked to stop, and then until the requests under way are done, but no longer than [`DRAIN`] or
/// until it is asked again.
pub(crate) async fn serve(
    listener: TcpListener,
    app: Router,
    mut asked: Asked,
) -> std::io::Result<()> {
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
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
