//! What the cache in Redis promises beyond what both do.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use redis::FromRedisValue;
use redis::aio::MultiplexedConnection;
use throwaway::Redis;
use tollgate_cache::{CacheError, ENTRY_OVERHEAD, ScopedCache, TenantCache};

use crate::kit::{LONG, bytes, tenant};

/// As long as the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(60);

fn cache_at(url: &str) -> TenantCache {
    TenantCache::redis(url).unwrap().timeout(PATIENCE).build()
}

async fn connect(url: &str) -> MultiplexedConnection {
    let client = redis::Client::open(url).unwrap();
    client.get_multiplexed_async_connection().await.unwrap()
}

async fn ask<R: FromRedisValue>(connection: &mut MultiplexedConnection, words: &[&str]) -> R {
    let mut command = redis::Cmd::new();
    command.arg(words);
    command.query_async(connection).await.unwrap()
}

async fn keys(connection: &mut MultiplexedConnection) -> Vec<String> {
    let mut keys: Vec<String> = ask(connection, &["KEYS", "*"]).await;
    keys.sort();
    keys
}

/// The sum of what lies in the database under the names of values, as the bound counts it.
async fn counted(connection: &mut MultiplexedConnection, home: &str) -> u64 {
    let mut sum = 0;
    for name in keys(connection).await {
        if let Some(key) = name.strip_prefix(home) {
            let len: u64 = ask(connection, &["STRLEN", &name]).await;
            sum += u64::try_from(key.len()).unwrap() + len + ENTRY_OVERHEAD;
        }
    }
    sum
}

