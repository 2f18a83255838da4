//! Waiting for quota: first come first served, cancel-safe, woken when quota is freed.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::task::{JoinHandle, yield_now};
use tokio::time::Instant;
use tollgate::{
    Clock, Cost, DenialReason, Dimension, LimitConfig, OnDrop, Permit, Status, Tenant, TimeSource,
    Timestamp,
};

use crate::world::{config, secs};

/// The engine's time as tokio tells it, paused or not.
#[derive(Debug)]
struct TokioTime(Instant);

impl TimeSource for TokioTime {
    fn now(&self) -> Timestamp {
        Timestamp::from_nanos(1_767_225_600_000_000_000).saturating_add(self.0.elapsed())
    }
}

fn tenant(limits: impl IntoIterator<Item = LimitConfig>) -> Tenant {
    Tenant::new(&config(limits), Clock::custom(TokioTime(Instant::now()))).unwrap()
}

fn bucket(burst: u64) -> LimitConfig {
    LimitConfig::bucket("b", Dimension::Requests, 1, secs(1), burst)
}

fn slots(capacity: u64) -> LimitConfig {
    LimitConfig::concurrency("c", Dimension::Requests, capacity)
}

type Outcome = Result<Permit<'static>, (DenialReason, Option<Duration>)>;

/// A task that waits, with its own handle.
fn wait(tenant: &Tenant, cost: Cost, within: Option<Duration>) -> JoinHandle<Outcome> {
    let tenant = tenant.clone();
    tokio::spawn(async move {
        let acquire = tenant.acquire(cost);
        let outcome = match within {
            Some(within) => acquire.within(within).await,
            None => acquire.await,
        };
        let outcome = outcome.map(Permit::into_owned);
        outcome.map_err(|denial| (denial.reason(), denial.retry_after()))
    })
}

async fn settle() {
    for _ in 0..200 {
        yield_now().await;
    }
}

fn take(tenant: &Tenant, amount: u64) -> Permit<'static> {
    tenant
        .try_acquire(&Cost::requests(amount))
        .into_owned()
        .into_result()
        .unwrap()
}

#[tokio::test(start_paused = true)]
async fn waiters_are_admitted_in_the_order_of_asking_as_quota_comes() {
    let tenant = tenant([bucket(1)]);
    drop(take(&tenant, 1));
    let began = Instant::now();
    let order = Arc::new(Mutex::new(Vec::new()));
    let mut tasks = Vec::new();
    for number in 1_u32..=5 {
        let (tenant, order) = (tenant.clone(), Arc::clone(&order));
        tasks.push(tokio::spawn(async move {
            drop(tenant.acquire(Cost::request()).await.unwrap().keep());
            order.lock().unwrap().push((number, began.elapsed()));
        }));
        settle().await;
    }
    for task in tasks {
        task.await.unwrap();
    }
    let expected: Vec<_> = (1..=5)
        .map(|number| (number, secs(u64::from(number))))
        .collect();
    assert_eq!(*order.lock().unwrap(), expected);
}

#[tokio::test(start_paused = true)]
async fn a_large_cost_in_front_is_not_starved_by_small_ones_behind() {
    let tenant = tenant([bucket(4)]);
    drop(take(&tenant, 4));
    let began = Instant::now();
    let large = wait(&tenant, Cost::requests(4), None);
    settle().await;
    let small = wait(&tenant, Cost::requests(1), None);
    drop(large.await.unwrap().unwrap().keep());
    assert_eq!(began.elapsed(), secs(4));
    drop(small.await.unwrap().unwrap().keep());
    assert_eq!(began.elapsed(), secs(5));
}

#[tokio::test(start_paused = true)]
async fn a_wait_ends_at_its_deadline_with_the_denial_that_stood() {
    let tenant = tenant([bucket(10)]);
    drop(take(&tenant, 10));
    let began = Instant::now();
    let first = wait(&tenant, Cost::requests(9), Some(secs(5)));
    settle().await;
    let second = wait(&tenant, Cost::requests(1), Some(secs(2)));
    let denied = second.await.unwrap().unwrap_err();
    assert_eq!((denied.0, began.elapsed()), (DenialReason::Queued, secs(2)));
    let denied = first.await.unwrap().unwrap_err();
    assert_eq!((denied.0, began.elapsed()), (DenialReason::Quota, secs(5)));
    assert_eq!(
        tenant.usage().get("b").unwrap().remaining,
        5,
        "a wait in vain is free"
    );
    let at_once = tenant
        .acquire(Cost::requests(6))
        .within(Duration::ZERO)
        .await
        .unwrap_err();
    assert_eq!(at_once.reason(), DenialReason::Quota);
    let at_once = tenant
        .acquire(Cost::requests(5))
        .within(Duration::ZERO)
        .await;
    assert!(at_once.is_ok(), "no time to wait is time enough if it fits");
}

