//! Changes of a durable limit's config: usage is kept, and counted once.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_changed_capacity_holds_at_once() {
    let origin = ScriptedOrigin::default();
    let process = Process::start(&origin, acme(durable(Period::Month, 1_000)), 2);
    let tenant = process.acme().await;
    for _ in 0..10 {
        ask(&tenant, 10).await.unwrap();
    }
    // It holds hundreds ahead by now.
    process
        .source
        .set(acme(durable(Period::Month, 120)))
        .unwrap();
    assert_eq!(remaining(&tenant), 20);
    assert_eq!(process.spend_all(1).await, 20);
    process
        .source
        .set(acme(durable(Period::Month, 150)))
        .unwrap();
    assert_eq!(process.spend_all(1).await, 30);
}

#[tokio::test(start_paused = true)]
async fn a_limit_keeps_its_usage_when_it_becomes_durable_and_when_it_ceases_to_be() {
    let origin = ScriptedOrigin::default();
    let mut plain = durable(Period::Month, 1_000);
    plain.durable = false;
    let process = Process::start(&origin, acme(plain.clone()), 10);
    let tenant = process.acme().await;
    ask(&tenant, 400).await.unwrap();
    process
        .source
        .set(acme(durable(Period::Month, 1_000)))
        .unwrap();
    assert_eq!(remaining(&tenant), 600);
    ask(&tenant, 100).await.unwrap();
    assert_eq!(remaining(&tenant), 500);
    assert!(origin.charged() >= 500);

    // Another process has spent some of it too.
    let other = Process::start(&origin, acme(durable(Period::Month, 1_000)), 100);
    let theirs = other.acme().await;
    ask(&theirs, 200).await.unwrap();
    other.engine.shutdown().await;
    // Told when it goes to the origin next.
    ask(&tenant, 150).await.unwrap();
    process.source.set(acme(plain)).unwrap();
    assert_eq!(
        remaining(&tenant),
        150,
        "of 1,000: 400 + 100 + 150 here, 200 there"
    );
}

#[tokio::test(start_paused = true)]
async fn a_limit_that_counts_months_instead_of_days_keeps_what_the_origin_knows() {
    let origin = ScriptedOrigin::default();
    let process = Process::start(&origin, acme(durable(Period::Day, 1_000)), 100);
    let tenant = process.acme().await;
    ask(&tenant, 400).await.unwrap();
    process
        .source
        .set(acme(durable(Period::Month, 5_000)))
        .unwrap();
    ask(&tenant, 100).await.unwrap();
    let left = remaining(&tenant);
    assert!(
        (4_490..=4_500).contains(&left),
        "{left}: 500 spent, and a lease of the day at most"
    );
}

#[tokio::test(start_paused = true)]
async fn to_cease_to_be_durable_and_be_again_counts_nothing_twice() {
    let origin = ScriptedOrigin::default();
    let on = || acme(durable(Period::Month, 1_000));
    let mut plain = durable(Period::Month, 1_000);
    plain.durable = false;
    let process = Process::start(&origin, on(), 100);
    let tenant = process.acme().await;
    ask(&tenant, 300).await.unwrap();
    for left in [690, 680, 670] {
        process.source.set(acme(plain.clone())).unwrap();
        ask(&tenant, 10).await.unwrap();
        assert_eq!(remaining(&tenant), left);
        process.source.set(on()).unwrap();
        assert_eq!(remaining(&tenant), left);
    }
    assert_eq!(process.spend_all(1).await, 670);
    process.engine.shutdown().await;
    assert_eq!(origin.charged(), 1_000);
}

#[tokio::test(start_paused = true)]
async fn whichever_way_the_period_changes_a_day_admits_no_more_than_its_limits() {
    let origin = ScriptedOrigin::default();
    let process = Process::start(&origin, acme(durable(Period::Day, 1_000)), 10);
    let mut spent = process.spend_all(10).await;
    for _ in 0..3 {
        for period in [Period::Month, Period::Day] {
            process.source.set(acme(durable(period, 2_000))).unwrap();
            spent += process.spend_all(10).await;
        }
    }
    assert!((1_900..=2_000).contains(&spent), "{spent}");
}

#[tokio::test(start_paused = true)]
async fn a_month_that_is_used_up_blocks_the_day_on_which_it_becomes_days_and_no_other() {
    let origin = ScriptedOrigin::default();
    let process = Process::start(&origin, acme(durable(Period::Month, 1_000)), 10);
    assert_eq!(process.spend_all(10).await, 1_000);
    process.source.set(acme(durable(Period::Day, 100))).unwrap();
    for admitted in [0, 100, 100] {
        assert_eq!(process.spend_all(10).await, admitted);
        process.clock.advance(Duration::from_secs(86_400));
    }
}

#[tokio::test(start_paused = true)]
async fn a_limit_on_something_else_inherits_nothing() {
    let origin = ScriptedOrigin::default();
    let process = Process::start(&origin, acme(durable(Period::Month, 1_000)), 10);
    assert_eq!(process.spend_all(10).await, 1_000);
    let mut requests = durable(Period::Month, 1_000);
    requests.dimension = Dimension::Requests;
    process.source.set(acme(requests)).unwrap();
    let tenant = process.acme().await;
    assert_eq!(tenant.usage().remaining(&Dimension::Requests), Some(1_000));
    let permit = tenant.acquire(Cost::requests(900));
    assert!(permit.within(Duration::from_secs(9)).await.is_ok());
}
