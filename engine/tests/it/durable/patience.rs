//! What durable limits must not do to whoever waits, and to the origin.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_debt_beyond_all_counts_is_not_told_again_and_again() {
    let origin = ScriptedOrigin::default();
    let other = Process::start(&origin, acme(durable(Period::Month, 1_000)), 100);
    ask(&other.acme().await, 10).await.unwrap();
    let process = Process::start(&origin, acme(durable(Period::Month, 1_000)), 100);
    let tenant = process.acme().await;
    tenant.exchanged().await;
    let Decision::Admitted(permit) = tenant.try_acquire(&Cost::tokens(1)) else {
        panic!("there is room");
    };
    drop(permit.settle(&Cost::tokens(u64::MAX)));
    let before = origin.exchanges();
    tokio::time::sleep(Duration::from_secs(10)).await;
    let exchanges = origin.exchanges() - before;
    assert!(
        (1..=3).contains(&exchanges),
        "{exchanges} while nothing happens"
    );
    assert_eq!(ask(&tenant, 1).await, Err(DenialReason::Quota));
}

#[tokio::test(start_paused = true)]
async fn who_waits_hears_of_what_another_process_gives_back() {
    let origin = ScriptedOrigin::default();
    let one = Process::start(&origin, acme(durable(Period::Month, 100)), 2);
    let other = Process::start(&origin, acme(durable(Period::Month, 100)), 2);
    ask(&one.acme().await, 1).await.unwrap();
    one.acme().await.exchanged().await;
    let theirs = other.acme().await;
    let waiter = tokio::spawn(async move {
        let waits = theirs
            .acquire(Cost::tokens(90))
            .within(Duration::from_secs(60));
        waits.await.map(drop).map_err(|denial| denial.reason())
    });
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert!(
        !waiter.is_finished(),
        "the first process has too much of it"
    );
    one.engine.shutdown().await;
    other.clock.advance(Duration::from_secs(2));
    assert_eq!(waiter.await.unwrap(), Ok(()));
    assert!(origin.charged() <= 100);
}

#[tokio::test(start_paused = true)]
async fn a_tenant_with_nothing_to_claim_does_not_make_the_origin_seem_well() {
    let origin = ScriptedOrigin::default();
    let process = Process::start(&origin, acme(durable(Period::Month, 100)), 2);
    let tenant = process.acme().await;
    origin.set(Mood::Silent);
    assert_eq!(ask(&tenant, 60).await, Err(DenialReason::Ungranted));
    tokio::time::sleep(Duration::from_secs(20)).await;
    // Its limit ceases to be durable while it is in line.
    let initech = || TenantConfig::new(id("initech"));
    process
        .source
        .set(initech().limit(durable(Period::Month, 5)))
        .unwrap();
    process.engine.tenant(&id("initech")).await.unwrap();
    process.source.set(initech()).unwrap();
    for _ in 0..3_000 {
        let begun = tokio::time::Instant::now();
        assert!(ask(&tenant, 60).await.is_err());
        assert_eq!(begun.elapsed(), Duration::ZERO, "it is known to be down");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_an_engine_that_is_gone() {
    let origin = ScriptedOrigin::default();
    let process = Process::start(&origin, acme(durable(Period::Month, 100)), 100);
    let tenant = process.acme().await;
    ask(&tenant, 2).await.unwrap();
    drop(process);
    tokio::time::sleep(Duration::from_secs(1)).await;
    let begun = tokio::time::Instant::now();
    for _ in 0..20 {
        assert_eq!(ask(&tenant, 50).await, Err(DenialReason::Ungranted));
    }
    assert_eq!(begun.elapsed(), Duration::ZERO);
}