#[tokio::test(start_paused = true)]
async fn a_wait_without_end_is_no_error() {
    let tenant = tenant([bucket(1)]);
    drop(take(&tenant, 1));
    let permit = tenant.acquire(Cost::request()).within(Duration::MAX).await;
    drop(permit.unwrap().keep());
}

#[tokio::test(start_paused = true)]
async fn a_waiter_that_is_dropped_gives_up_its_place_and_charges_nothing() {
    let tenant = tenant([bucket(3)]);
    drop(take(&tenant, 3));
    let began = Instant::now();
    let first = wait(&tenant, Cost::requests(3), None);
    settle().await;
    let second = wait(&tenant, Cost::requests(2), None);
    settle().await;
    let third = wait(&tenant, Cost::requests(1), None);
    settle().await;
    second.abort();
    first.abort();
    drop(third.await.unwrap().unwrap().keep());
    assert_eq!(began.elapsed(), secs(1), "nobody is left in front");
    assert_eq!(tenant.usage().get("b").unwrap().used, 3);
}

#[tokio::test(start_paused = true)]
async fn a_freed_slot_wakes_who_waits_for_it() {
    let tenant = tenant([slots(1)]);
    let began = Instant::now();
    let held = take(&tenant, 1);
    let first = wait(&tenant, Cost::request(), None);
    let second = wait(&tenant, Cost::request(), Some(secs(9)));
    settle().await;
    assert!(!first.is_finished());
    drop(held);
    let held = first.await.unwrap().unwrap();
    settle().await;
    assert!(!second.is_finished(), "one slot, one waiter");
    let slot = held.settle(&Cost::request());
    settle().await;
    assert!(!second.is_finished(), "settling frees no slot");
    drop(slot);
    drop(second.await.unwrap().unwrap());
    assert_eq!(began.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_refund_a_settlement_a_swap_and_a_reset_wake_who_waits_for_quota() {
    let hour = |capacity| LimitConfig::sliding("s", Dimension::Requests, capacity, secs(3_600));
    for way in ["refund", "settle", "drop", "swap", "reset"] {
        let tenant = tenant([hour(10)]);
        let began = Instant::now();
        let permit = take(&tenant, 10);
        let waiting = wait(&tenant, Cost::requests(2), None);
        settle().await;
        assert!(!waiting.is_finished());
        match way {
            "refund" => drop(permit.refund()),
            "settle" => drop(permit.settle(&Cost::requests(8))),
            "drop" => drop(permit.on_drop(OnDrop::Refund)),
            "swap" => tenant.reconfigure(&config([hour(12)])).unwrap(),
            _ => tenant.reset(),
        }
        drop(waiting.await.unwrap().unwrap().keep());
        assert_eq!(began.elapsed(), Duration::ZERO, "{way}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_waits_while_the_tenant_is_suspended_is_denied_at_once() {
    let tenant = tenant([bucket(1)]);
    let held = take(&tenant, 1);
    let began = Instant::now();
    let waiting = [(); 3].map(|()| wait(&tenant, Cost::request(), None));
    settle().await;
    let suspended = config([bucket(1)]).status(Status::Suspended);
    tenant.reconfigure(&suspended).unwrap();
    for waiting in waiting {
        assert_eq!(
            waiting.await.unwrap().unwrap_err().0,
            DenialReason::Suspended
        );
    }
    assert_eq!(began.elapsed(), Duration::ZERO);
    drop(held);
    tenant.reconfigure(&config([bucket(1)])).unwrap();
    drop(tenant.acquire(Cost::request()).await.unwrap().keep());
}

/// Found by the audit of the first version: it waited for its turn, to be denied then.
#[tokio::test(start_paused = true)]
async fn what_can_never_be_admitted_is_denied_at_once_whoever_waits_in_front() {
    let tenant = tenant([bucket(5)]);
    drop(take(&tenant, 5));
    let first = wait(&tenant, Cost::requests(5), None);
    settle().await;
    let began = Instant::now();
    let never = wait(&tenant, Cost::requests(6), Some(secs(3)));
    assert_eq!(never.await.unwrap().unwrap_err().0, DenialReason::Never);
    assert_eq!(began.elapsed(), Duration::ZERO);
    first.abort();
}

#[tokio::test(start_paused = true)]
async fn one_more_than_the_room_holds_is_denied_as_queued() {
    let tenant = tenant([slots(1)]);
    let held = take(&tenant, 1);
    let waiting: Vec<_> = (0..10_000)
        .map(|_| wait(&tenant, Cost::request(), None))
        .collect();
    settle().await;
    settle().await;
    let denied = tenant.acquire(Cost::request()).await.unwrap_err();
    assert_eq!(denied.reason(), DenialReason::Queued);
    drop(held);
    for waiting in waiting {
        drop(waiting.await.unwrap().unwrap());
    }
    assert_eq!(tenant.usage().get("c").unwrap().used, 0);
}
