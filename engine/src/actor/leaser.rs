//! Takes claims to the origin and brings back what it grants: for durable limits.

use std::collections::{HashSet, VecDeque};
use std::sync::Weak;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{Mutex, mpsc, watch};
use tokio::task::{JoinError, JoinHandle, JoinSet};
use tokio::time::{Instant, sleep_until, timeout};

use super::desk::Desk;
use super::supervisor::{self, OnStop};
use crate::engine::Core;
use crate::origin::{Account, Claim, Origin, OriginError};
use crate::sync::Arc;
use crate::tenant::Tenant;
use crate::tenant_id::TenantId;

/// Exchanges under way at most.
const MOST_EXCHANGES: usize = 4;
/// Tenants that share an exchange at most.
const MOST_TOGETHER: usize = 64;
/// The pause after an exchange that failed; it doubles with each that fails.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// How long giving everything back may take when the engine stops.
const LAST_CALLS: Duration = Duration::from_secs(5);

/// What came of an exchange: whose it was, and what the origin said.
type Outcome = (Vec<TenantId>, Result<Vec<(Claim, Account)>, OriginError>);

pub(super) fn start(
    core: &Arc<Core>,
    origin: Arc<dyn Origin>,
    mailbox: mpsc::UnboundedReceiver<TenantId>,
    stopped: watch::Receiver<bool>,
    runtime: &Handle,
) -> JoinHandle<()> {
    let core = Arc::downgrade(core);
    // The mailbox outlives a leaser that panics: the next one goes on with it.
    let mailbox = Arc::new(Mutex::new(mailbox));
    let grace = OnStop::LetFinish(LAST_CALLS.saturating_mul(2));
    let told = stopped.clone();
    supervisor::supervise("leaser", runtime, grace, stopped, move || {
        let (mailbox, mut told) = (Arc::clone(&mailbox), told.clone());
        let mut leaser = Leaser::new(Weak::clone(&core), Arc::clone(&origin));
        async move {
            let mut mailbox = mailbox.lock().await;
            while leaser.turn(&mut mailbox, &mut told).await {}
            leaser.leave().await;
        }
    })
}

struct Leaser {
    core: Weak<Core>,
    origin: Arc<dyn Origin>,
    exchanges: JoinSet<Outcome>,
    /// Who waits for a place in an exchange.
    waiting: VecDeque<TenantId>,
    /// Who waits or is under way: each once, so that no claim of a tenant overtakes another. A hash set: nothing depends
    /// on its order.
    taken_up: HashSet<TenantId>,
    /// How many share an exchange: one after a failure, so that a tenant whose claims fail each time holds up no other.
    together: usize,
    pause: Duration,
    /// No exchange begins before, since one has failed.
    not_before: Option<Instant>,
}

impl Leaser {
    /// A leaser that begins with those for whom one that panicked was on the way.
    fn new(core: Weak<Core>, origin: Arc<dyn Origin>) -> Self {
        let on_errand = |tenant: &Tenant| tenant.state().is_on_errand();
        // The word that some of them left may still be in the mailbox.
        let waiting = core.upgrade().map(|core| {
            let tenants = core.all_tenants().filter(on_errand);
            tenants.map(|tenant| tenant.id().clone()).collect()
        });
        let waiting: VecDeque<_> = waiting.unwrap_or_default();
        Self {
            taken_up: waiting.iter().cloned().collect(),
            waiting,
            core,
            origin,
            exchanges: JoinSet::new(),
            together: MOST_TOGETHER,
            pause: FIRST_PAUSE,
            not_before: None,
        }
    }

    /// Takes up who wants to be taken up, or finishes one exchange; says whether to go on.
    async fn turn(
        &mut self,
        mailbox: &mut mpsc::UnboundedReceiver<TenantId>,
        stopped: &mut watch::Receiver<bool>,
    ) -> bool {
        self.begin();
        let resume_at = self.not_before.unwrap_or_else(Instant::now);
        tokio::select! {
            biased;
            () = supervisor::stop(stopped) => return false,
            Some(done) = self.exchanges.join_next() => self.finish(done),
            () = sleep_until(resume_at), if self.not_before.is_some() => self.not_before = None,
            id = mailbox.recv() => match id {
                Some(id) => self.take_up(id),
                None => return false,
            },
        }
        while let Ok(id) = mailbox.try_recv() {
            self.take_up(id);
        }
        true
    }

    fn take_up(&mut self, id: TenantId) {
        if self.taken_up.insert(id.clone()) {
            self.waiting.push_back(id);
        }
    }

    /// Begins as many exchanges as may be under way.
    fn begin(&mut self) {
        while self.not_before.is_none() && self.exchanges.len() < MOST_EXCHANGES {
            let most = std::cmp::min(self.together, self.waiting.len());
            let ids: Vec<_> = self.waiting.drain(..most).collect();
            if ids.is_empty() {
                return;
            }
            self.exchange(ids, false);
        }
    }

