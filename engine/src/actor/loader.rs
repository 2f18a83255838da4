//! Loads tenants that are not in memory: once for everybody who waits, a bounded number at a time.

use std::collections::HashMap;
use std::sync::Weak;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{Mutex, mpsc, oneshot, watch};
use tokio::task::{Id, JoinError, JoinHandle, JoinSet};
use tokio::time::timeout;

use super::supervisor::{self, OnStop};
use crate::engine::Core;
use crate::error::{LookupError, SourceError};
use crate::sync::Arc;
use crate::tenant::Tenant;
use crate::tenant_id::TenantId;

/// Requests for tenants that wait for the loader at most; further ones wait to be let in.
pub(super) const MAILBOX: usize = 1024;
/// Loads under way at most; others wait in the mailbox.
const MOST_LOADS: usize = 64;

type Answer = Result<Tenant, LookupError>;

/// A request for a tenant.
#[derive(Debug)]
pub(super) struct Wanted {
    id: TenantId,
    reply: oneshot::Sender<Answer>,
}

/// Asks the loader for a tenant and waits for its answer, for at most `limit` in all.
pub(super) async fn ask(loader: &mpsc::Sender<Wanted>, id: &TenantId, limit: Duration) -> Answer {
    let (reply, answer) = oneshot::channel();
    let wanted = Wanted {
        id: id.clone(),
        reply,
    };
    let asked = async {
        loader.send(wanted).await.ok()?;
        answer.await.ok()
    };
    match timeout(limit, asked).await {
        Ok(Some(answer)) => answer,
        Ok(None) => Err(LookupError::NoLoader(id.clone())),
        Err(_) => Err(LookupError::TimedOut {
            id: id.clone(),
            limit,
        }),
    }
}

pub(super) fn start(
    core: &Arc<Core>,
    mailbox: mpsc::Receiver<Wanted>,
    limit: Duration,
    stopped: watch::Receiver<bool>,
    runtime: &Handle,
) -> JoinHandle<()> {
    let core = Arc::downgrade(core);
    // The mailbox outlives a loader that panics: the next one goes on with it.
    let mailbox = Arc::new(Mutex::new(mailbox));
    supervisor::supervise("loader", runtime, OnStop::Abort, stopped, move || {
        let (core, mailbox) = (Weak::clone(&core), Arc::clone(&mailbox));
        async move {
            let mut mailbox = mailbox.lock().await;
            let mut loader = Loader::default();
            while loader.turn(&mut mailbox, &core, limit).await {}
        }
    })
}

/// The loads under way and who waits for each. Hash maps: nothing depends on their order.
#[derive(Default)]
struct Loader {
    loads: JoinSet<Answer>,
    ids: HashMap<Id, TenantId>,
    waiting: HashMap<TenantId, Vec<oneshot::Sender<Answer>>>,
}

impl Loader {
    /// Takes one request or finishes one load; says whether to go on.
    async fn turn(
        &mut self,
        mailbox: &mut mpsc::Receiver<Wanted>,
        core: &Weak<Core>,
        limit: Duration,
    ) -> bool {
        let may_load = self.loads.len() < MOST_LOADS;
        tokio::select! {
            Some(done) = self.loads.join_next_with_id() => self.finish(done),
            wanted = mailbox.recv(), if may_load => {
                let (Some(wanted), Some(core)) = (wanted, core.upgrade()) else { return false };
                self.begin(wanted, core, limit);
            }
        }
        true
    }

    fn begin(&mut self, wanted: Wanted, core: Arc<Core>, limit: Duration) {
        let Wanted { id, reply } = wanted;
        if reply.is_closed() {
            return; // who asked has stopped waiting
        }
        if let Some(known) = core.known(&id) {
            // Loaded while the request was in the mailbox. Who has stopped waiting needs no answer.
            let _gone = reply.send(known);
            return;
        }
        if let Some(waiting) = self.waiting.get_mut(&id) {
            waiting.push(reply);
            return;
        }
        self.waiting.insert(id.clone(), vec![reply]);
        let wanted = id.clone();
        let load = self.loads.spawn(async move {
            let timed = timeout(limit, core.load(&wanted)).await;
            timed.unwrap_or_else(|_| Err(LookupError::TimedOut { id: wanted, limit }))
        });
        self.ids.insert(load.id(), id);
    }

    fn finish(&mut self, done: Result<(Id, Answer), JoinError>) {
        let task = done.as_ref().map_or_else(JoinError::id, |(task, _)| *task);
        let Some(id) = self.ids.remove(&task) else {
            return;
        };
        let answer = match done {
            Ok((_, answer)) => answer,
            Err(_) => Err(LookupError::Source {
                id: id.clone(),
                cause: SourceError::new("the config source panicked"),
            }),
        };
        for reply in self.waiting.remove(&id).unwrap_or_default() {
            // Who has stopped waiting needs no answer.
            let _gone = reply.send(answer.clone());
        }
    }
}
