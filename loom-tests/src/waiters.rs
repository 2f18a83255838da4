//! Waiting for quota: whatever frees some while a waiter looks, the waiter wakes.
//!
//! The model's clock stands still and so does its timer: a waiter that misses the notice sleeps for ever, which
//! loom reports as a deadlock. tokio's mutex and semaphore are the real ones; loom takes each call for one step.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use loom::sync::Notify;
use tollgate::{DenialReason, Dimension, LimitConfig, OnDrop, Permit, Status};

use super::*;

/// Wakes the thread that runs a future.
struct Bell(Notify);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.notify();
    }
}

/// Runs `future` on this thread, which sleeps until it is woken.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    let bell = Arc::new(Bell(Notify::new()));
    let waker = Waker::from(Arc::clone(&bell));
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => bell.0.wait(),
        }
    }
}

/// Waits for one request and keeps it charged.
pub(crate) fn wait(tenant: &Tenant) -> Result<(), DenialReason> {
    wait_for(tenant, Cost::request())
}

pub(crate) fn wait_for(tenant: &Tenant, cost: Cost) -> Result<(), DenialReason> {
    let waited = block_on(tenant.acquire(cost).into_future());
    waited.map(drop).map_err(|denial| denial.reason())
}

fn held(tenant: &Tenant) -> Permit<'static> {
    let decision = tenant.try_acquire(&Cost::request()).into_owned();
    decision.into_result().unwrap()
}

fn slots(capacity: u64) -> TenantConfig {
    let requests = Dimension::Requests;
    config().limit(LimitConfig::concurrency("in-flight", requests, capacity))
}

/// A tenant of `plan` with one request taken, a waiter for another, and `free` beside it.
fn frees(
    name: &str,
    plan: &'static (impl Fn() -> TenantConfig + Sync),
    free: &'static (impl Fn(&Tenant, Permit<'static>) + Sync),
) {
    check(name, move || {
        let (tenant, _clock) = tenant(&plan());
        let permit = held(&tenant);
        let waiter = spawn(&tenant, wait);
        free(&tenant, permit);
        assert_eq!(waiter.join().unwrap(), Ok(()));
    });
}

fn one_a_minute() -> TenantConfig {
    config().requests_per_minute(1)
}

#[test]
fn a_slot_that_is_freed_wakes_who_waits_for_it() {
    frees("wait and free", &|| slots(1), &|_, permit| drop(permit));
}

#[test]
fn a_refund_wakes_who_waits_for_quota() {
    frees("wait and refund", &one_a_minute, &|_, permit| {
        drop(permit.refund());
    });
}

#[test]
fn a_permit_that_is_dropped_to_be_refunded_wakes_who_waits_for_quota() {
    frees("wait and drop", &one_a_minute, &|_, permit| {
        drop(permit.on_drop(OnDrop::Refund));
    });
}

#[test]
fn a_new_config_wakes_who_waits_for_quota() {
    frees("wait and swap", &one_a_minute, &|tenant, permit| {
        let more = config().requests_per_minute(2);
        tenant.reconfigure(&more).unwrap();
        drop(permit);
    });
}

#[test]
fn a_reset_wakes_who_waits_for_quota() {
    frees("wait and reset", &one_a_minute, &|tenant, permit| {
        tenant.reset();
        drop(permit);
    });
}

#[test]
fn a_suspension_ends_every_wait() {
    check("wait and suspend", || {
        let (tenant, _clock) = tenant(&one_a_minute());
        // Kept: a permit that is still held when a mutant deadlocks would panic in the cleaning up.
        drop(held(&tenant));
        let waiter = spawn(&tenant, wait);
        let suspended = one_a_minute().status(Status::Suspended);
        tenant.reconfigure(&suspended).unwrap();
        assert_eq!(waiter.join().unwrap(), Err(DenialReason::Suspended));
    });
}

#[test]
fn one_slot_that_is_freed_goes_round_to_all_who_wait() {
    check_three("two wait", || {
        let (tenant, _clock) = tenant(&slots(1));
        let permit = held(&tenant);
        let waiters = [spawn(&tenant, wait), spawn(&tenant, wait)];
        drop(permit);
        for waiter in waiters {
            assert_eq!(waiter.join().unwrap(), Ok(()));
        }
        assert_eq!(used(&tenant, "in-flight"), 0);
    });
}

#[test]
fn a_waiter_that_goes_away_takes_no_wake_up_with_it() {
    check_three("wait and leave", || {
        let (tenant, _clock) = tenant(&slots(1));
        let permit = held(&tenant);
        let leaver = spawn(&tenant, |tenant| {
            let mut wait = pin!(tenant.acquire(Cost::request()).into_future());
            let mut nobody = Context::from_waker(Waker::noop());
            wait.as_mut().poll(&mut nobody).is_ready()
        });
        let stayer = spawn(&tenant, wait);
        drop(permit);
        let _got_it = leaver.join().unwrap();
        assert_eq!(stayer.join().unwrap(), Ok(()));
    });
}
