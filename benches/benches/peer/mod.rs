//! The peers, each set up as its own docs say, with limits that no bench can reach.
#![allow(dead_code, reason = "each bench uses some of them")]

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use dashmap::DashMap;
use governor::clock::{DefaultClock, QuantaClock, QuantaUpkeepClock};
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use limitador::limit::{Context, Limit, Namespace};
use throttlecrab::PeriodicStore;

/// More than a bench can spend of those that count in `usize` and multiply.
pub(crate) const MUCH: usize = 1 << 40;

type Plain = NoOpMiddleware<<DefaultClock as governor::clock::Clock>::Instant>;
pub(crate) type Direct<C> = RateLimiter<NotKeyed, InMemoryState, C, Plain>;
pub(crate) type GovernorKeyed<C, S> = RateLimiter<String, DashMapStateStore<String, S>, C, Plain>;
pub(crate) type SipHash = std::hash::RandomState;
pub(crate) type FoldHash = foldhash::fast::RandomState;

fn plenty() -> Quota {
    Quota::per_second(NonZeroU32::MAX)
}

fn upkeep() -> QuantaUpkeepClock {
    QuantaUpkeepClock::from_interval(Duration::from_millis(1)).unwrap()
}

/// governor as its guide begins.
pub(crate) fn governor_direct() -> Direct<DefaultClock> {
    RateLimiter::direct(plenty())
}

pub(crate) fn governor_direct_upkeep() -> Direct<QuantaUpkeepClock> {
    RateLimiter::direct_with_clock(plenty(), upkeep())
}

/// One an hour, and that one is spent.
pub(crate) fn governor_exhausted() -> Direct<DefaultClock> {
    let limiter = RateLimiter::direct(Quota::per_hour(NonZeroU32::MIN));
    assert!(limiter.check().is_ok());
    limiter
}

/// governor by key, as its guide has it.
pub(crate) fn governor_keyed() -> GovernorKeyed<QuantaClock, SipHash> {
    RateLimiter::dashmap(plenty())
}

/// governor by key, at its best: the hash and the clock exchanged.
pub(crate) fn governor_keyed_best() -> GovernorKeyed<QuantaUpkeepClock, FoldHash> {
    let store = DashMap::with_hasher(FoldHash::default());
    RateLimiter::new(plenty(), store, upkeep())
}

/// `most` at once; refilled as much every hour, or every second where that is plenty.
pub(crate) fn leaky(most: usize) -> leaky_bucket::RateLimiter {
    let interval = Duration::from_secs(if most == 1 { 3_600 } else { 1 });
    let limiter = leaky_bucket::RateLimiter::builder()
        .max(most)
        .initial(most)
        .refill(most)
        .interval(interval)
        .build();
    if most == 1 {
        assert!(limiter.try_acquire(1));
    }
    limiter
}

pub(crate) fn ratelimit(most: u64) -> ratelimit::Ratelimiter {
    let period = Duration::from_secs(if most == 1 { 3_600 } else { 1 });
    let limiter = ratelimit::Ratelimiter::builder(most)
        .max_tokens(most)
        .initial_available(most)
        .period(period)
        .build()
        .unwrap();
    if most == 1 {
        assert!(limiter.try_wait().is_ok());
    }
    limiter
}

/// Limiters by key, for the peers that have no keys of their own.
pub(crate) struct Keyed<L> {
    limiters: DashMap<String, L, FoldHash>,
    make: fn() -> L,
}

impl<L> Keyed<L> {
    pub(crate) fn new(make: fn() -> L) -> Self {
        let limiters = DashMap::with_hasher(FoldHash::default());
        Self { limiters, make }
    }

    pub(crate) fn with<T>(&self, key: &str, ask: impl FnOnce(&L) -> T) -> T {
        if let Some(limiter) = self.limiters.get(key) {
            return ask(&limiter);
        }
        ask(&self
            .limiters
            .entry(key.to_owned())
            .or_insert_with(self.make))
    }
}

/// throttlecrab is `&mut`: its users put it behind a mutex, or an actor.
pub(crate) struct Throttlecrab(Mutex<throttlecrab::RateLimiter<PeriodicStore>>);

impl Throttlecrab {
    pub(crate) fn new(keys: u32) -> Self {
        let store = PeriodicStore::with_capacity(usize::try_from(keys).unwrap());
        Self(Mutex::new(throttlecrab::RateLimiter::new(store)))
    }

    pub(crate) fn ask(&self, key: &str) -> bool {
        let mut limiter = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (burst, count, seconds) = (1_000_000_000, 1_000_000_000, 1);
        let answer = limiter.rate_limit(key, burst, count, seconds, 1, SystemTime::now());
        answer.unwrap().0
    }
}

/// limitador in memory, one limit for each value of `tenant`.
pub(crate) struct Limitador {
    limiter: limitador::RateLimiter,
    namespace: Namespace,
}

impl Limitador {
    pub(crate) fn new() -> Self {
        Self::of(1 << 40, 60)
    }

    pub(crate) fn of(most: u64, seconds: u64) -> Self {
        let limiter = limitador::RateLimiter::new(2_000_000);
        let tenant = vec!["tenant".try_into().unwrap()];
        let added = limiter.add_limit(Limit::new("bench", most, seconds, vec![], tenant));
        assert!(added);
        let namespace = "bench".into();
        Self { limiter, namespace }
    }

    pub(crate) fn context(tenant: &str) -> Context<'static> {
        HashMap::from([("tenant".to_owned(), tenant.to_owned())]).into()
    }

    pub(crate) fn ask(&self, context: &Context<'_>) -> bool {
        let answer = self
            .limiter
            .check_rate_limited_and_update(&self.namespace, context, 1);
        !answer.unwrap().limited
    }
}
