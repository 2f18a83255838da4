//! What one member of a family frees, lends or loses, and what the others see of it.

use tokio::task::{JoinHandle, yield_now};
use tollgate::{Clock, Cost, DenialReason, Engine, InMemorySource, ManualClock, Permit, Tenant};

use super::{child, config, minute, root, slots, take, used};
use crate::world::{id, secs};

#[test]
fn an_idle_child_never_strands_what_its_parent_has_left() {
    let clock = ManualClock::new();
    let parent = root(&clock, [minute("m", 1_000)]);
    let idle: Vec<_> = (0..20)
        .map(|at| child(&parent, &format!("idle-{at}"), []))
        .collect();
    for tenant in &idle {
        drop(take(tenant, 1));
    }
    let busy = child(&child(&parent, "middle", []), "busy", []);
    drop(take(&busy, 980));
    assert_eq!(used(&parent, "m"), 1_000);
    let denied = idle[3]
        .try_acquire(&Cost::request())
        .into_result()
        .unwrap_err();
    assert_eq!(denied.reason(), DenialReason::Quota);
}

#[test]
fn a_denial_names_its_parent_s_limit() {
    let clock = ManualClock::new();
    let parent = root(&clock, [minute("of-root", 10)]);
    let acme = child(&parent, "acme", [minute("own", 8)]);
    drop(take(&parent, 5));
    let denied = acme
        .try_acquire(&Cost::requests(6))
        .into_result()
        .unwrap_err();
    assert_eq!(denied.binding_name().as_deref(), Some("of-root"));
    assert_eq!(denied.limit_tenant().map(Tenant::id), Some(parent.id()));
    assert!(
        denied
            .to_string()
            .starts_with("tenant acme: of-root of root is used up"),
        "{denied}"
    );
    let never = acme
        .try_acquire(&Cost::requests(9))
        .into_result()
        .unwrap_err();
    assert_eq!(
        (never.reason(), never.binding_name().as_deref()),
        (DenialReason::Never, Some("own"))
    );
}

#[test]
fn a_child_s_drop_frees_its_parent_s_slot() {
    let clock = ManualClock::new();
    let parent = root(&clock, [slots("s", 2)]);
    let (a, b) = (child(&parent, "a", []), child(&parent, "b", []));
    let (first, second) = (take(&a, 1), take(&a, 1));
    assert!(b.try_acquire(&Cost::request()).is_denied());
    drop(first);
    let third = take(&b, 1);
    assert_eq!(used(&parent, "s"), 2);
    drop(second.settle(&Cost::requests(1)));
    drop(third);
    assert_eq!(used(&parent, "s"), 0);
}

#[test]
fn a_reset_of_a_child_leaves_its_parent_charged() {
    let clock = ManualClock::new();
    let parent = root(&clock, [minute("m", 10)]);
    let acme = child(&parent, "acme", [minute("m", 6)]);
    let held = take(&acme, 6);
    acme.reset();
    assert_eq!((used(&acme, "m"), used(&parent, "m")), (0, 6));
    assert!(acme.try_acquire(&Cost::requests(5)).is_denied());
    drop(held.refund());
    assert_eq!((used(&acme, "m"), used(&parent, "m")), (0, 0));
    drop(take(&acme, 6));
    parent.reset();
    assert_eq!((used(&acme, "m"), used(&parent, "m")), (6, 0));
}

fn engine(clock: &ManualClock, source: &InMemorySource) -> Engine {
    let builder = Engine::builder()
        .clock(Clock::manual(clock))
        .source(source.clone());
    builder.build_without_actors().unwrap()
}

#[test]
fn a_parent_stays_with_its_child_and_a_child_that_goes_has_given_everything_back() {
    let (clock, source) = (ManualClock::new(), InMemorySource::new());
    source.set(config("root", [minute("m", 1_000)])).unwrap();
    source.set(config("acme", []).parent(id("root"))).unwrap();
    let engine = engine(&clock, &source);
    let acme = engine.tenant_blocking(&id("acme")).unwrap();
    assert_eq!(engine.tenants_in_memory(), 2);
    assert_eq!(
        engine.sweep(10),
        0,
        "the child is held, and holds its parent"
    );
    drop(take(&acme, 7));
    drop(acme);
    // A child without limits of its own carries nothing; its parent was charged for it.
    assert_eq!((engine.sweep(10), engine.tenants_in_memory()), (1, 1));
    let parent = engine.get(&id("root")).unwrap();
    assert_eq!(used(&parent, "m"), 7);
    assert!(parent.try_acquire(&Cost::requests(993)).is_admitted());
    drop(parent);
    assert_eq!(engine.sweep(10), 0);
    clock.advance(secs(120));
    assert_eq!((engine.sweep(10), engine.tenants_in_memory()), (1, 0));
}

#[test]
fn what_a_child_used_of_its_own_keeps_both_in_memory() {
    let (clock, source) = (ManualClock::new(), InMemorySource::new());
    source.set(config("root", [])).unwrap();
    source
        .set(config("acme", [minute("m", 10)]).parent(id("root")))
        .unwrap();
    let engine = engine(&clock, &source);
    drop(take(&engine.tenant_blocking(&id("acme")).unwrap(), 7));
    assert_eq!(engine.sweep(10), 0);
    clock.advance(secs(120));
    let gone = engine.sweep(10) + engine.sweep(10);
    assert_eq!((gone, engine.tenants_in_memory()), (2, 0));
}

