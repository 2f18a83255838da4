//! What was found by those who tried to get more than a limit holds, or to be denied what it has.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tollgate::Period;
use tollgate::cluster::{Call, Calling};

use super::trouble::Forgetful;
use super::*;

const HOUR: Duration = Duration::from_hours(1);

fn hourly(capacity: u64) -> LimitConfig {
    LimitConfig::sliding("budget", Dimension::Tokens, capacity, HOUR)
}

fn calendar(capacity: u64, period: Period) -> LimitConfig {
    LimitConfig::calendar("budget", Dimension::Tokens, capacity, period)
}

#[tokio::test(start_paused = true)]
async fn a_limit_that_is_changed_and_changed_back_is_not_granted_twice() {
    let others = [
        acme(minute(100)),
        TenantConfig::new(id("acme")),
        acme(calendar(100, Period::Month)),
        acme(LimitConfig::sliding(
            "budget",
            Dimension::Requests,
            100,
            HOUR,
        )),
        acme(hourly(100).shared(false)),
    ];
    for other in others {
        let clock = ManualClock::new();
        let node = Node::start(store(&clock), acme(hourly(100)), &clock);
        let tenant = node.acme().await;
        let mut admitted = 0;
        while admitted < 60 && ask(&tenant, &Cost::tokens(1)).await.is_ok() {
            admitted += 1;
        }
        node.source.set(other.clone()).unwrap();
        node.source.set(acme(hourly(100))).unwrap();
        admitted += spend_for_a_while(&tenant, 1, &clock).await;
        assert!(admitted <= 100, "{admitted} with {other:?} between");
    }
}

#[tokio::test(start_paused = true)]
async fn a_calendar_limit_that_is_changed_and_changed_back_admits_what_is_left() {
    let clock = ManualClock::new();
    clock.advance(Duration::from_hours(24 * 5));
    let node = Node::start(store(&clock), acme(calendar(100, Period::Month)), &clock);
    let tenant = node.acme().await;
    let mut admitted = 0;
    while admitted < 60 && ask(&tenant, &Cost::tokens(1)).await.is_ok() {
        admitted += 1;
    }
    pass(&clock, Duration::from_secs(10)).await;
    node.source.set(acme(calendar(100, Period::Day))).unwrap();
    node.source.set(acme(calendar(100, Period::Month))).unwrap();
    admitted += spend_for_a_while(&tenant, 1, &clock).await;
    assert_eq!(admitted, 100);
}

#[tokio::test(start_paused = true)]
async fn a_debt_that_the_store_has_not_heard_of_survives_another_period() {
    let clock = ManualClock::new();
    clock.advance(Duration::from_hours(24 * 5));
    let node = Node::start(store(&clock), acme(calendar(100, Period::Month)), &clock);
    let tenant = node.acme().await;
    let permit = ask(&tenant, &Cost::tokens(10)).await.unwrap();
    drop(permit.settle(&Cost::tokens(90)));
    node.source.set(acme(calendar(100, Period::Day))).unwrap();
    assert_eq!(spend_for_a_while(&tenant, 1, &clock).await, 10);
}

#[tokio::test(start_paused = true)]
async fn usage_survives_a_change_of_window_and_the_end_of_sharing_at_once() {
    let clock = ManualClock::new();
    let node = Node::start(store(&clock), acme(minute(100)), &clock);
    let tenant = node.acme().await;
    assert_eq!(spend(&tenant, 10).await, 10);
    node.source.set(acme(hourly(100))).unwrap();
    node.source.set(acme(hourly(100).shared(false))).unwrap();
    assert_eq!(spend(&tenant, 1).await, 0);
}

#[tokio::test(start_paused = true)]
async fn usage_survives_a_lower_capacity_and_the_end_of_sharing_at_once() {
    let clock = ManualClock::new();
    let node = Node::start(store(&clock), acme(minute(100)), &clock);
    let tenant = node.acme().await;
    for _ in 0..6 {
        drop(ask(&tenant, &Cost::tokens(10)).await.unwrap());
    }
    node.source.set(acme(minute(50))).unwrap();
    node.source.set(acme(minute(50).shared(false))).unwrap();
    assert_eq!(spend(&tenant, 1).await, 0);
}

#[tokio::test(start_paused = true)]
async fn what_was_used_in_windows_that_are_over_does_not_count_when_sharing_ends() {
    for (limit, over) in [
        (minute(100), Duration::from_secs(70)),
        (calendar(100, Period::Day), Duration::from_hours(25)),
    ] {
        let clock = ManualClock::new();
        let node = Node::start(store(&clock), acme(limit.clone()), &clock);
        let tenant = node.acme().await;
        assert_eq!(spend(&tenant, 10).await, 10);
        clock.advance(over);
        node.source.set(acme(limit.shared(false))).unwrap();
        assert_eq!(spend(&tenant, 10).await, 10);
    }
}

