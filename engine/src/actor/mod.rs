//! What owns everything slow: loading configs, evicting the idle, running hooks.
//!
//! An actor is a tokio task that owns its state, has a bounded mailbox, and is started again by its
//! supervisor if it panics. No request waits for one but a request for a tenant that is not in memory.

mod caller;
mod desk;
mod events;
mod figures;
mod janitor;
mod leaser;
mod loader;
mod supervisor;

use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{Mutex, mpsc, watch};
use tokio::task::JoinHandle;

use crate::cluster::SharedOrigin;
use crate::engine::Core;
use crate::error::LookupError;
use crate::origin::Origin;
use crate::sync::Arc;
use crate::tenant::Tenant;
use crate::tenant_id::TenantId;

pub(crate) use self::desk::Desk;
pub(crate) use self::figures::Figures;

/// The actors of an engine.
#[derive(Debug)]
pub(crate) struct Actors {
    loader: mpsc::Sender<loader::Wanted>,
    stop: watch::Sender<bool>,
    load_timeout: Duration,
    /// Held while they are waited for: whoever shuts down second waits as well.
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

/// How the actors are to behave.
pub(crate) struct ActorSettings {
    pub(crate) sweep_every: Duration,
    pub(crate) sweep_most: usize,
    pub(crate) load_timeout: Duration,
    pub(crate) origin: Option<ToOrigin>,
    pub(crate) store: Option<ToStore>,
}

/// The origin of durable limits, and who wants to be taken there.
pub(crate) struct ToOrigin {
    pub(crate) origin: Arc<dyn Origin>,
    pub(crate) mailbox: mpsc::UnboundedReceiver<TenantId>,
}

/// The store of shared limits, and who wants it to be called.
pub(crate) struct ToStore {
    pub(crate) store: Arc<dyn SharedOrigin>,
    pub(crate) heartbeat: Duration,
    pub(crate) mailbox: mpsc::UnboundedReceiver<TenantId>,
    pub(crate) figures: Figures,
}

impl Actors {
    /// Starts the actors of `core` on `runtime`. They end when the engine is shut down or dropped.
    pub(crate) fn start(core: &Arc<Core>, settings: ActorSettings, runtime: &Handle) -> Self {
        let (stop, stopped) = watch::channel(false);
        let (loader, mailbox) = mpsc::channel(loader::MAILBOX);
        let mut tasks = vec![
            loader::start(
                core,
                mailbox,
                settings.load_timeout,
                stopped.clone(),
                runtime,
            ),
            janitor::start(core, &settings, stopped.clone(), runtime),
        ];
        if let Some(events) = core.events().filter(|events| events.has_queue()) {
            tasks.push(events::start(events.clone(), stopped.clone(), runtime));
        }
        if let Some(ToOrigin { origin, mailbox }) = settings.origin {
            tasks.push(leaser::start(
                core,
                origin,
                mailbox,
                stopped.clone(),
                runtime,
            ));
        }
        if let Some(store) = settings.store {
            tasks.push(caller::start(core, store, stopped, runtime));
        }
        Self {
            loader,
            stop,
            load_timeout: settings.load_timeout,
            tasks: Mutex::new(tasks),
        }
    }

    /// Has the tenant loaded, together with everybody else who wants it.
    pub(crate) async fn load(&self, id: &TenantId) -> Result<Tenant, LookupError> {
        loader::ask(&self.loader, id, self.load_timeout).await
    }

    /// Ends the actors and waits until they have ended.
    pub(crate) async fn shutdown(&self) {
        // An error means that nobody listens any more: they have ended.
        let _ended = self.stop.send(true);
        let mut tasks = self.tasks.lock().await;
        while let Some(task) = tasks.last_mut() {
            // A supervisor does not panic; were it to, there is nothing left to wait for.
            let _ended = task.await;
            tasks.pop();
        }
    }
}
