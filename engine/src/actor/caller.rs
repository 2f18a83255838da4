//! Calls the store of shared limits for the tenants that want something of it, and now and then for all that hold something.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::sync::Weak;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{Mutex, mpsc, watch};
use tokio::task::{JoinError, JoinHandle, JoinSet};
use tokio::time::{Instant, sleep_until, timeout};

use super::ToStore;
use super::desk::Desk;
use super::figures::Figures;
use super::supervisor::{self, OnStop};
use crate::clock::Timestamp;
use crate::cluster::{Call, Reply, SharedOrigin};
use crate::engine::Core;
use crate::origin::OriginError;
use crate::sync::Arc;
use crate::tenant::Tenant;
use crate::tenant_id::TenantId;

/// Batches of calls under way at most.
const MOST_BATCHES: usize = 16;
/// Calls that are made together at most.
const MOST_TOGETHER: usize = 64;
/// The pause after a call that failed; it doubles with each batch of which all fail.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
/// The longest pause: a store that comes back without its memory waits a second to be told.
const LONGEST_PAUSE: Duration = Duration::from_millis(160);
/// How long giving everything back may take when the engine stops.
const LAST_CALLS: Duration = Duration::from_secs(2);

/// What came of a batch: when it was sent, and what was said to each call.
type Outcome = (Timestamp, Vec<(Call, Result<Reply, OriginError>)>);

pub(super) fn start(
    core: &Arc<Core>,
    to: ToStore,
    stopped: watch::Receiver<bool>,
    runtime: &Handle,
) -> JoinHandle<()> {
    let core = Arc::downgrade(core);
    // The mailbox outlives a caller that panics: the next one goes on with it.
    let mailbox = Arc::new(Mutex::new(to.mailbox));
    let grace = OnStop::LetFinish(LAST_CALLS.saturating_mul(2));
    let told = stopped.clone();
    // Seeded by the system for the process, and anew for each: no two nodes are the same, nor two lives of one.
    let node = RandomState::new().hash_one("node");
    let (store, heartbeat, figures) = (to.store, to.heartbeat, to.figures);
    supervisor::supervise("caller", runtime, grace, stopped, move || {
        let (mailbox, mut told) = (Arc::clone(&mailbox), told.clone());
        let (core, store, figures) = (Weak::clone(&core), Arc::clone(&store), figures.clone());
        let mut caller = Caller::new(core, store, figures, node, heartbeat);
        async move {
            let mut mailbox = mailbox.lock().await;
            while caller.turn(&mut mailbox, &mut told).await {}
            caller.leave().await;
        }
    })
}

struct Caller {
    core: Weak<Core>,
    store: Arc<dyn SharedOrigin>,
    figures: Figures,
    node: u64,
    heartbeat: Duration,
    batches: JoinSet<Outcome>,
    /// Who waits for a place in a batch.
    waiting: VecDeque<TenantId>,
    /// Who waits or is under way: each once, so that a tenant has one call in flight. A hash set: nothing depends on its
    /// order.
    taken_up: HashSet<TenantId>,
    due: Due,
    pause: Duration,
}

impl Caller {
    /// A caller that begins with all who may hold something, as far as one that panicked left it.
    fn new(
        core: Weak<Core>,
        store: Arc<dyn SharedOrigin>,
        figures: Figures,
        node: u64,
        heartbeat: Duration,
    ) -> Self {
        let waiting = core.upgrade().map(|core| shared_tenants(&core));
        let waiting = VecDeque::from(waiting.unwrap_or_default());
        Self {
            taken_up: waiting.iter().cloned().collect(),
            waiting,
            core,
            store,
            figures,
            node,
            heartbeat,
            batches: JoinSet::new(),
            due: Due::default(),
            pause: FIRST_PAUSE,
        }
    }