#[tokio::test(start_paused = true)]
async fn a_node_whose_clock_is_in_another_period_than_the_stores_is_served_at_once() {
    for (ahead, behind) in [(30, 0), (0, 30), (24 * 40, 0), (0, 24 * 40)] {
        let (clock, theirs) = (ManualClock::new(), ManualClock::new());
        clock.advance(Duration::from_hours(ahead));
        theirs.advance(Duration::from_hours(behind));
        for period in [Period::Day, Period::Month] {
            let node = Node::start(store(&theirs), acme(calendar(100, period)), &clock);
            assert_eq!(spend(&node.acme().await, 10).await, 10, "{ahead} {behind}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn who_waits_while_the_store_listens_is_admitted_afterwards() {
    let clock = ManualClock::new();
    let node = Node::start(Forgetful::new(7, &clock), acme(minute(100)), &clock);
    let tenant = node.acme().await;
    let waits = tenant.acquire(Cost::tokens(1));
    let waits = waits.within(Duration::from_secs(20));
    let time = async {
        loop {
            pass(&clock, Duration::from_millis(10)).await;
        }
    };
    tokio::select! {
        permit = waits => assert!(permit.is_ok(), "{permit:?}"),
        () = time => {}
    }
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_a_grant_does_not_outwait_the_engine() {
    for shut_down_first in [true, false] {
        let clock = ManualClock::new();
        let store = trouble::Moody::new(&clock);
        store.becomes(trouble::REFUSES);
        let node = Node::start(store, acme(minute(100)), &clock);
        let tenant = node.acme().await;
        let ends = async {
            if !shut_down_first {
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            node.engine.shutdown().await;
        };
        let wait = async {
            if shut_down_first {
                tokio::time::sleep(Duration::from_secs(10)).await;
            }
            tenant.acquire(Cost::tokens(1)).await.map(drop)
        };
        let both = async { tokio::join!(ends, wait).1 };
        let said = tokio::time::timeout(Duration::from_secs(60), both).await;
        let denial = said.expect("it waits for nobody").unwrap_err();
        assert_eq!(denial.reason(), DenialReason::Ungranted);
    }
}

/// A store whose replies are made up.
#[derive(Clone)]
struct Liar {
    store: InMemorySharedOrigin,
    lie: fn(&mut tollgate::cluster::Reply),
    calls: Arc<AtomicU64>,
}

impl SharedOrigin for Liar {
    fn call<'o>(&'o self, calls: &'o [Call]) -> Calling<'o> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        Box::pin(async move {
            tokio::time::sleep(Duration::from_millis(1)).await;
            let mut replies = self.store.call(calls).await;
            for reply in replies.iter_mut().flatten() {
                (self.lie)(reply);
            }
            replies
        })
    }
}

#[tokio::test(start_paused = true)]
async fn nonsense_of_the_store_is_survived_and_not_asked_for_again_and_again() {
    let lies: [fn(&mut tollgate::cluster::Reply); 10] = [
        |reply| reply.answers.clear(),
        |reply| reply.answers.extend(reply.answers.clone()),
        |reply| reply.answers[0].rows.clear(),
        |reply| {
            reply.answers[0].epoch = u64::MAX;
            reply.answers[0]
                .rows
                .iter_mut()
                .for_each(|row| row.epoch = u64::MAX);
        },
        |reply| {
            reply.answers[0].rows.iter_mut().for_each(|row| {
                row.granted = u64::MAX;
                row.returned = u64::MAX;
            });
        },
        |reply| reply.now = 0,
        |reply| reply.now = u64::MAX,
        |reply| reply.now ^= reply.answers[0].free << 30,
        |reply| reply.run = reply.now,
        |reply| {
            reply.nodes = 0;
            reply.answers[0].free = u64::MAX;
            reply.answers[0].not_before = u64::MAX;
            reply.answers[0].capacity = 0;
        },
    ];
    for limit in [
        minute(100),
        calendar(100, Period::Month),
        LimitConfig::bucket("budget", Dimension::Tokens, 100, HOUR, 50),
    ] {
        for (which, lie) in lies.into_iter().enumerate() {
            let clock = ManualClock::new();
            let calls = Arc::<AtomicU64>::default();
            let store = Liar {
                store: store(&clock),
                lie,
                calls: Arc::clone(&calls),
            };
            let node = Node::start(store, acme(limit.clone()), &clock);
            let tenant = node.acme().await;
            let mut permits = VecDeque::new();
            let mut admitted = 0;
            for _ in 0..100 {
                let waits = tenant.acquire(Cost::tokens(3));
                if let Ok(permit) = waits.within(Duration::from_millis(20)).await {
                    permits.push_back(permit.into_owned());
                    admitted += 3;
                }
                pass(&clock, Duration::from_millis(80)).await;
                if let Some(permit) = permits.pop_front().filter(|_| admitted % 2 == 0) {
                    drop(permit.settle(&Cost::tokens(2)));
                    admitted -= 1;
                }
            }
            let calls = calls.load(Ordering::SeqCst);
            assert!(admitted <= 100, "{admitted} by lie {which}");
            // While somebody waits, for 20 ms a time, a call of a millisecond at a time.
            let most = if which < 2 { 400 } else { 2_200 };
            assert!(calls < most, "{calls} calls by lie {which} of {limit:?}");
        }
    }
}
