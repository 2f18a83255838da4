//! Counters in the node, added up in Redis now and then: no round trip for a request, and what other nodes admit meanwhile is
//! not known.

use std::collections::BTreeMap;
use std::future::{Future, ready};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use redis::Pipeline;
use redis::aio::ConnectionManager;
use tokio::time::{MissedTickBehavior, interval};

use super::{Limiter, Setup, Verdict};
use crate::Failure;

/// So often what was counted is told, and what others told is heard.
const EVERY: Duration = Duration::from_millis(100);

/// A sliding window of sub-windows, each a number in Redis.
///
/// As good as its kind can be: it has the sub-windows that tollgate has, and takes what it counts for told only when Redis
/// has said so.
#[derive(Debug)]
pub struct WriteBehind {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    connection: ConnectionManager,
    tenants: Vec<Tenant>,
    limit: u64,
    /// The length of a sub-window, in microseconds.
    step: u64,
    /// How many of them add up.
    rows: u64,
    calls: AtomicU64,
}

#[derive(Debug)]
struct Tenant {
    name: String,
    counts: Mutex<BTreeMap<u64, Count>>,
}

/// Of one sub-window.
#[derive(Debug, Default, Clone, Copy)]
struct Count {
    /// What Redis has of all nodes, as of the last time.
    told: u64,
    /// What it was not told yet.
    untold: u64,
}

impl Limiter for WriteBehind {
    const LOCAL: bool = true;

    async fn start(setup: &Setup) -> Result<Self, Failure> {
        let parts = u64::from(std::cmp::max(setup.sub_windows, 1));
        let micros = u64::try_from(setup.window.as_micros())?;
        let tenant = |name: &String| Tenant {
            name: name.clone(),
            counts: Mutex::default(),
        };
        let shared = Arc::new(Shared {
            connection: super::per_request::connect(setup)?,
            tenants: setup.tenants.iter().map(tenant).collect(),
            limit: setup.limit,
            step: micros.div_ceil(parts),
            rows: parts.saturating_add(1),
            calls: AtomicU64::new(0),
        });
        shared.tell_all().await;
        tokio::spawn(tell_for_ever(Arc::clone(&shared)));
        Ok(Self { shared })
    }

    fn try_admit(&self, tenant: usize) -> Option<Verdict> {
        Some(self.shared.admit(tenant))
    }

    fn admit(self: &Arc<Self>, tenant: usize) -> impl Future<Output = Verdict> + Send + 'static {
        ready(self.shared.admit(tenant))
    }

    fn calls(&self) -> u64 {
        self.shared.calls.load(Ordering::Relaxed)
    }

    async fn end(&self) {
        self.shared.tell_all().await;
    }
}

async fn tell_for_ever(shared: Arc<Shared>) {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        shared.tell_all().await;
    }
}

impl Shared {
    fn admit(&self, tenant: usize) -> Verdict {
        let Some(tenant) = self.tenants.get(tenant) else {
            return Verdict::Failed;
        };
        let now = self.row();
        let mut counts = tenant.lock();
        let sum: u64 = counts
            .range(self.first(now)..)
            .map(|(_, count)| count.told.saturating_add(count.untold))
            .sum();
        if sum >= self.limit {
            return Verdict::Denied;
        }
        let count = counts.entry(now).or_default();
        count.untold = count.untold.saturating_add(1);
        Verdict::Admitted
    }

    /// The sub-window that it is, by the time of day.
    fn row(&self) -> u64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let micros = since.map_or(0, |since| since.as_micros());
        let row = micros.checked_div(u128::from(self.step)).unwrap_or(0);
        u64::try_from(row).unwrap_or(0)
    }

    /// The first sub-window that still counts.
    fn first(&self, now: u64) -> u64 {
        now.saturating_add(1).saturating_sub(self.rows)
    }

    async fn tell_all(&self) {
        for tenant in &self.tenants {
            // What could not be told is told the next time; maybe it was, then it counts twice, which is the safe side.
            let _again = self.tell(tenant).await;
        }
    }

    async fn tell(&self, tenant: &Tenant) -> Result<(), Failure> {
        let now = self.row();
        let first = self.first(now);
        let untold: Vec<(u64, u64)> = {
            let counts = tenant.lock();
            let untold = counts.iter().filter(|(_, count)| count.untold > 0);
            untold.map(|(row, count)| (*row, count.untold)).collect()
        };
        let key = |row: u64| format!("write-behind:{{{}}}:{row}", tenant.name);
        let mut pipe = Pipeline::new();
        for (row, amount) in &untold {
            pipe.incr(key(*row), *amount).ignore();
            let keep = self.step.saturating_mul(self.rows).saturating_mul(2);
            let keep = i64::try_from(keep.checked_div(1_000).unwrap_or(0)).unwrap_or(i64::MAX);
            pipe.pexpire(key(*row), keep).ignore();
        }
        pipe.mget((first..=now).map(key).collect::<Vec<_>>());
        let commands = untold.len().saturating_mul(2).saturating_add(1);
        let commands = u64::try_from(commands).unwrap_or(u64::MAX);
        self.calls.fetch_add(commands, Ordering::Relaxed);
        let (sums,): (Vec<Option<u64>>,) = pipe.query_async(&mut self.connection.clone()).await?;

        let mut counts = tenant.lock();
        for (row, amount) in untold {
            let count = counts.entry(row).or_default();
            count.untold = count.untold.saturating_sub(amount);
        }
        for (row, sum) in (first..=now).zip(sums) {
            counts.entry(row).or_default().told = sum.unwrap_or(0);
        }
        *counts = counts.split_off(&first);
        Ok(())
    }
}

impl Tenant {
    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<u64, Count>> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
