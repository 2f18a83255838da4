//! What the embedded cache promises beyond what both do.

use std::num::NonZeroU64;
use std::time::{Duration, Instant};

use tollgate::{Clock, ManualClock};
use tollgate_cache::TenantCache;

use crate::kit::{LONG, bytes, present, tenant};

#[tokio::test]
async fn a_value_is_there_until_its_very_last_millisecond() {
    let clock = ManualClock::new();
    let cache = TenantCache::embedded().clock(Clock::manual(&clock)).build();
    let acme = cache.for_tenant(&tenant("acme"));
    let minute = Duration::from_secs(60);
    acme.set("key", &1, minute).await.unwrap();
    acme.incr("n", 1, minute).await.unwrap();
    clock.advance(Duration::from_nanos(59_999_999_999));
    assert_eq!(acme.get("key").await.unwrap(), Some(1));
    assert_eq!(acme.incr("n", 1, minute).await.unwrap(), 2);
    assert_eq!(
        acme.ttl("key").await.unwrap(),
        Some(Duration::from_nanos(1))
    );
    clock.advance(Duration::from_nanos(1));
    assert_eq!(acme.get::<u8>("key").await.unwrap(), None);
    assert_eq!(acme.ttl("key").await.unwrap(), None);
    assert!(!acme.delete("key").await.unwrap());
    assert_eq!(acme.incr("n", 1, minute).await.unwrap(), 1);
    let load = || async { Ok::<_, std::io::Error>(2) };
    assert_eq!(
        acme.get_or_insert_with("key", minute, load).await.unwrap(),
        2
    );
    assert_eq!(acme.ttl("key").await.unwrap(), Some(minute));
}

#[tokio::test]
async fn what_has_expired_makes_room_by_itself() {
    let cache = TenantCache::embedded().build();
    let acme = cache.for_tenant(&tenant("acme"));
    acme.set("short", &1, Duration::from_millis(20))
        .await
        .unwrap();
    acme.set("long", &1, LONG).await.unwrap();
    let start = Instant::now();
    while acme.usage().await.unwrap().entries > 1 {
        assert!(start.elapsed() < Duration::from_secs(60), "it never went");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(acme.get("long").await.unwrap(), Some(1));
}

#[tokio::test]
async fn what_was_read_last_is_pushed_out_last() {
    let cache = TenantCache::embedded()
        .bytes_per_tenant(bytes(3 * (256 + 2)))
        .build();
    let acme = cache.for_tenant(&tenant("acme"));
    for key in ["a", "b", "c"] {
        acme.set(key, &1, LONG).await.unwrap();
    }
    assert_eq!(acme.get("a").await.unwrap(), Some(1));
    acme.set("d", &1, LONG).await.unwrap();
    let found = present(&acme, ["a", "b", "c", "d"].map(str::to_owned)).await;
    assert_eq!(found, ["a", "c", "d"]);
}

#[tokio::test]
async fn one_tenant_too_many_costs_the_one_that_was_away_for_longest() {
    let cache = TenantCache::embedded()
        .tenants(NonZeroU64::new(3).unwrap())
        .build();
    let of = |id: &str| cache.for_tenant(&tenant(id));
    for id in ["a", "b", "c"] {
        of(id).set("key", id, LONG).await.unwrap();
    }
    assert!(of("a").get::<String>("key").await.unwrap().is_some());
    of("d").set("key", "d", LONG).await.unwrap();
    let mut left = Vec::new();
    for id in ["a", "b", "c", "d"] {
        left.extend(of(id).get::<String>("key").await.unwrap());
    }
    assert_eq!(left, ["a", "c", "d"]);
}

#[tokio::test]
async fn a_tenant_that_only_asks_takes_no_place() {
    let cache = TenantCache::embedded().tenants(NonZeroU64::MIN).build();
    cache
        .for_tenant(&tenant("a"))
        .set("key", &1, LONG)
        .await
        .unwrap();
    for id in 0..100 {
        let guest = cache.for_tenant(&tenant(&format!("guest{id}")));
        assert_eq!(guest.get::<u8>("key").await.unwrap(), None);
        assert!(!guest.delete("key").await.unwrap());
        guest.clear().await.unwrap();
    }
    assert_eq!(
        cache.for_tenant(&tenant("a")).get("key").await.unwrap(),
        Some(1)
    );
}

#[tokio::test]
async fn an_idle_tenant_loses_everything() {
    let cache = TenantCache::embedded()
        .idle(Duration::from_millis(20))
        .build();
    let acme = cache.for_tenant(&tenant("acme"));
    acme.set("key", &1, LONG).await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(acme.get::<u8>("key").await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn threads_that_add_to_one_number_take_turns() {
    let cache = TenantCache::embedded().build();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let acme = cache.for_tenant(&tenant("acme"));
        tasks.spawn(async move {
            for _ in 0..20_000 {
                acme.incr("n", 1, LONG).await.unwrap();
            }
        });
    }
    tasks.join_all().await;
    let acme = cache.for_tenant(&tenant("acme"));
    assert_eq!(acme.get("n").await.unwrap(), Some(80_000));
}
