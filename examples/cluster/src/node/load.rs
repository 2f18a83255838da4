//! The load on a node: requests that come when they like, whether or not the ones before were answered.

use std::borrow::Cow;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;

use super::Task;
use super::tally::Tally;
use crate::limiter::{Limiter, Verdict};
use crate::log::{Admission, Costs, Journal};
use crate::random::Random;
use crate::{Failure, clock};

/// The most decisions that are waited for at once.
const MOST_IN_FLIGHT: u64 = 20_000;
/// A node that was not let run for so long does not make up for it.
const LONGEST_PAUSE: u64 = 1_000_000_000;
/// tokio's clock ticks so often.
const TICK: Duration = Duration::from_millis(1);

/// All that a request needs.
#[derive(Debug)]
pub(super) struct Load<L> {
    desk: Arc<Desk<L>>,
    random: Random,
    rate: f64,
    start: u64,
}

#[derive(Debug)]
struct Desk<L> {
    limiter: Arc<L>,
    journal: Journal,
    tally: Arc<Tally>,
    node: u32,
    life: u32,
    tenants: Vec<String>,
}

impl<L: Limiter> Load<L> {
    pub(super) fn new(limiter: Arc<L>, journal: Journal, tally: Arc<Tally>, task: &Task) -> Self {
        let desk = Arc::new(Desk {
            limiter,
            journal,
            tally,
            node: task.node,
            life: task.life,
            tenants: task.setup.tenants.clone(),
        });
        Self {
            desk,
            random: Random::new(task.seed),
            rate: task.rate,
            start: task.start_ns,
        }
    }

    /// Makes requests until it is told to stop. Gives the limiter back.
    pub(super) async fn run(
        mut self,
        mut stopped: watch::Receiver<bool>,
    ) -> Result<Arc<L>, Failure> {
        let mut next = std::cmp::max(self.start, clock::now());
        while !*stopped.borrow() {
            let now = clock::now();
            next = std::cmp::max(next, now.saturating_sub(LONGEST_PAUSE));
            while next <= now {
                next = next.saturating_add(self.random.gap(self.rate));
                self.request()?;
            }
            let pause = Duration::from_nanos(next.saturating_sub(now));
            // Several may be due after one sleep, which is what a busy machine looks like anyway.
            let sleep = sleep(std::cmp::max(pause, TICK));
            tokio::select! {
                () = sleep => {}
                _stop = stopped.changed() => {}
            }
        }
        Ok(Arc::clone(&self.desk.limiter))
    }

    /// Makes one. If it must wait for the answer, somebody else does.
    fn request(&mut self) -> Result<(), Failure> {
        let desk = &self.desk;
        let tenants = u64::try_from(desk.tenants.len())?;
        let tenant = usize::try_from(self.random.below(tenants))?;
        let asked = clock::now();
        if let Some(verdict) = desk.limiter.try_admit(tenant) {
            return desk.done(tenant, verdict, Times::until_now(asked, asked), true);
        }
        if desk.tally.begin() > MOST_IN_FLIGHT {
            desk.tally.finish();
            desk.tally.dropped();
            return Ok(());
        }
        let desk = Arc::clone(desk);
        let answer = desk.limiter.admit(tenant);
        tokio::spawn(async move {
            let (verdict, from) = watched(answer, asked, L::LOCAL).await;
            let times = Times::until_now(asked, from);
            if let Err(error) = desk.done(tenant, verdict, times, false) {
                // An admission that nobody knows of would make the audit a lie.
                eprintln!("error: {error}");
                std::process::abort();
            }
            desk.tally.finish();
        });
        Ok(())
    }
}

/// When a request was asked for, from when on it may have been decided, and when the answer was there.
#[derive(Debug, Clone, Copy)]
struct Times {
    asked: u64,
    from: u64,
    at: u64,
}

impl Times {
    fn until_now(asked: u64, from: u64) -> Self {
        let at = clock::now();
        Self { asked, from, at }
    }
}

/// The answer, and a time before which it was not decided.
async fn watched(answer: impl Future<Output = Verdict>, asked: u64, local: bool) -> (Verdict, u64) {
    let mut answer = pin!(answer);
    poll_fn(|cx| {
        let from = if local { clock::now() } else { asked };
        answer.as_mut().poll(cx).map(|verdict| (verdict, from))
    })
    .await
}

impl<L> Desk<L> {
    /// What is admitted is written down before it is done.
    fn done(
        &self,
        tenant: usize,
        verdict: Verdict,
        times: Times,
        local: bool,
    ) -> Result<(), Failure> {
        let Times { asked, from, at } = times;
        if verdict == Verdict::Admitted {
            let tenant = self.tenants.get(tenant).ok_or("no such tenant")?;
            self.journal.write(&Admission {
                node: self.node,
                life: self.life,
                tenant: Cow::Borrowed(tenant),
                ns: at,
                from_ns: from,
                costs: Costs { requests: 1 },
            })?;
        }
        self.tally.decided(verdict, at.saturating_sub(asked), local);
        Ok(())
    }
}
