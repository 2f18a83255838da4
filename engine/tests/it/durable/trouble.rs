//! An origin that does not answer, lies or panics, and what becomes of its tenants.

use super::*;

async fn spend(tenant: &Tenant, times: u64) -> u64 {
    let mut spent = 0;
    for _ in 0..times {
        spent += u64::from(ask(tenant, 1).await.is_ok());
    }
    spent
}

#[tokio::test(start_paused = true)]
async fn what_was_granted_is_spent_while_the_origin_is_down_and_no_more() {
    for mood in [
        Mood::Down,
        Mood::Silent,
        Mood::Deaf,
        Mood::Short,
        Mood::Panics,
    ] {
        let origin = ScriptedOrigin::default();
        let process = Process::start(&origin, acme(durable(Period::Month, 1_000)), 10);
        let tenant = process.acme().await;
        assert_eq!(spend(&tenant, 60).await, 60);
        origin.set(mood);
        let before = origin.charged();
        let spent = 60 + spend(&tenant, 1_000).await;
        assert!(spent <= before + 100, "{mood:?}: {spent} of {before}");
        assert_eq!(
            ask(&tenant, 1).await,
            Err(DenialReason::Ungranted),
            "{mood:?}"
        );
        let Decision::Denied(denial) = tenant.try_acquire(&Cost::tokens(1)) else {
            panic!("{mood:?}: nothing is left");
        };
        assert_eq!(
            (denial.retry_after(), remaining(&tenant) > 800),
            (None, true),
            "{mood:?}"
        );

        origin.set(Mood::Well);
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert_eq!(
            spent + process.spend_all(1).await,
            1_000,
            "{mood:?}: nothing is lost"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_an_origin_that_is_known_to_be_down() {
    let origin = ScriptedOrigin::default();
    let process = Process::start(&origin, acme(durable(Period::Month, 1_000)), 10);
    origin.set(Mood::Silent);
    let tenant = process.acme().await;
    let begun = tokio::time::Instant::now();
    assert_eq!(ask(&tenant, 1).await, Err(DenialReason::Ungranted));
    let first = begun.elapsed();
    assert!(
        first <= Duration::from_millis(3_010),
        "{first:?}: three times a second"
    );
    tokio::time::sleep(Duration::from_secs(1)).await;
    let begun = tokio::time::Instant::now();
    for _ in 0..1_000 {
        assert_eq!(ask(&tenant, 1).await, Err(DenialReason::Ungranted));
    }
    assert_eq!(begun.elapsed(), Duration::ZERO);
    assert!(origin.exchanges() < 10, "and it is not hammered");
}

#[tokio::test(start_paused = true)]
async fn one_tenant_whose_claims_fail_holds_up_no_other() {
    /// Fails every exchange that has a claim of `poison` in it.
    struct Picky(ScriptedOrigin);
    impl tollgate::Origin for Picky {
        fn exchange<'o>(&'o self, claims: &'o [tollgate::Claim]) -> tollgate::Exchanging<'o> {
            if claims.iter().any(|claim| claim.tenant == id("poison")) {
                return Box::pin(std::future::ready(Err(tollgate::OriginError::new("no"))));
            }
            self.0.exchange(claims)
        }
    }
    let (origin, source) = (ScriptedOrigin::default(), InMemorySource::new());
    let limit = || durable(Period::Month, 1_000);
    source
        .set(TenantConfig::new(id("poison")).limit(limit()))
        .unwrap();
    source.set(acme(limit())).unwrap();
    let engine = Engine::builder()
        .source(source)
        .origin(Picky(origin))
        .build()
        .unwrap();
    let poison = engine.tenant(&id("poison")).await.unwrap();
    let acme = engine.tenant(&id("acme")).await.unwrap();
    for _ in 0..100 {
        let denied = poison.try_acquire(&Cost::tokens(1));
        assert!(denied.is_denied());
        let waited = acme
            .acquire(Cost::tokens(9))
            .within(Duration::from_secs(20))
            .await;
        assert!(waited.is_ok(), "{waited:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_stops_while_the_origin_is_down_does_so_in_time() {
    let origin = ScriptedOrigin::default();
    let process = Process::start(&origin, acme(durable(Period::Month, 1_000)), 10);
    ask(&process.acme().await, 1).await.unwrap();
    origin.set(Mood::Silent);
    let begun = tokio::time::Instant::now();
    process.engine.shutdown().await;
    assert!(begun.elapsed() <= Duration::from_secs(10));
}

#[tokio::test(start_paused = true)]
async fn a_load_of_a_tenant_does_not_wait_for_the_origin() {
    let origin = ScriptedOrigin::default();
    origin.set(Mood::Silent);
    let process = Process::start(&origin, acme(durable(Period::Month, 1_000)), 10);
    let begun = tokio::time::Instant::now();
    let tenant = process.acme().await;
    assert!(begun.elapsed() < Duration::from_millis(100));
    assert!(
        tenant.try_acquire(&Cost::request()).is_admitted(),
        "no durable limit counts requests"
    );
}

#[tokio::test(start_paused = true)]
async fn after_a_panic_no_two_claims_of_a_tenant_are_under_way() {
    /// Panics at the first exchange; then takes a while, and notes the most claims of a tenant at once.
    #[derive(Clone, Default)]
    struct Watched {
        asked: std::sync::Arc<std::sync::atomic::AtomicU64>,
        under_way: std::sync::Arc<std::sync::Mutex<(u64, u64)>>,
    }
    impl tollgate::Origin for Watched {
        fn exchange<'o>(&'o self, claims: &'o [tollgate::Claim]) -> tollgate::Exchanging<'o> {
            Box::pin(async move {
                let first = self.asked.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 0;
                assert!(!first, "the first exchange panics");
                let of_late = claims.iter().filter(|claim| claim.tenant == id("late"));
                let late = of_late.count() as u64;
                {
                    let mut under_way = self.under_way.lock().unwrap();
                    under_way.0 += late;
                    under_way.1 = under_way.1.max(under_way.0);
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
                self.under_way.lock().unwrap().0 -= late;
                Ok(vec![tollgate::Account::default(); claims.len()])
            })
        }
    }
    let (origin, source) = (Watched::default(), InMemorySource::new());
    for tenant in ["early", "late"] {
        let limit = durable(Period::Month, 1_000);
        source
            .set(TenantConfig::new(id(tenant)).limit(limit))
            .unwrap();
    }
    let engine = Engine::builder()
        .source(source)
        .origin(origin.clone())
        .build()
        .unwrap();
    let early = engine.tenant(&id("early")).await.unwrap();
    tokio::time::sleep(Duration::from_millis(10)).await;
    // Nobody serves the desk until the leaser is started again.
    let late = engine.tenant(&id("late")).await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(origin.under_way.lock().unwrap().1, 1);
    drop((early, late));
}