    /// Takes up who wants to be taken up or is due, or finishes one batch; says whether to go on.
    async fn turn(
        &mut self,
        mailbox: &mut mpsc::UnboundedReceiver<TenantId>,
        stopped: &mut watch::Receiver<bool>,
    ) -> bool {
        self.begin();
        let next = self.due.next();
        tokio::select! {
            biased;
            () = supervisor::stop(stopped) => return false,
            Some(done) = self.batches.join_next() => self.finish(done),
            () = sleep_until(next.unwrap_or_else(Instant::now)), if next.is_some() => {}
            id = mailbox.recv() => match id {
                Some(id) => self.take_up(id),
                None => return false,
            },
        }
        while let Ok(id) = mailbox.try_recv() {
            self.take_up(id);
        }
        while let Some(id) = self.due.pop(Instant::now()) {
            self.take_up(id);
        }
        let called_for = self.taken_up.len().saturating_add(self.due.at.len());
        self.figures.due(called_for);
        true
    }

    fn take_up(&mut self, id: TenantId) {
        self.due.forget(&id);
        if self.taken_up.insert(id.clone()) {
            self.waiting.push_back(id);
        }
    }

    /// Begins as many batches as may be under way.
    fn begin(&mut self) {
        while self.batches.len() < MOST_BATCHES && !self.waiting.is_empty() {
            let most = std::cmp::min(MOST_TOGETHER, self.waiting.len());
            let ids: Vec<_> = self.waiting.drain(..most).collect();
            self.call(&ids, false);
        }
    }

    fn call(&mut self, ids: &[TenantId], leave: bool) {
        let Some(core) = self.core.upgrade() else {
            return;
        };
        let Some(desk) = core.calls().cloned() else {
            return;
        };
        let mut calls = Vec::new();
        for id in ids {
            let asks = core.resident(id).map(|tenant| tenant.state().asks(leave));
            let Some(asks) = asks.filter(|asks| !asks.is_empty()) else {
                self.taken_up.remove(id);
                self.figures.gone(id);
                continue;
            };
            calls.push(Call {
                tenant: id.clone(),
                node: self.node,
                heartbeat: self.heartbeat,
                asks,
            });
        }
        if calls.is_empty() {
            return;
        }
        let (store, sent) = (Arc::clone(&self.store), core.clock().now());
        let counted = self.figures.send(&calls);
        self.batches.spawn(async move {
            let began = Instant::now();
            let replies = ask(&*store, &calls, desk.patience()).await;
            let outcomes: Vec<_> = calls.into_iter().zip(replies).collect();
            counted.heard(&outcomes, began.elapsed());
            (sent, outcomes)
        });
    }

    fn finish(&mut self, done: Result<Outcome, JoinError>) {
        let Some(core) = self.core.upgrade() else {
            return;
        };
        let (sent, outcomes) = match done {
            Ok(outcome) => outcome,
            // The store's own panic: this caller is started again, and begins with everybody.
            Err(panic) if panic.is_panic() => {
                // As after any other answer that did not come: nobody is to wait for the next.
                if let Some(desk) = core.calls() {
                    desk.says_down();
                }
                std::panic::resume_unwind(panic.into_panic())
            }
            Err(_) => return,
        };
        self.note(core.calls(), &outcomes);
        for (call, outcome) in outcomes {
            // Before it is told: then it may leave word anew.
            self.taken_up.remove(&call.tenant);
            let Some(tenant) = core.resident(&call.tenant) else {
                self.figures.gone(&call.tenant);
                continue;
            };
            let next = if let Ok(reply) = outcome {
                let heard = tenant.state().settle_reply(sent, &call.asks, &reply);
                self.figures.heard(&call.tenant, &heard);
                let next = tenant.state().next_call(self.heartbeat);
                next.map(|at| at.since(core.clock().now()))
            } else {
                tenant.state().store_is_gone();
                Some(self.pause)
            };
            if let Some(wait) = next {
                self.due.set(call.tenant, Instant::now(), wait);
            }
        }
    }