    fn exchange(&mut self, ids: Vec<TenantId>, leave: bool) {
        let Some(core) = self.core.upgrade() else {
            return;
        };
        let (Some(desk), Some(slice)) = (core.desk().cloned(), core.slice()) else {
            return;
        };
        let tenants = ids.iter().filter_map(|id| core.resident(id));
        let claims: Vec<_> = tenants
            .flat_map(|tenant| tenant.state().claims(slice, leave))
            .collect();
        let origin = Arc::clone(&self.origin);
        self.exchanges.spawn(async move {
            let answer = ask(&*origin, &claims, desk.patience()).await;
            (
                ids,
                answer.map(|accounts| claims.into_iter().zip(accounts).collect()),
            )
        });
    }

    fn finish(&mut self, done: Result<Outcome, JoinError>) {
        let Some(core) = self.core.upgrade() else {
            return;
        };
        let (ids, answer) = match done {
            Ok(outcome) => outcome,
            // The origin's own panic: this leaser is started again, and finds who was under way.
            Err(panic) if panic.is_panic() => std::panic::resume_unwind(panic.into_panic()),
            Err(_) => return,
        };
        let residents = || ids.iter().filter_map(|id| core.resident(id));
        match answer {
            Ok(answers) => {
                // Who claimed nothing has not heard of the origin.
                if !answers.is_empty() {
                    self.succeed(core.desk());
                }
                // Before they are told: then they may leave word anew.
                for id in &ids {
                    self.taken_up.remove(id);
                }
                for tenant in residents() {
                    let theirs: Vec<_> = answers
                        .iter()
                        .filter(|(claim, _)| claim.tenant == *tenant.id())
                        .cloned()
                        .collect();
                    tenant.state().settle_accounts(&theirs);
                }
            }
            Err(error) => {
                self.fail(core.desk(), &error);
                for tenant in residents() {
                    tenant.state().wake();
                }
                self.waiting.extend(ids);
            }
        }
    }

    fn succeed(&mut self, desk: Option<&Desk>) {
        if desk.is_some_and(Desk::says_up) {
            tracing::info!("the origin answers again");
        }
        self.pause = FIRST_PAUSE;
        self.together = std::cmp::min(self.together.saturating_mul(2), MOST_TOGETHER);
    }

    fn fail(&mut self, desk: Option<&Desk>, error: &OriginError) {
        if desk.is_some_and(Desk::says_down) {
            tracing::error!(%error, cause = ?std::error::Error::source(error), "the origin does not answer: durable limits admit what was granted before");
        }
        self.not_before = Some(
            Instant::now()
                .checked_add(self.pause)
                .unwrap_or_else(Instant::now),
        );
        self.pause = std::cmp::min(self.pause.saturating_mul(2), LONGEST_PAUSE);
        self.together = 1;
    }

    /// The engine stops: what is under way is finished, and all that was granted and not spent is given back.
    async fn leave(&mut self) {
        let Some(core) = self.core.upgrade() else {
            return;
        };
        let last_calls = async {
            while let Some(done) = self.exchanges.join_next().await {
                self.finish(done);
            }
            let durable = |tenant: &Tenant| tenant.plan().has_durable_limits();
            let ids: Vec<_> = core
                .all_tenants()
                .filter(durable)
                .map(|tenant| tenant.id().clone())
                .collect();
            for ids in ids.chunks(MOST_TOGETHER) {
                self.exchange(ids.to_vec(), true);
                while let Some(done) = self.exchanges.join_next().await {
                    self.finish(done);
                }
            }
        };
        if timeout(LAST_CALLS, last_calls).await.is_err() {
            tracing::error!(
                "the engine stops before all that the origin had granted was given back"
            );
        }
        // Nobody goes to the origin any more, so that nobody is to wait for it.
        if let Some(desk) = core.desk() {
            desk.says_down();
        }
    }
}

/// Asks the origin, for so long; no claims need no answer.
async fn ask(
    origin: &dyn Origin,
    claims: &[Claim],
    patience: Duration,
) -> Result<Vec<Account>, OriginError> {
    if claims.is_empty() {
        return Ok(Vec::new());
    }
    let accounts = match timeout(patience, origin.exchange(claims)).await {
        Ok(accounts) => accounts?,
        Err(_) => return Err(OriginError::new(format!("no answer within {patience:?}"))),
    };
    if accounts.len() == claims.len() {
        Ok(accounts)
    } else {
        let (claims, accounts) = (claims.len(), accounts.len());
        Err(OriginError::new(format!(
            "gave {accounts} accounts for {claims} claims"
        )))
    }
}
