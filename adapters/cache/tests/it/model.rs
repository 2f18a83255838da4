//! Any sequence of calls does what it does to a map.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use tokio::runtime::Runtime;
use tollgate::{Clock, ManualClock, TenantId};
use tollgate_cache::{CacheError, TenantCache};

#[derive(Debug, Clone)]
enum Step {
    Get,
    Set(i64, u64),
    Delete,
    Incr(i64, u64),
    Load(i64, u64),
    Clear,
    Wait(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let number = || prop_oneof![4 => -9..=9_i64, 1 => Just(i64::MAX), 1 => Just(i64::MIN)];
    prop_oneof![
        3 => Just(Step::Get),
        3 => (number(), 1..100_u64).prop_map(|(n, ttl)| Step::Set(n, ttl)),
        1 => Just(Step::Delete),
        3 => (number(), 1..100_u64).prop_map(|(n, ttl)| Step::Incr(n, ttl)),
        2 => (number(), 1..100_u64).prop_map(|(n, ttl)| Step::Load(n, ttl)),
        1 => Just(Step::Clear),
        2 => (1..50_u64).prop_map(Step::Wait),
    ]
}

/// Ids and keys that are built to be confused with each other.
fn id() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ab]{1,2}",
        Just("tenant".to_owned()),
        Just("a.b".to_owned())
    ]
}

fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "[ab:]{1,3}",
        1 => Just("tenant:a:b".to_owned()),
        1 => Just("\0".to_owned()),
        1 => Just("{a}*?[ü]".to_owned()),
        1 => any::<String>().prop_filter("a key", |key| (1..=1024).contains(&key.len())),
    ]
}

/// A value and the second in which it expires, for each tenant and key.
type Model = BTreeMap<(String, String), (i64, u64)>;

async fn run(cache: &TenantCache, clock: Option<&ManualClock>, steps: Vec<(String, String, Step)>) {
    let mut model = Model::new();
    let mut now = 0;
    let seconds = |ttl| Duration::from_secs(if clock.is_some() { ttl } else { 3600 });
    for (id, key, step) in steps {
        let tenant = cache.for_tenant(&TenantId::new(&id).unwrap());
        let place = (id.clone(), key.clone());
        model.retain(|_, (_, expires)| clock.is_none() || *expires > now);
        let known = model.get(&place).copied();
        match step {
            Step::Get => {
                let found = tenant.get(&key).await.unwrap();
                assert_eq!(found, known.map(|(number, _)| number));
                assert_eq!(tenant.ttl(&key).await.unwrap().is_some(), known.is_some());
            }
            Step::Set(number, ttl) => {
                tenant.set(&key, &number, seconds(ttl)).await.unwrap();
                model.insert(place, (number, now + ttl));
            }
            Step::Delete => {
                assert_eq!(tenant.delete(&key).await.unwrap(), known.is_some());
                model.remove(&place);
            }
            Step::Incr(by, ttl) => {
                let (number, expires) = known.unwrap_or((0, now + ttl));
                let done = tenant.incr(&key, by, seconds(ttl)).await;
                if let Some(sum) = number.checked_add(by) {
                    assert_eq!(done.unwrap(), sum);
                    model.insert(place, (sum, expires));
                } else {
                    assert!(matches!(done, Err(CacheError::Overflow { .. })));
                }
            }
            Step::Load(number, ttl) => {
                let load = || async { Ok::<_, std::io::Error>(number) };
                let found = tenant.get_or_insert_with(&key, seconds(ttl), load).await;
                let (expected, expires) = known.unwrap_or((number, now + ttl));
                assert_eq!(found.unwrap(), expected);
                model.insert(place, (expected, expires));
            }
            Step::Clear => {
                tenant.clear().await.unwrap();
                model.retain(|(other, _), _| *other != id);
            }
            Step::Wait(by) => {
                if let Some(clock) = clock {
                    clock.advance(Duration::from_secs(by));
                    now += by;
                }
            }
        }
    }
    for ((id, key), (number, _)) in model
        .iter()
        .filter(|(_, (_, at))| clock.is_none() || *at > now)
    {
        let tenant = cache.for_tenant(&TenantId::new(id).unwrap());
        assert_eq!(tenant.get(key).await.unwrap(), Some(*number));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn the_embedded_cache_is_a_map_whose_values_expire(
        steps in vec((id(), key(), step()), 1..60)
    ) {
        let clock = ManualClock::new();
        let cache = TenantCache::embedded().clock(Clock::manual(&clock)).build();
        Runtime::new().unwrap().block_on(run(&cache, Some(&clock), steps));
    }
}

#[cfg(feature = "redis")]
proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn the_cache_in_redis_is_a_map(steps in vec((id(), key(), step()), 1..60)) {
        Runtime::new().unwrap().block_on(async {
            run(&crate::kit::on_redis(4 * 1024 * 1024), None, steps).await;
        });
    }
}
