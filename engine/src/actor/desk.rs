//! Where tenants leave word that somebody has to go to the origin, or to the store of shared limits, for them.

use std::time::Duration;

use tokio::sync::mpsc;

use crate::sync::{Arc, AtomicBool, Ordering};
use crate::tenant_id::TenantId;

/// See the module's page. Clones are the same desk.
#[derive(Debug, Clone)]
pub(crate) struct Desk {
    /// Unbounded, but a ledger leaves word once at a time.
    queue: mpsc::UnboundedSender<TenantId>,
    patience: Duration,
    down: Arc<AtomicBool>,
}

impl Desk {
    /// A desk, and who serves it.
    pub(crate) fn new(patience: Duration) -> (Self, mpsc::UnboundedReceiver<TenantId>) {
        let (queue, mailbox) = mpsc::unbounded_channel();
        let desk = Self {
            queue,
            patience,
            down: Arc::new(AtomicBool::new(false)),
        };
        (desk, mailbox)
    }

    /// How long an exchange may take.
    pub(crate) fn patience(&self) -> Duration {
        self.patience
    }

    pub(crate) fn leave_word(&self, id: &TenantId) {
        // An error means that the engine has stopped: nobody goes any more.
        let _stopped = self.queue.send(id.clone());
    }

    /// Whether the last exchange failed, or the engine is gone, so that there is no point in waiting for the next.
    pub(crate) fn is_down(&self) -> bool {
        // Relaxed, here and below: it says how long to wait, and nothing else is read because of it.
        self.down.load(Ordering::Relaxed) || self.queue.is_closed()
    }

    /// Whether the engine is gone: nobody goes any more.
    pub(crate) fn is_closed(&self) -> bool {
        self.queue.is_closed()
    }

    /// Notes that the origin does not answer; says whether that is new.
    pub(crate) fn says_down(&self) -> bool {
        !self.down.swap(true, Ordering::Relaxed)
    }

    /// Notes that the origin answers; says whether that is new.
    pub(crate) fn says_up(&self) -> bool {
        self.down.swap(false, Ordering::Relaxed)
    }
}
