//! Loads: one for all who wait, and never one too many or too few.

use std::io::{Error, ErrorKind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinSet;
use tollgate_cache::{CacheError, ScopedCache};

use crate::kit::{LONG, caches, tenant};

const MIB: u64 = 1024 * 1024;

/// A load that counts itself, waits until it may end, and returns its number.
#[derive(Clone)]
struct Loads {
    count: Arc<AtomicU32>,
    gate: Arc<Semaphore>,
}

impl Loads {
    fn shut() -> Self {
        Self {
            count: Arc::default(),
            gate: Arc::new(Semaphore::new(0)),
        }
    }

    fn begun(&self) -> u32 {
        self.count.load(Ordering::SeqCst)
    }

    fn open(&self) {
        self.gate.add_permits(1000);
    }

    async fn load(self) -> Result<u32, Error> {
        let number = self.count.fetch_add(1, Ordering::SeqCst) + 1;
        drop(self.gate.acquire().await.unwrap());
        Ok(number)
    }

    /// Until `count` loads have begun.
    async fn wait_for(&self, count: u32) {
        while self.begun() < count {
            tokio::task::yield_now().await;
        }
    }
}

async fn ask(cache: ScopedCache, loads: Loads) -> Result<u32, CacheError> {
    cache.get_or_insert_with("key", LONG, || loads.load()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_tasks_that_miss_at_once_load_once_for_each_tenant() {
    for (name, cache) in caches(MIB) {
        let mut tasks = JoinSet::new();
        let all: Vec<_> = ["acme", "globex"]
            .map(|id| (cache.for_tenant(&tenant(id)), Loads::shut()))
            .into();
        for _ in 0..100 {
            for (tenant, loads) in &all {
                tasks.spawn(ask(tenant.clone(), loads.clone()));
            }
        }
        for (_, loads) in &all {
            loads.wait_for(1).await;
            loads.open();
        }
        let results = tasks.join_all().await;
        assert!(
            results.into_iter().all(|result| result.unwrap() == 1),
            "{name}"
        );
        for (tenant, loads) in all {
            assert_eq!(loads.begun(), 1, "{name}");
            assert_eq!(tenant.get("key").await.unwrap(), Some(1), "{name}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_again_and_again_while_loads_end_never_loads_what_is_cached() {
    for (name, cache) in caches(MIB) {
        let loads = Loads::shut();
        loads.open();
        let mut tasks = JoinSet::new();
        for _ in 0..100 {
            let (cache, loads) = (cache.for_tenant(&tenant("acme")), loads.clone());
            tasks.spawn(async move {
                for _ in 0..20 {
                    assert_eq!(ask(cache.clone(), loads.clone()).await.unwrap(), 1);
                }
            });
        }
        tasks.join_all().await;
        assert_eq!(loads.begun(), 1, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_who_wait_hear_of_the_error_and_the_next_one_tries_again() {
    for (name, cache) in caches(MIB) {
        let acme = cache.for_tenant(&tenant("acme"));
        let (count, gate) = (Arc::new(AtomicU32::new(0)), Arc::new(Semaphore::new(0)));
        let mut tasks = JoinSet::new();
        for _ in 0..20 {
            let (acme, count, gate) = (acme.clone(), Arc::clone(&count), Arc::clone(&gate));
            tasks.spawn(async move {
                let load = || async {
                    count.fetch_add(1, Ordering::SeqCst);
                    drop(gate.acquire().await.unwrap());
                    Err::<u32, _>(Error::from(ErrorKind::NotFound))
                };
                let error = acme
                    .get_or_insert_with("key", LONG, load)
                    .await
                    .unwrap_err();
                error.load_error::<Error>().map(Error::kind)
            });
        }
        while count.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
        gate.add_permits(1000);
        let heard = tasks.join_all().await;
        assert!(
            heard.iter().all(|kind| *kind == Some(ErrorKind::NotFound)),
            "{name} {heard:?}"
        );
        let value = acme.get_or_insert_with("key", LONG, || async { Ok::<_, Error>(7) });
        assert_eq!(value.await.unwrap(), 7, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_one_who_loads_is_cancelled_the_next_one_loads() {
    for (name, cache) in caches(MIB) {
        let acme = cache.for_tenant(&tenant("acme"));
        let loads = Loads::shut();
        let first = tokio::spawn(ask(acme.clone(), loads.clone()));
        loads.wait_for(1).await;
        let second = tokio::spawn(ask(acme.clone(), loads.clone()));
        first.abort();
        assert!(first.await.unwrap_err().is_cancelled());
        loads.wait_for(2).await;
        loads.open();
        assert_eq!(second.await.unwrap().unwrap(), 2, "{name}");
        assert_eq!(acme.get("key").await.unwrap(), Some(2), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_one_who_loads_panics_the_next_one_loads() {
    for (name, cache) in caches(MIB) {
        let acme = cache.for_tenant(&tenant("acme"));
        let (tell, told) = oneshot::channel::<()>();
        let (start, started) = oneshot::channel();
        let doomed = acme.clone();
        let first = tokio::spawn(async move {
            let load = || async move {
                start.send(()).unwrap();
                told.await.unwrap();
                if name.is_empty() {
                    return Ok::<u32, Error>(0);
                }
                panic!("as the test wants it");
            };
            doomed.get_or_insert_with("key", LONG, load).await
        });
        started.await.unwrap();
        let loads = Loads::shut();
        loads.open();
        let second = tokio::spawn(ask(acme.clone(), loads.clone()));
        tell.send(()).unwrap();
        assert!(first.await.unwrap_err().is_panic(), "{name}");
        assert_eq!(second.await.unwrap().unwrap(), 1, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_that_a_write_overtakes_is_handed_out_and_not_kept() {
    enum Write {
        Set,
        Delete,
        Incr,
        Clear,
    }
    for write in [Write::Set, Write::Delete, Write::Incr, Write::Clear] {
        for (name, cache) in caches(MIB) {
            let acme = cache.for_tenant(&tenant("acme"));
            let loads = Loads::shut();
            let early = tokio::spawn(ask(acme.clone(), loads.clone()));
            loads.wait_for(1).await;
            let after = match write {
                Write::Set => {
                    acme.set("key", &50, LONG).await.unwrap();
                    Some(50)
                }
                Write::Incr => Some(acme.incr("key", 60, LONG).await.unwrap()),
                Write::Delete => {
                    acme.delete("key").await.unwrap();
                    None
                }
                Write::Clear => {
                    acme.clear().await.unwrap();
                    None
                }
            };
            loads.open();
            assert_eq!(early.await.unwrap().unwrap(), 1, "{name}");
            assert_eq!(acme.get::<i64>("key").await.unwrap(), after, "{name}");
            let late = ask(acme.clone(), loads.clone()).await.unwrap();
            assert_eq!(i64::from(late), after.unwrap_or(2), "{name}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_to_keep_is_handed_out_all_the_same() {
    for (name, cache) in caches(1000) {
        let acme = cache.for_tenant(&tenant("acme"));
        for _ in 0..2 {
            let load = || async { Ok::<_, Error>("x".repeat(2000)) };
            let value = acme.get_or_insert_with("key", LONG, load).await.unwrap();
            assert_eq!(value.len(), 2000, "{name}");
        }
        assert_eq!(acme.usage().await.unwrap().entries, 0, "{name}");
    }
}