#[test]
fn whatever_happens_to_a_parent_counts_for_its_children_at_once() {
    let (clock, source) = (ManualClock::new(), InMemorySource::new());
    source.set(config("root", [minute("m", 1_000)])).unwrap();
    source.set(config("middle", []).parent(id("root"))).unwrap();
    source.set(config("acme", []).parent(id("middle"))).unwrap();
    let engine = engine(&clock, &source);
    let acme = engine.tenant_blocking(&id("acme")).unwrap();
    let why = || {
        acme.try_acquire(&Cost::request())
            .into_result()
            .map(drop)
            .map_err(|no| no.reason())
    };
    assert_eq!(why(), Ok(()));
    for ancestor in ["root", "middle"] {
        assert!(source.suspend(&id(ancestor)));
        assert_eq!(why(), Err(DenialReason::Suspended));
        assert!(source.resume(&id(ancestor)));
        assert_eq!(why(), Ok(()));
    }
    source.set(config("root", [minute("m", 3)])).unwrap();
    assert_eq!(why(), Err(DenialReason::Quota), "three were used");
    source.set(config("root", [minute("m", 4)])).unwrap();
    assert_eq!((why(), why()), (Ok(()), Err(DenialReason::Quota)));
    assert!(source.remove(&id("root")));
    assert_eq!(why(), Err(DenialReason::Removed));
    assert!(engine.get(&id("root")).is_none());
    source.set(config("root", [minute("m", 5)])).unwrap();
    assert_eq!(
        (why(), why()),
        (Ok(()), Err(DenialReason::Quota)),
        "back, with what was used"
    );
}

#[test]
fn a_tenant_keeps_its_parent_while_it_is_in_memory() {
    let (clock, source) = (ManualClock::new(), InMemorySource::new());
    for name in ["root", "other"] {
        source.set(config(name, [minute("m", 10)])).unwrap();
    }
    source.set(config("acme", []).parent(id("root"))).unwrap();
    let engine = engine(&clock, &source);
    let acme = engine.tenant_blocking(&id("acme")).unwrap();
    for next in [
        config("acme", []).parent(id("other")),
        config("acme", []),
        config("acme", []).parent(id("nobody")),
    ] {
        source.set(next.requests_per_minute(1)).unwrap();
        assert_eq!(acme.parent().unwrap().id().as_str(), "root");
        assert!(acme.plan().limits().is_empty(), "the last config stays");
    }
    drop(acme);
    source.set(config("acme", []).parent(id("other"))).unwrap();
    assert!(engine.sweep(10) > 0 && engine.get(&id("acme")).is_none());
    let acme = engine.tenant_blocking(&id("acme")).unwrap();
    assert_eq!(acme.parent().unwrap().id().as_str(), "other");
}

fn wait(tenant: &Tenant) -> JoinHandle<Result<Permit<'static>, DenialReason>> {
    let tenant = tenant.clone();
    tokio::spawn(async move {
        let outcome = tenant
            .acquire(Cost::request())
            .await
            .map(Permit::into_owned);
        outcome.map_err(|denial| denial.reason())
    })
}

async fn settle() {
    for _ in 0..50 {
        yield_now().await;
    }
}

/// The clock stands still, so that only a notice can end the wait.
#[tokio::test(start_paused = true)]
async fn who_waits_at_one_child_is_woken_by_whatever_another_frees() {
    type Free = fn(&Tenant, Permit<'static>);
    let frees: [(&str, Free); 4] = [
        ("a refund", |_, held| drop(held.refund())),
        ("a slot", |_, held| drop(held.refund())),
        ("a swap of the parent", |parent, _| {
            parent
                .reconfigure(&config("root", [minute("m", 9), slots("s", 9)]))
                .unwrap();
        }),
        ("a reset of the parent", |parent, _| parent.reset()),
    ];
    for (what, free) in frees {
        let clock = ManualClock::new();
        let limits = if what == "a slot" {
            [minute("m", 9), slots("s", 2)]
        } else {
            [minute("m", 2), slots("s", 9)]
        };
        let parent = root(&clock, limits);
        let sibling = child(&parent, "sibling", []);
        let waiting = child(&child(&parent, "middle", []), "waiting", []);
        let held = take(&sibling, 2);
        let task = wait(&waiting);
        settle().await;
        assert!(!task.is_finished(), "{what}");
        free(&parent, held);
        settle().await;
        assert!(task.is_finished(), "{what}");
        drop(task.await.unwrap().unwrap());
    }
}

#[tokio::test(start_paused = true)]
async fn who_waits_below_a_parent_that_is_suspended_is_denied() {
    let clock = ManualClock::new();
    let parent = root(&clock, [slots("s", 1)]);
    let acme = child(&parent, "acme", []);
    let held = take(&parent, 1);
    let task = wait(&acme);
    settle().await;
    let mut suspended = config("root", [slots("s", 1)]);
    suspended.status = tollgate::Status::Suspended;
    parent.reconfigure(&suspended).unwrap();
    assert_eq!(task.await.unwrap().unwrap_err(), DenialReason::Suspended);
    drop(held);
}
