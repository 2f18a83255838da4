//! What both backends promise, each tried on both.

use std::collections::BTreeMap;
use std::time::Duration;

use tollgate_cache::{CacheError, ENTRY_OVERHEAD, MAX_TTL};

use crate::kit::{LONG, caches, present, tenant};

const MIB: u64 = 1024 * 1024;

#[tokio::test(flavor = "multi_thread")]
async fn what_is_set_is_got_until_it_is_deleted() {
    for (name, cache) in caches(MIB) {
        let acme = cache.for_tenant(&tenant("acme"));
        let value = BTreeMap::from([("a".to_owned(), vec![1, 2]), ("ü".to_owned(), vec![])]);
        assert_eq!(acme.get::<u8>("key").await.unwrap(), None, "{name}");
        acme.set("key", &value, LONG).await.unwrap();
        assert_eq!(acme.get("key").await.unwrap(), Some(value), "{name}");
        acme.set("key", "other", LONG).await.unwrap();
        assert_eq!(acme.get("key").await.unwrap(), Some("other".to_owned()));
        assert!(acme.delete("key").await.unwrap(), "{name}");
        assert!(!acme.delete("key").await.unwrap(), "{name}");
        assert_eq!(acme.get::<String>("key").await.unwrap(), None, "{name}");
        assert_eq!(acme.usage().await.unwrap().entries, 0, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn null_is_a_value_and_nothing_is_none() {
    for (name, cache) in caches(MIB) {
        let acme = cache.for_tenant(&tenant("acme"));
        acme.set("key", &None::<u8>, LONG).await.unwrap();
        assert_eq!(
            acme.get::<Option<u8>>("key").await.unwrap(),
            Some(None),
            "{name}"
        );
        assert_eq!(acme.get::<Option<u8>>("kez").await.unwrap(), None, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_tenant_reads_deletes_and_clears_nothing_of_anothers() {
    for (name, cache) in caches(MIB) {
        let (acme, globex) = (
            cache.for_tenant(&tenant("acme")),
            cache.for_tenant(&tenant("ACME")),
        );
        for key in [
            "key",
            ":key",
            "a:b",
            "*",
            "\0",
            "ACME:key",
            "tenant:ACME:key",
        ] {
            globex.set(key, &1, LONG).await.unwrap();
            assert_eq!(acme.get::<i32>(key).await.unwrap(), None, "{name} {key:?}");
            assert!(!acme.delete(key).await.unwrap(), "{name} {key:?}");
            acme.set(key, &2, LONG).await.unwrap();
        }
        acme.clear().await.unwrap();
        assert_eq!(acme.usage().await.unwrap().bytes, 0, "{name}");
        for key in [
            "key",
            ":key",
            "a:b",
            "*",
            "\0",
            "ACME:key",
            "tenant:ACME:key",
        ] {
            assert_eq!(acme.get::<i32>(key).await.unwrap(), None, "{name} {key:?}");
            assert_eq!(globex.get(key).await.unwrap(), Some(1), "{name} {key:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_of_another_type_is_an_error_that_names_both() {
    for (name, cache) in caches(MIB) {
        let acme = cache.for_tenant(&tenant("acme"));
        acme.set("colour", "red", LONG).await.unwrap();
        let error = acme.get::<u32>("colour").await.unwrap_err();
        assert!(
            matches!(error, CacheError::Decode { .. }),
            "{name} {error:?}"
        );
        let text = error.to_string();
        assert!(
            text.contains("acme") && text.contains("colour") && text.contains("u32"),
            "{text}"
        );
        assert!(!error.is_transient());
        let load = || async { Ok::<_, std::io::Error>(1) };
        let error = acme
            .get_or_insert_with::<u32, _, _, _>("colour", LONG, load)
            .await;
        assert!(
            matches!(error, Err(CacheError::Decode { .. })),
            "{name} {error:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_json_has_no_form_for_is_refused_and_changes_nothing() {
    for (name, cache) in caches(MIB) {
        let acme = cache.for_tenant(&tenant("acme"));
        acme.set("key", &1, LONG).await.unwrap();
        let odd = BTreeMap::from([(vec![1], 2)]);
        let error = acme.set("key", &odd, LONG).await.unwrap_err();
        assert!(
            matches!(error, CacheError::Encode { .. }),
            "{name} {error:?}"
        );
        assert_eq!(acme.get("key").await.unwrap(), Some(1), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_and_times_out_of_bounds_are_refused_by_every_call() {
    for (name, cache) in caches(MIB) {
        let acme = cache.for_tenant(&tenant("acme"));
        let load = || async { Ok::<_, std::io::Error>(1) };
        for key in [String::new(), "k".repeat(1025)] {
            let refusals = [
                acme.get::<u8>(&key).await.err(),
                acme.set(&key, &1, LONG).await.err(),
                acme.get_or_insert_with(&key, LONG, load).await.err(),
                acme.delete(&key).await.err(),
                acme.incr(&key, 1, LONG).await.err(),
                acme.ttl(&key).await.err(),
                acme.full_key(&key).err(),
            ];
            for refusal in refusals {
                assert!(
                    matches!(refusal, Some(CacheError::Key { .. })),
                    "{name} {refusal:?}"
                );
            }
        }
        for ttl in [Duration::ZERO, MAX_TTL * 2] {
            let refusals = [
                acme.set("key", &1, ttl).await.err(),
                acme.get_or_insert_with("key", ttl, load).await.err(),
                acme.incr("key", 1, ttl).await.err(),
            ];
            for refusal in refusals {
                assert!(
                    matches!(refusal, Some(CacheError::Ttl { .. })),
                    "{name} {refusal:?}"
                );
            }
        }
        acme.set("key", &1, MAX_TTL).await.unwrap();
        assert!(
            acme.ttl("key").await.unwrap().unwrap() > MAX_TTL / 2,
            "{name}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_are_added_to_up_to_the_ends_of_64_bits() {
    for (name, cache) in caches(MIB) {
        let acme = cache.for_tenant(&tenant("acme"));
        assert_eq!(acme.incr("n", 5, LONG).await.unwrap(), 5, "{name}");
        assert_eq!(acme.incr("n", -7, LONG).await.unwrap(), -2, "{name}");
        assert_eq!(acme.get::<i64>("n").await.unwrap(), Some(-2), "{name}");
        acme.set("n", &(i64::MAX - 1), LONG).await.unwrap();
        assert_eq!(acme.incr("n", 1, LONG).await.unwrap(), i64::MAX, "{name}");
        let error = acme.incr("n", 1, LONG).await.unwrap_err();
        assert!(
            matches!(error, CacheError::Overflow { by: 1, .. }),
            "{name} {error:?}"
        );
        assert_eq!(acme.get("n").await.unwrap(), Some(i64::MAX), "{name}");
        assert_eq!(
            acme.incr("m", i64::MIN, LONG).await.unwrap(),
            i64::MIN,
            "{name}"
        );
        assert!(acme.incr("m", -1, LONG).await.is_err(), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_whole_number_is_not_added_to() {
    for (name, cache) in caches(MIB) {
        let acme = cache.for_tenant(&tenant("acme"));
        acme.set("text", "5", LONG).await.unwrap();
        acme.set("part", &5.5, LONG).await.unwrap();
        acme.set("large", &u64::MAX, LONG).await.unwrap();
        for key in ["text", "part", "large"] {
            let error = acme.incr(key, 1, LONG).await.unwrap_err();
            assert!(
                matches!(error, CacheError::NotANumber { .. }),
                "{name} {error:?}"
            );
        }
        assert_eq!(
            acme.get("text").await.unwrap(),
            Some("5".to_owned()),
            "{name}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_addition_is_lost_among_many_at_once() {
    for (name, cache) in caches(MIB) {
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..50 {
            let acme = cache.for_tenant(&tenant("acme"));
            tasks.spawn(async move {
                for _ in 0..20 {
                    acme.incr("n", 1, LONG).await.unwrap();
                }
            });
        }
        tasks.join_all().await;
        let acme = cache.for_tenant(&tenant("acme"));
        assert_eq!(acme.get::<i64>("n").await.unwrap(), Some(1000), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_expires_when_it_would_have_whatever_is_added() {
    for (name, cache) in caches(MIB) {
        let acme = cache.for_tenant(&tenant("acme"));
        acme.incr("n", 1, LONG).await.unwrap();
        acme.incr("n", 1, LONG * 10).await.unwrap();
        let left = acme.ttl("n").await.unwrap().unwrap();
        assert!(left <= LONG && left > LONG / 2, "{name} {left:?}");
        acme.set("n", &1, LONG * 5).await.unwrap();
        acme.incr("n", 1, LONG).await.unwrap();
        assert!(acme.ttl("n").await.unwrap().unwrap() > LONG, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_larger_than_the_bound_is_refused_with_both_numbers_and_changes_nothing() {
    for (name, cache) in caches(1000) {
        let acme = cache.for_tenant(&tenant("acme"));
        acme.set("key", &1, LONG).await.unwrap();
        let fits = "x".repeat(1000 - 256 - 3 - 2);
        let error = acme
            .set("key", &format!("{fits}x"), LONG)
            .await
            .unwrap_err();
        let CacheError::TooLarge { bytes, bound, .. } = error else {
            panic!("{name} {error:?}");
        };
        assert_eq!((bytes, bound), (1001, 1000), "{name}");
        assert_eq!(acme.get("key").await.unwrap(), Some(1), "{name}");
        acme.set("key", &fits, LONG).await.unwrap();
        assert_eq!(acme.usage().await.unwrap().bytes, 1000, "{name}");
        assert_eq!(acme.get("key").await.unwrap(), Some(fits), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_over_its_bound_loses_its_oldest_values_and_keeps_the_bound_after_every_write() {
    let entry = 3 + 1 + ENTRY_OVERHEAD;
    for (name, cache) in caches(10 * entry) {
        let acme = cache.for_tenant(&tenant("acme"));
        for number in 100..125 {
            acme.set(&number.to_string(), &0, LONG).await.unwrap();
            assert!(acme.usage().await.unwrap().bytes <= 10 * entry, "{name}");
        }
        let keys = |numbers: std::ops::Range<u32>| numbers.map(|number| number.to_string());
        let found = present(&acme, keys(100..125)).await;
        assert_eq!(found, keys(115..125).collect::<Vec<_>>(), "{name}");
        // A number is written as well when it is added to, and grows.
        acme.incr("115", 1_000_000, LONG).await.unwrap();
        assert!(acme.usage().await.unwrap().bytes <= 10 * entry, "{name}");
        let found = present(&acme, keys(100..125)).await;
        assert!(
            found.contains(&"115".to_owned()) && !found.contains(&"116".to_owned()),
            "{name}"
        );
        // One large value makes room for itself among many small ones.
        acme.set("big", &"x".repeat(2000), LONG).await.unwrap();
        assert!(acme.usage().await.unwrap().bytes <= 10 * entry, "{name}");
        assert!(acme.ttl("big").await.unwrap().is_some(), "{name}");
        assert_eq!(acme.usage().await.unwrap().entries, 2, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_large_value_pushes_out_as_many_small_ones_as_it_takes_and_no_more() {
    let entry = 3 + 1 + ENTRY_OVERHEAD;
    for (name, cache) in caches(400 * entry) {
        let acme = cache.for_tenant(&tenant("acme"));
        for number in 100..500 {
            acme.set(&number.to_string(), &0, LONG).await.unwrap();
        }
        // With its quotes it takes the place of 350 of them, to the byte.
        let large = "x".repeat(usize::try_from(350 * entry - ENTRY_OVERHEAD).unwrap() - 3 - 2);
        acme.set("big", &large, LONG).await.unwrap();
        let usage = acme.usage().await.unwrap();
        assert_eq!((usage.entries, usage.bytes), (51, 400 * entry), "{name}");
        let keys = |numbers: std::ops::Range<u32>| numbers.map(|number| number.to_string());
        let found = present(&acme, keys(100..500)).await;
        assert_eq!(found, keys(450..500).collect::<Vec<_>>(), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_that_writes_ten_times_its_bound_costs_no_other_a_value() {
    let bound = 100_000;
    for (name, cache) in caches(bound) {
        let quiet: Vec<_> = ["a", "b", "c"]
            .map(|id| cache.for_tenant(&tenant(id)))
            .into();
        for tenant in &quiet {
            for key in 0..100 {
                tenant.set(&key.to_string(), &key, LONG).await.unwrap();
            }
        }
        let loud = cache.for_tenant(&tenant("loud"));
        let value = "x".repeat(700);
        for key in 0..1000 {
            loud.set(&key.to_string(), &value, LONG).await.unwrap();
        }
        assert!(loud.usage().await.unwrap().bytes <= bound, "{name}");
        assert!(loud.usage().await.unwrap().bytes > bound / 2, "{name}");
        for tenant in &quiet {
            for key in 0..100 {
                assert_eq!(
                    tenant.get(&key.to_string()).await.unwrap(),
                    Some(key),
                    "{name}"
                );
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_overwritten_counts_once() {
    for (name, cache) in caches(MIB) {
        let acme = cache.for_tenant(&tenant("acme"));
        for round in 0..50 {
            acme.set("key", &"x".repeat(round), LONG).await.unwrap();
            acme.set("kez", &round, LONG).await.unwrap();
        }
        let usage = acme.usage().await.unwrap();
        let expected = 2 * ENTRY_OVERHEAD + 3 + 51 + 3 + 2;
        assert_eq!((usage.entries, usage.bytes), (2, expected), "{name}");
    }
}
