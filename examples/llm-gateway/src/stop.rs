//! Being asked to stop: by Ctrl-C, or by a supervisor with SIGTERM.

use std::io;

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Hears that the program is asked to stop, from the moment that this is made: a signal before that ends
/// the program at once.
#[derive(Debug)]
pub(crate) struct Asked {
    #[cfg(unix)]
    interrupt: Signal,
    #[cfg(unix)]
    terminate: Signal,
}

#[cfg(unix)]
impl Asked {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// Ends when it is asked for the first time, or once more.
    pub(crate) async fn again(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(not(unix))]
impl Asked {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self {})
    }

    /// Ends when it is asked for the first time, or once more.
    pub(crate) async fn again(&mut self) {
        if let Err(error) = tokio::signal::ctrl_c().await {
            tracing::error!(%error, "Ctrl-C can't be heard");
            std::future::pending::<()>().await;
        }
    }
}
