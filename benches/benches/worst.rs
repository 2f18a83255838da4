//! What does each really admit within one window, in the worst interval that an adversary finds?
//!
//! `cargo bench -p benches --bench worst`. Each limiter is told "100 in a window". The adversary begins with
//! one request or none, waits for some part of a window, and from then on asks as often as it can. Of all
//! that was admitted, the interval of one window's length with the most in it counts. Every clock is the
//! bench's, but limitador's, which no caller can move: it has windows of a real second.
#![expect(clippy::unwrap_used, reason = "a bench that can't be set up must stop")]

mod peer;

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};

use benches::{Table, id, measuring};
use governor::clock::FakeRelativeClock;
use tollgate::{Clock, Cost, Dimension, LimitConfig, ManualClock, Tenant, TenantConfig};

use peer::Limitador;

/// What one window may hold.
const LIMIT: u32 = 100;
const WINDOW: Duration = Duration::from_secs(60);
/// How often the adversary asks in a window.
const STEPS: u32 = 600;

/// Whether one more request is admitted, this long after the beginning.
type Ask = Box<dyn FnMut(Duration) -> bool>;

/// Makes a limiter that nobody has asked yet.
type Make = fn() -> Ask;

fn main() {
    let table = Table::new(&["limiter, 100 in a window", "worst window", "of the limit"]);
    let table = contestants()
        .into_iter()
        .fold(table, |table, (name, make)| {
            table.row(&line(name, worst(make)))
        });
    // It needs real time, and a table of few plans is no finding.
    if measuring() {
        let name = "limitador, in memory (fixed window, real time)";
        table.row(&line(name, worst_limitador())).print();
    }
}

fn line(name: &str, most: u32) -> [String; 3] {
    let share = f64::from(most) / f64::from(LIMIT);
    [name.to_owned(), most.to_string(), format!("{share:.2} ×")]
}

fn contestants() -> Vec<(&'static str, Make)> {
    let sliding =
        || ours(|| LimitConfig::sliding("l", Dimension::Requests, u64::from(LIMIT), WINDOW));
    let coarse = || {
        ours(|| {
            LimitConfig::sliding("l", Dimension::Requests, u64::from(LIMIT), WINDOW).sub_windows(6)
        })
    };
    let bucket = || {
        ours(|| {
            LimitConfig::bucket(
                "l",
                Dimension::Requests,
                u64::from(LIMIT),
                WINDOW,
                u64::from(LIMIT),
            )
        })
    };
    vec![
        ("tollgate, sliding (the default)", sliding),
        ("tollgate, sliding, 6 sub-windows", coarse),
        ("tollgate, bucket with a burst of 100", bucket),
        ("governor", governor),
        ("leaky-bucket", leaky_bucket),
        ("ratelimit", ratelimit),
        ("throttlecrab", throttlecrab),
    ]
}

/// The worst window over all of the adversary's plans.
fn worst(make: Make) -> u32 {
    let waits = if measuring() { 0..=STEPS } else { 0..=2 };
    let plans = waits.flat_map(|wait| [(false, wait), (true, wait)]);
    let most = plans.map(|(herald, wait)| fullest(&attack(make(), herald, wait)));
    most.max().unwrap_or(0)
}

/// When requests were admitted, by a limiter that is asked as often as possible for three windows.
///
/// `herald`: whether one request goes ahead at the beginning; `wait`: the step at which the rest begins.
fn attack(mut ask: Ask, herald: bool, wait: u32) -> Vec<Duration> {
    let mut admitted = Vec::new();
    if herald && ask(Duration::ZERO) {
        admitted.push(Duration::ZERO);
    }
    for step in wait..3 * STEPS {
        let now = WINDOW * step / STEPS;
        while ask(now) {
            admitted.push(now);
        }
    }
    admitted
}

/// The most that lie in an interval of one window's length, its end not included.
fn fullest(admitted: &[Duration]) -> u32 {
    let count = |&from: &Duration| {
        let end = admitted.partition_point(|&at| at < from + WINDOW);
        end - admitted.partition_point(|&at| at < from)
    };
    u32::try_from(admitted.iter().map(count).max().unwrap_or(0)).unwrap()
}

fn ours(limit: fn() -> LimitConfig) -> Ask {
    let clock = ManualClock::new();
    let config = TenantConfig::new(id(0)).limit(limit());
    let tenant = Tenant::new(&config, Clock::manual(&clock)).unwrap();
    let cost = Cost::request();
    let began = clock.now();
    Box::new(move |now| {
        clock.set(began.saturating_add(now));
        tenant.try_acquire(&cost).is_admitted()
    })
}

fn governor() -> Ask {
    let clock = FakeRelativeClock::default();
    let most = NonZeroU32::new(LIMIT).unwrap();
    let quota = governor::Quota::with_period(WINDOW / LIMIT)
        .unwrap()
        .allow_burst(most);
    let limiter = governor::RateLimiter::direct_with_clock(quota, clock.clone());
    let mut last = Duration::ZERO;
    Box::new(move |now| {
        clock.advance(now.saturating_sub(last));
        last = now;
        limiter.check().is_ok()
    })
}

/// tokio's clock, held, moves it. Refilled once a window, or little by little: its docs show both.
fn leaky_bucket() -> Ask {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    let limiter = runtime.block_on(async {
        leaky_bucket::RateLimiter::builder()
            .max(100)
            .initial(100)
            .refill(100)
            .interval(WINDOW)
            .build()
    });
    let mut last = Duration::ZERO;
    Box::new(move |now| {
        runtime.block_on(async {
            tokio::time::advance(now.saturating_sub(last)).await;
            last = now;
            limiter.try_acquire(1)
        })
    })
}

#[derive(Clone, Default)]
struct Held(Arc<AtomicU64>);

impl ratelimit::Clock for Held {
    fn elapsed(&self) -> Duration {
        Duration::from_nanos(self.0.load(Ordering::Relaxed))
    }
}

fn ratelimit() -> Ask {
    let clock = Held::default();
    let limiter = ratelimit::Builder::with_clock(u64::from(LIMIT), clock.clone())
        .period(WINDOW)
        .max_tokens(u64::from(LIMIT))
        .initial_available(u64::from(LIMIT))
        .build()
        .unwrap();
    Box::new(move |now| {
        let nanos = u64::try_from(now.as_nanos()).unwrap();
        clock.0.store(nanos, Ordering::Relaxed);
        limiter.try_wait().is_ok()
    })
}

fn throttlecrab() -> Ask {
    let mut limiter = throttlecrab::RateLimiter::new(throttlecrab::PeriodicStore::new());
    let began = SystemTime::now();
    let most = i64::from(LIMIT);
    Box::new(move |now| {
        let answer = limiter.rate_limit("tenant", most, most, 60, 1, began + now);
        answer.unwrap().0
    })
}

/// One request opens its window; a burst just before that ends, and one just after.
fn worst_limitador() -> u32 {
    let limiter = Limitador::of(u64::from(LIMIT), 1);
    let context = Limitador::context("tenant");
    let began = Instant::now();
    assert!(limiter.ask(&context));
    sleep(Duration::from_millis(900));
    let mut admitted = Vec::new();
    while began.elapsed() < Duration::from_millis(1_500) {
        if limiter.ask(&context) {
            admitted.push(began.elapsed());
        }
    }
    // All of these lie within 600 ms of a window of 1 s.
    u32::try_from(admitted.len()).unwrap()
}