fn new_database() -> String {
    Redis::shared().unwrap().create_database().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn other_programs_find_the_json_of_a_value_under_its_full_key() {
    let url = new_database();
    let acme = cache_at(&url).for_tenant(&tenant("acme-corp"));
    let profile = BTreeMap::from([("name", "Ada")]);
    acme.set("user-profile", &profile, LONG).await.unwrap();
    let mut connection = connect(&url).await;
    let name = "tenant:acme-corp:user-profile";
    assert_eq!(acme.full_key("user-profile").unwrap(), name);
    let found: String = ask(&mut connection, &["GET", name]).await;
    assert_eq!(found, r#"{"name":"Ada"}"#);
    let left: i64 = ask(&mut connection, &["TTL", name]).await;
    assert!((1..=3600).contains(&left), "{left}");
}

#[tokio::test(flavor = "multi_thread")]
async fn caches_with_different_prefixes_know_nothing_of_each_other() {
    let url = new_database();
    let with = |prefix: &str| {
        let builder = TenantCache::redis(&url).unwrap().timeout(PATIENCE);
        let cache = builder.prefix(prefix).unwrap().build();
        cache.for_tenant(&tenant("acme"))
    };
    let (blue, green) = (with("blue:"), with("green:"));
    blue.set("key", &1, LONG).await.unwrap();
    green.set("key", &2, LONG).await.unwrap();
    blue.clear().await.unwrap();
    assert_eq!(green.get("key").await.unwrap(), Some(2));
    let mut connection = connect(&url).await;
    let names = keys(&mut connection).await;
    assert!(
        names.contains(&"green:tenant:acme:key".to_owned()),
        "{names:?}"
    );
    assert!(
        names.iter().all(|name| name.starts_with("green:")),
        "{names:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_expires_by_itself_leaves_nothing_behind_and_makes_room() {
    let url = new_database();
    let entry = 1 + 1 + ENTRY_OVERHEAD;
    let cache = TenantCache::redis(&url).unwrap().timeout(PATIENCE);
    let cache = cache.bytes_per_tenant(bytes(3 * entry)).build();
    let (acme, globex) = (
        cache.for_tenant(&tenant("acme")),
        cache.for_tenant(&tenant("globex")),
    );
    acme.set("a", &1, LONG).await.unwrap();
    acme.set("b", &1, Duration::from_millis(20)).await.unwrap();
    acme.set("c", &1, Duration::from_millis(20)).await.unwrap();
    globex
        .set("d", &1, Duration::from_millis(20))
        .await
        .unwrap();
    let mut connection = connect(&url).await;
    let start = Instant::now();
    while keys(&mut connection)
        .await
        .iter()
        .any(|name| name.ends_with(['b', 'c', 'd']) || name.contains("globex"))
    {
        assert!(start.elapsed() < PATIENCE, "it never went");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(acme.get::<u8>("b").await.unwrap(), None);
    // Two have gone by themselves: two fit, and the one that was written first need not go.
    acme.set("e", &1, LONG).await.unwrap();
    acme.set("f", &1, LONG).await.unwrap();
    assert_eq!(acme.get("a").await.unwrap(), Some(1));
    assert_eq!(acme.usage().await.unwrap().bytes, 3 * entry);
    assert_eq!(counted(&mut connection, "tenant:acme:").await, 3 * entry);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_index_lives_as_long_as_the_last_value() {
    let url = new_database();
    let acme = cache_at(&url).for_tenant(&tenant("acme"));
    acme.set("long", &1, LONG).await.unwrap();
    acme.set("short", &1, Duration::from_secs(1)).await.unwrap();
    let mut connection = connect(&url).await;
    for name in keys(&mut connection)
        .await
        .iter()
        .filter(|name| name.contains("index"))
    {
        let left: i64 = ask(&mut connection, &["TTL", name]).await;
        assert!((1800..=3600).contains(&left), "{name} {left}");
    }
    acme.clear().await.unwrap();
    assert_eq!(keys(&mut connection).await, Vec::<String>::new());
}

/// A tenant with eight values, of whose index Redis has lost some parts: a bit for each.
async fn with_lost_parts(lost: usize, bound: u64) -> ScopedCache {
    let url = new_database();
    let cache = TenantCache::redis(&url).unwrap().timeout(PATIENCE);
    let cache = cache.bytes_per_tenant(bytes(bound)).build();
    let acme = cache.for_tenant(&tenant("acme"));
    for key in 0..8 {
        acme.set(&format!("old{key}"), &key, LONG).await.unwrap();
    }
    let mut connection = connect(&url).await;
    for (bit, part) in ["ages", "expiries", "sizes"].iter().enumerate() {
        if lost & (1 << bit) != 0 {
            let name = format!("tenant-index:acme:{part}");
            let removed: i64 = ask(&mut connection, &["DEL", &name]).await;
            assert_eq!(removed, 1);
        }
    }
    acme
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_part_of_the_index_redis_throws_away_nothing_comes_back_and_the_bound_holds() {
    let bound = 10 * (ENTRY_OVERHEAD + 10);
    for lost in 1..8 {
        for cleared in [false, true] {
            let acme = with_lost_parts(lost, bound).await;
            if cleared {
                acme.clear().await.unwrap();
            }
            let case = format!("lost {lost}, cleared {cleared}");
            assert_eq!(acme.incr("old3", 5, LONG).await.unwrap(), 5, "{case}");
            for key in [0, 1, 2, 4, 5, 6, 7] {
                let found = acme.get::<i32>(&format!("old{key}")).await.unwrap();
                assert_eq!(found, None, "{case}");
            }
            for key in 0..40 {
                acme.set(&format!("new{key}"), &key, LONG).await.unwrap();
            }
            let usage = acme.usage().await.unwrap();
            assert!(
                usage.bytes <= bound && usage.entries >= 9,
                "{case} {usage:?}"
            );
            assert_eq!(acme.get("new39").await.unwrap(), Some(39), "{case}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_that_has_expired_goes_before_anything_that_has_not() {
    let entry = 4 + 1 + ENTRY_OVERHEAD;
    let cache = TenantCache::redis(&new_database())
        .unwrap()
        .timeout(PATIENCE);
    let cache = cache.bytes_per_tenant(bytes(300 * entry)).build();
    let acme = cache.for_tenant(&tenant("acme"));
    acme.set("keep", &1, LONG).await.unwrap();
    let short = Duration::from_secs(1);
    for key in 1000..1250 {
        acme.set(&key.to_string(), &1, short).await.unwrap();
    }
    let start = Instant::now();
    while acme.ttl("1249").await.unwrap().is_some() {
        assert!(start.elapsed() < PATIENCE, "it never went");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let large = "x".repeat(usize::try_from(290 * entry).unwrap() - 300);
    acme.set("large", &large, LONG).await.unwrap();
    assert_eq!(acme.get("keep").await.unwrap(), Some(1));
    assert_eq!(acme.usage().await.unwrap().entries, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_redis_refuses_to_store_and_still_deletes() {
    let server = Redis::start_with(&["maxmemory-policy noeviction"]).unwrap();
    let acme = cache_at(&server.url()).for_tenant(&tenant("acme"));
    for key in ["a", "b", "c"] {
        acme.set(key, &1, LONG).await.unwrap();
    }
    let mut connection = connect(&server.url()).await;
    let set: String = ask(&mut connection, &["CONFIG", "SET", "maxmemory", "1"]).await;
    assert_eq!(set, "OK");
    let error = acme.set("a", &2, LONG).await.unwrap_err();
    assert!(error.is_transient(), "{error:?}");
    assert_eq!(acme.get("a").await.unwrap(), Some(1));
    assert!(acme.incr("a", 1, LONG).await.is_err());
    assert_eq!(acme.get("a").await.unwrap(), Some(1));
    assert!(acme.delete("b").await.unwrap());
    assert_eq!(acme.get::<u8>("b").await.unwrap(), None);
    let load = || async { Ok::<_, std::io::Error>(7) };
    assert_eq!(acme.get_or_insert_with("d", LONG, load).await.unwrap(), 7);
    acme.clear().await.unwrap();
    assert_eq!(keys(&mut connection).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_of_redis_goes_unnoticed_but_for_what_is_gone() {
    let mut server = Redis::start().unwrap();
    let acme = cache_at(&server.url()).for_tenant(&tenant("acme"));
    acme.set("key", &1, LONG).await.unwrap();
    for _ in 0..3 {
        server.kill().unwrap();
        server.restart().unwrap();
        assert_eq!(acme.get::<u8>("key").await.unwrap(), None);
        acme.set("key", &1, LONG).await.unwrap();
        server.restart().unwrap();
        acme.set("key", &2, LONG).await.unwrap();
        assert_eq!(acme.get("key").await.unwrap(), Some(2));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn while_redis_is_down_calls_fail_as_transient_and_loads_go_past_it() {
    let mut server = Redis::start().unwrap();
    let acme = cache_at(&server.url()).for_tenant(&tenant("acme"));
    acme.set("key", &1, LONG).await.unwrap();
    server.kill().unwrap();
    for error in [
        acme.get::<u8>("key").await.unwrap_err(),
        acme.set("key", &1, LONG).await.unwrap_err(),
        acme.delete("key").await.unwrap_err(),
        acme.incr("key", 1, LONG).await.unwrap_err(),
        acme.clear().await.unwrap_err(),
    ] {
        assert!(error.is_transient(), "{error:?}");
        assert!(!error.to_string().is_empty());
    }
    let load = |value| async move { Ok::<_, std::io::Error>(value) };
    assert_eq!(
        acme.get_or_insert_with("key", LONG, || load(7))
            .await
            .unwrap(),
        7
    );
    assert_eq!(
        acme.get_or_insert_with("key", LONG, || load(8))
            .await
            .unwrap(),
        8
    );
    server.restart().unwrap();
    assert_eq!(
        acme.get_or_insert_with("key", LONG, || load(9))
            .await
            .unwrap(),
        9
    );
    assert_eq!(acme.get("key").await.unwrap(), Some(9));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cache_can_be_made_before_redis_is_there() {
    let mut server = Redis::start().unwrap();
    server.kill().unwrap();
    let cache = cache_at(&server.url());
    assert!(cache.check().await.unwrap_err().is_transient());
    server.restart().unwrap();
    cache.check().await.unwrap();
    cache
        .for_tenant(&tenant("acme"))
        .set("key", &1, LONG)
        .await
        .unwrap();
    server.kill().unwrap();
    assert!(cache.check().await.is_err());
    server.restart().unwrap();
    // Not even what must not happen twice fails for a connection that was refused before.
    let sum = cache.for_tenant(&tenant("acme")).incr("n", 1, LONG).await;
    assert_eq!(sum.unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_hangs_is_waited_for_no_longer_than_the_timeout() {
    let server = Redis::start().unwrap();
    let limit = Duration::from_millis(200);
    let cache = TenantCache::redis(&server.url()).unwrap();
    let acme = cache.timeout(limit).build().for_tenant(&tenant("acme"));
    // The first call may find the machine busy; it is up when one has gone through.
    while acme.set("key", &1, LONG).await.is_err() {}
    server.pause().unwrap();
    let error = acme.get::<u8>("key").await.unwrap_err();
    assert!(
        matches!(error, CacheError::TimedOut { doing: "get", .. }),
        "{error:?}"
    );
    assert!(error.is_transient());
    let load = || async { Ok::<_, std::io::Error>(7) };
    assert_eq!(acme.get_or_insert_with("key", LONG, load).await.unwrap(), 7);
    // After some of those nobody waits any more, until Redis is back.
    while !matches!(
        acme.get::<u8>("key").await,
        Err(CacheError::NotAsked { .. })
    ) {}
    assert_eq!(acme.get_or_insert_with("key", LONG, load).await.unwrap(), 7);
    server.resume().unwrap();
    while acme.get::<u8>("key").await.ok() != Some(Some(1)) {}
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_in_cluster_mode_is_refused_in_words() {
    let server = Redis::start_with(&["cluster-enabled yes"]).unwrap();
    let cache = cache_at(&format!("redis://127.0.0.1:{}", server.port()));
    assert!(matches!(cache.check().await, Err(CacheError::Cluster)));
    let acme = cache.for_tenant(&tenant("acme"));
    for served in [false, true] {
        if served {
            let mut connection = connect(&server.url()).await;
            let all = ["CLUSTER", "ADDSLOTSRANGE", "0", "16383"];
            let added: String = ask(&mut connection, &all).await;
            assert_eq!(added, "OK");
        }
        let start = Instant::now();
        loop {
            let error = acme.set("key", &1, LONG).await.unwrap_err();
            assert!(matches!(error, CacheError::Cluster), "{error:?}");
            // A node that was given its slots takes a while to believe it.
            let about = format!("{error}");
            assert!(about.contains("cluster mode"), "{about}");
            if !served || start.elapsed() > Duration::from_millis(50) {
                break;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_no_outage_and_no_error_shows_the_right_one() {
    let server = Redis::start_with(&["requirepass secret"]).unwrap();
    let at = |password: &str| format!("redis://:{password}@127.0.0.1:{}", server.port());
    let acme = cache_at(&at("wrong")).for_tenant(&tenant("acme"));
    let error = acme.get::<u8>("key").await.unwrap_err();
    assert!(!error.is_transient(), "{error:?}");
    let load = || async { Ok::<_, std::io::Error>(7) };
    assert!(acme.get_or_insert_with("key", LONG, load).await.is_err());
    let cache = cache_at(&at("secret"));
    cache.check().await.unwrap();
    assert!(!format!("{cache:?}").contains("secret"));
    let error = TenantCache::redis("redis://:secret@host:port").unwrap_err();
    assert!(
        !format!("{error} {error:?}").contains("secret"),
        "{error:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn scripts_that_redis_has_forgotten_are_sent_again() {
    let url = new_database();
    let acme = cache_at(&url).for_tenant(&tenant("acme"));
    acme.set("key", &1, LONG).await.unwrap();
    let mut connection = connect(&url).await;
    let flushed: String = ask(&mut connection, &["SCRIPT", "FLUSH"]).await;
    assert_eq!(flushed, "OK");
    assert_eq!(acme.get("key").await.unwrap(), Some(1));
    assert_eq!(acme.incr("key", 1, LONG).await.unwrap(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_of_the_users_own_is_used() {
    let url = new_database();
    let client = redis::Client::open(url.as_str()).unwrap();
    let connection = client.get_connection_manager().await.unwrap();
    let cache = TenantCache::redis_over(connection)
        .timeout(PATIENCE)
        .build();
    cache
        .for_tenant(&tenant("acme"))
        .set("key", &1, LONG)
        .await
        .unwrap();
    let found = cache_at(&url).for_tenant(&tenant("acme")).get("key").await;
    assert_eq!(found.unwrap(), Some(1));
}