    /// Notes whether the store answers at all.
    fn note(&mut self, desk: Option<&Desk>, outcomes: &[(Call, Result<Reply, OriginError>)]) {
        let failed = |(_, outcome): &(Call, Result<Reply, OriginError>)| outcome.is_err();
        let error = outcomes
            .iter()
            .find_map(|(_, outcome)| outcome.as_ref().err());
        if let Some(error) = error.filter(|_| outcomes.iter().all(failed)) {
            if desk.is_some_and(Desk::says_down) {
                tracing::error!(%error, cause = ?std::error::Error::source(error), "the store of shared limits does not answer: they admit what was granted before");
            }
            self.pause = std::cmp::min(self.pause.saturating_mul(2), LONGEST_PAUSE);
            return;
        }
        if desk.is_some_and(Desk::says_up) {
            tracing::info!("the store of shared limits answers again");
        }
        self.pause = FIRST_PAUSE;
    }

    /// The engine stops: what is under way is finished, and all that was granted and not spent is given back.
    async fn leave(&mut self) {
        let Some(core) = self.core.upgrade() else {
            return;
        };
        let last_calls = async {
            while let Some(done) = self.batches.join_next().await {
                self.finish(done);
            }
            for ids in shared_tenants(&core).chunks(MOST_TOGETHER) {
                self.call(ids, true);
                while let Some(done) = self.batches.join_next().await {
                    self.finish(done);
                }
            }
        };
        if timeout(LAST_CALLS, last_calls).await.is_err() {
            tracing::error!(
                "the engine stops before all that was granted of shared limits was given back"
            );
        }
        // Nobody calls any more, so that nobody is to wait for it.
        if let Some(desk) = core.calls() {
            desk.says_down();
        }
        self.figures.due(0);
    }
}

/// All in memory that share limits.
fn shared_tenants(core: &Core) -> Vec<TenantId> {
    let shares = |tenant: &Tenant| tenant.plan().has_shared_limits();
    let tenants = core.all_tenants().filter(shares);
    tenants.map(|tenant| tenant.id().clone()).collect()
}

/// Asks the store, for so long.
async fn ask(
    store: &dyn SharedOrigin,
    calls: &[Call],
    patience: Duration,
) -> Vec<Result<Reply, OriginError>> {
    let all_fail = |error: OriginError| calls.iter().map(|_| Err(error.clone())).collect();
    let Ok(replies) = timeout(patience, store.call(calls)).await else {
        return all_fail(OriginError::new(format!("no answer within {patience:?}")));
    };
    if replies.len() == calls.len() {
        let both = calls.iter().zip(replies);
        return both.map(|(call, reply)| answers_all(call, reply)).collect();
    }
    let (calls, replies) = (calls.len(), replies.len());
    all_fail(OriginError::new(format!(
        "gave {replies} replies to {calls} calls"
    )))
}

/// A reply that leaves asks without an answer is none: whoever waits would ask at once again, and in vain.
fn answers_all(call: &Call, reply: Result<Reply, OriginError>) -> Result<Reply, OriginError> {
    let (asks, answers) = (
        call.asks.len(),
        reply.as_ref().map_or(0, |r| r.answers.len()),
    );
    if reply.is_ok() && asks != answers {
        let message = format!("gave {answers} answers to {asks} asks");
        return Err(OriginError::new(message));
    }
    reply
}

/// Who is called for when nobody asks: each tenant once. The map is a hash map: nothing depends on its order.
#[derive(Debug, Default)]
struct Due {
    at: HashMap<TenantId, Instant>,
    order: BTreeSet<(Instant, TenantId)>,
}

impl Due {
    /// In so long, and at no other time.
    fn set(&mut self, id: TenantId, now: Instant, wait: Duration) {
        self.forget(&id);
        // So late is never.
        let Some(at) = now.checked_add(wait) else {
            return;
        };
        self.order.insert((at, id.clone()));
        self.at.insert(id, at);
    }

    fn forget(&mut self, id: &TenantId) {
        if let Some((id, at)) = self.at.remove_entry(id) {
            self.order.remove(&(at, id));
        }
    }

    /// When the first is due.
    fn next(&self) -> Option<Instant> {
        self.order.first().map(|(at, _)| *at)
    }

    /// One who is due at `now`.
    fn pop(&mut self, now: Instant) -> Option<TenantId> {
        let (at, id) = self.order.pop_first()?;
        if at > now {
            self.order.insert((at, id));
            return None;
        }
        self.at.remove(&id);
        Some(id)
    }
}
