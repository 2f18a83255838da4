//! A cluster: which server has which slot, and what becomes of calls to each.
//!
//! Each server's calls go by themselves, within a time limit of their own. redis-rs has a client for clusters, but it lets
//! all calls wait while it looks for who has moved where; servers that are up would be held up by one that is down.

mod map;
mod together;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use redis::{ConnectionInfo, Pipeline, Value};
use tokio::time::{Instant, timeout};

use self::map::{Map, Server};
use self::together::{all, first};
use crate::error::Failure;
use crate::exchange;
use crate::script::{Made, Text};

/// Nobody asks more often than that who has which slot.
const PAUSE: Duration = Duration::from_millis(100);

/// # Concurrency
/// Who has which slot is known under a lock that is held for a look, or for a change, and never while anybody waits.
#[derive(Debug)]
pub(crate) struct Cluster {
    timeout: Duration,
    map: Mutex<Map>,
    /// Held by who asks the servers, with when that was done last.
    asked: tokio::sync::Mutex<Option<Instant>>,
}

type Outcome = Result<Value, Failure>;

impl Cluster {
    pub(crate) fn new(seeds: Vec<ConnectionInfo>, timeout: Duration) -> Self {
        Self {
            timeout,
            map: Mutex::new(Map::new(seeds)),
            asked: tokio::sync::Mutex::default(),
        }
    }

    /// What came of each call, in their order.
    pub(crate) async fn run(self: &Arc<Self>, script: &Text, calls: &[Made]) -> Vec<Outcome> {
        if calls
            .iter()
            .any(|call| self.map().owner(call.slot).is_none())
        {
            self.learn().await;
        }
        let everything = (0..calls.len()).collect();
        let mut outcomes: BTreeMap<_, _> = self.round(script, calls, everything).await;
        let moved: Vec<_> = outcomes
            .iter()
            .filter(|(_, outcome)| self.follow(outcome))
            .map(|(at, _)| *at)
            .collect();
        let is_stale = !moved.is_empty() || outcomes.values().any(may_have_a_new_owner);
        if !moved.is_empty() {
            outcomes.extend(self.round(script, calls, moved).await);
        }
        if is_stale {
            let cluster = Arc::clone(self);
            drop(tokio::spawn(async move { cluster.learn().await }));
        }
        let places = calls.iter().enumerate();
        let outcome = |(at, call): (usize, &Made)| {
            let missing = Err(Failure::NoServer(call.slot));
            outcomes.remove(&at).unwrap_or(missing)
        };
        places.map(outcome).collect()
    }

    /// Some of the calls, each to who has its slot; all servers at once.
    async fn round(
        &self,
        script: &Text,
        calls: &[Made],
        some: Vec<usize>,
    ) -> BTreeMap<usize, Outcome> {
        let mut parts: BTreeMap<Arc<str>, (Arc<Server>, Vec<usize>)> = BTreeMap::new();
        for at in some {
            let owner = calls.get(at).and_then(|call| self.map().owner(call.slot));
            if let Some(owner) = owner {
                let address = Arc::clone(&owner.address);
                let part = parts.entry(address).or_insert_with(|| (owner, Vec::new()));
                part.1.push(at);
            }
        }
        let parts = parts.into_values().map(|(server, places)| async move {
            let made: Vec<_> = places.iter().filter_map(|at| calls.get(*at)).collect();
            let outcomes = self.at(&server, script, &made).await;
            places.into_iter().zip(outcomes).collect::<Vec<_>>()
        });
        all(parts).await.into_iter().flatten().collect()
    }

    async fn at(&self, server: &Server, script: &Text, calls: &[&Made]) -> Vec<Outcome> {
        let failure = match timeout(self.timeout, exchange::run(&server.way, script, calls)).await {
            Ok(Ok(said)) => return said.into_iter().map(|said| Ok(said?)).collect(),
            Ok(Err(error)) => Failure::Redis(error),
            Err(_) => {
                server.way.was_silent();
                Failure::TimedOut(self.timeout)
            }
        };
        calls.iter().map(|_| Err(failure.clone())).collect()
    }

    /// If a server has said that somebody else has the slot, it is taken at its word.
    fn follow(&self, outcome: &Outcome) -> bool {
        let Err(Failure::Redis(error)) = outcome else {
            return false;
        };
        let moved = error.code() == Some("MOVED");
        match error.redirect_node().filter(|_| moved) {
            Some((address, slot)) => self.map().has_moved(slot, address),
            None => false,
        }
    }

    /// Asks who has which slot, unless somebody has just done so.
    async fn learn(&self) {
        let mut asked = self.asked.lock().await;
        if asked.is_some_and(|at| at.elapsed() < PAUSE) {
            return;
        }
        let mut command = Pipeline::new();
        command.cmd("CLUSTER").arg("SLOTS");
        let command = &command;
        let servers = self.map().everybody();
        let answers = servers.into_iter().map(|server| async move {
            let values = server.way.exchange(command).await.ok()?;
            map::read(values, server.host())
        });
        // Whoever is first: one that is down must not be waited for. Should it be behind the times, whom it names wrongly says
        // so, and it is asked again.
        if let Ok(Some(slots)) = timeout(self.timeout, first(answers)).await {
            self.map().replace(&slots);
        }
        *asked = Some(Instant::now());
    }

    fn map(&self) -> MutexGuard<'_, Map> {
        self.map.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether it is worth asking who has the slot.
fn may_have_a_new_owner(outcome: &Outcome) -> bool {
    match outcome {
        Ok(_) | Err(Failure::Garbled) => false,
        Err(Failure::TimedOut(_) | Failure::NoServer(_)) => true,
        Err(Failure::Redis(error)) => {
            error.is_io_error()
                || error.is_connection_dropped()
                || error.code().is_some_and(|code| NEW_OWNER.contains(&code))
        }
    }
}

/// What a server says that has a slot no more, or not yet, or not for certain.
const NEW_OWNER: [&str; 4] = ["ASK", "MOVED", "CLUSTERDOWN", "TRYAGAIN"];
