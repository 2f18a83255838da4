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

/// Asks the loader for the parent of a tenant that is being loaded; the child's own time limit holds.
async fn ask_for_parent(
    loader: &mpsc::UnboundedSender<Parent>,
    of: TenantId,
    id: TenantId,
) -> Answer {
    let (reply, answer) = oneshot::channel();
    let lost = LookupError::NoLoader(id.clone());
    let wanted = Wanted { id, reply };
    if loader.send(Parent { of, wanted }).is_err() {
        return Err(lost);
    }
    answer.await.unwrap_or(Err(lost))
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
            let mut loader = Loader::new();
            while loader.turn(&mut mailbox, &core, limit).await {}
        }
    })
}

/// The loads under way and who waits for each. Hash maps: nothing depends on their order.
struct Loader {
    loads: JoinSet<Answer>,
    ids: HashMap<Id, TenantId>,
    waiting: HashMap<TenantId, Vec<oneshot::Sender<Answer>>>,
    /// The parents that loads under way wait for: none of them has two, and there is no circle.
    parents: HashMap<TenantId, TenantId>,
    /// Loads ask for parents here. Unbounded, but each load waits for its answer.
    for_parents: mpsc::UnboundedSender<Parent>,
    wanted_parents: mpsc::UnboundedReceiver<Parent>,
}

/// A load's request for its tenant's parent.
struct Parent {
    of: TenantId,
    wanted: Wanted,
}

impl Loader {
    fn new() -> Self {
        let (for_parents, wanted_parents) = mpsc::unbounded_channel();
        Self {
            loads: JoinSet::new(),
            ids: HashMap::new(),
            waiting: HashMap::new(),
            parents: HashMap::new(),
            for_parents,
            wanted_parents,
        }
    }

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
            // Whatever is under way: a load that waits for its parent would hold the place that it needs.
            Some(parent) = self.wanted_parents.recv() => {
                let Some(core) = core.upgrade() else { return false };
                self.begin_parent(parent, core, limit);
            }
            wanted = mailbox.recv(), if may_load => {
                let (Some(wanted), Some(core)) = (wanted, core.upgrade()) else { return false };
                self.begin(wanted, core, limit);
            }
        }
        true
    }

    fn begin_parent(&mut self, parent: Parent, core: Arc<Core>, limit: Duration) {
        let Parent { of, wanted } = parent;
        let mut above = Some(&wanted.id);
        while let Some(id) = above {
            if *id == of {
                let circle = LookupError::Circle {
                    id: of,
                    parent: wanted.id,
                };
                // Who has stopped waiting needs no answer.
                let _gone = wanted.reply.send(Err(circle));
                return;
            }
            above = self.parents.get(id);
        }
        self.parents.insert(of, wanted.id.clone());
        self.begin(wanted, core, limit);
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
        let (wanted, for_parents) = (id.clone(), self.for_parents.clone());
        let load = self.loads.spawn(async move {
            let parent_of = |parent| ask_for_parent(&for_parents, wanted.clone(), parent);
            let timed = timeout(limit, core.load(&wanted, parent_of)).await;
            timed.unwrap_or_else(|_| Err(LookupError::TimedOut { id: wanted, limit }))
        });
        self.ids.insert(load.id(), id);
    }

    fn finish(&mut self, done: Result<(Id, Answer), JoinError>) {
        let task = done.as_ref().map_or_else(JoinError::id, |(task, _)| *task);
        let Some(id) = self.ids.remove(&task) else {
            return;
        };
        self.parents.remove(&id);
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
