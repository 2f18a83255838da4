//! Which limits are shared, and what becomes of their usage when configs change.

use tollgate::{ConfigErrors, Period, QuotaConfig};

use super::*;

fn problem(limit: LimitConfig) -> String {
    acme(limit).compile().unwrap_err().to_string()
}

#[tokio::test(start_paused = true)]
async fn the_shorthand_limits_are_shared_where_there_is_a_store() {
    let clock = ManualClock::new();
    let store = store(&clock);
    let config = || TenantConfig::new(id("acme")).requests_per_minute(100);
    let nodes = [
        Node::start(store.clone(), config(), &clock),
        Node::start(store, config(), &clock),
    ];
    let mut admitted = 0;
    for node in &nodes {
        let tenant = node.acme().await;
        assert!(tenant.plan().limits()[0].is_shared());
        while ask(&tenant, &Cost::request()).await.is_ok() {
            admitted += 1;
        }
    }
    assert_eq!(admitted, 100);
}

#[tokio::test(start_paused = true)]
async fn a_limit_that_says_no_is_each_nodes_own() {
    let clock = ManualClock::new();
    let store = store(&clock);
    for _ in 0..2 {
        let node = Node::start(store.clone(), acme(minute(100).shared(false)), &clock);
        assert_eq!(spend(&node.acme().await, 10).await, 10);
    }
}

#[test]
fn a_limit_that_cannot_be_shared_says_why() {
    let expected = "tenant acme: limit budget: shared true: is not for durable or shadow limits, nor for a bucket \
                    whose burst is refilled within 25 ms";
    assert_eq!(problem(minute(1).shadow().shared(true)), expected);
    let month = LimitConfig::calendar("budget", Dimension::Tokens, 1, Period::Month);
    assert_eq!(problem(month.durable().shared(true)), expected);
    let bucket = LimitConfig::bucket(
        "budget",
        Dimension::Tokens,
        1000,
        Duration::from_secs(1),
        20,
    );
    assert_eq!(problem(bucket.shared(true)), expected);
}

#[test]
fn a_shared_limit_without_a_store_is_refused_and_not_ignored() {
    let config = acme(minute(100).shared(true));
    let problem = "tenant acme: limit budget: shared true: needs an engine that has a store of shared limits (EngineBuilder::shared)";
    let alone = Tenant::new(&config, Clock::default()).unwrap_err();
    assert_eq!(alone.to_string(), problem);
    let source = InMemorySource::new();
    source.set(config).unwrap();
    let engine = Engine::builder().source(source).build_without_actors();
    let error = engine.unwrap().tenant_blocking(&id("acme")).unwrap_err();
    let cause = std::error::Error::source(&error).unwrap();
    assert_eq!(cause.to_string(), problem);
}

#[test]
fn whether_a_limit_is_shared_can_be_read_and_written() {
    let text = r#"{"limits": [{"name": "a", "dimension": "tokens", "capacity": 5, "window": "60s", "shared": false}]}"#;
    let read = |text: &str| -> Result<QuotaConfig, ConfigErrors> {
        let tenant = format!(r#"{{"tenants": [{{"tenant_id": "acme", "quota": {text}}}]}}"#);
        let raw: tollgate::RawTenants = serde_json::from_str(&tenant).unwrap();
        raw.validate().map(|mut all| all.tenants.remove(0).quota)
    };
    let quota = read(text).unwrap();
    assert_eq!(quota.limits[0].shared, Some(false));
    let again = read(&serde_json::to_string(&quota).unwrap()).unwrap();
    assert_eq!(again, quota);
    let wrong = read(&text.replace("false", "\"no\"")).unwrap_err();
    assert!(wrong.to_string().contains("shared"), "{wrong}");
}

#[tokio::test(start_paused = true)]
async fn a_limit_that_is_raised_or_lowered_keeps_what_all_have_used() {
    let clock = ManualClock::new();
    let store = store(&clock);
    let first = Node::start(store.clone(), acme(minute(100)), &clock);
    let second = Node::start(store, acme(minute(100)), &clock);
    assert_eq!(spend(&first.acme().await, 10).await, 10);
    for node in [&first, &second] {
        node.source.set(acme(minute(150))).unwrap();
    }
    clock.advance(Duration::from_secs(1));
    assert_eq!(spend_for_a_while(&second.acme().await, 10, &clock).await, 5);
    for node in [&first, &second] {
        node.source.set(acme(minute(120))).unwrap();
    }
    clock.advance(Duration::from_secs(1));
    assert_eq!(spend_for_a_while(&first.acme().await, 10, &clock).await, 0);
}

#[tokio::test(start_paused = true)]
async fn a_limit_that_gets_another_window_keeps_what_all_have_used() {
    let clock = ManualClock::new();
    let store = store(&clock);
    let node = Node::start(store, acme(minute(100)), &clock);
    assert_eq!(spend(&node.acme().await, 10).await, 10);
    let hour = LimitConfig::sliding("budget", Dimension::Tokens, 130, Duration::from_hours(1));
    node.source.set(acme(hour)).unwrap();
    clock.advance(Duration::from_secs(2));
    assert_eq!(spend_for_a_while(&node.acme().await, 10, &clock).await, 3);
}

#[tokio::test(start_paused = true)]
async fn what_was_used_alone_counts_when_the_limit_becomes_shared() {
    let clock = ManualClock::new();
    let store = store(&clock);
    let node = Node::start(store, acme(minute(100).shared(false)), &clock);
    assert_eq!(spend(&node.acme().await, 60).await, 1);
    node.source.set(acme(minute(100))).unwrap();
    clock.advance(Duration::from_secs(1));
    assert_eq!(spend_for_a_while(&node.acme().await, 10, &clock).await, 4);
}

#[tokio::test(start_paused = true)]
async fn what_all_have_used_counts_when_the_limit_is_no_longer_shared() {
    let clock = ManualClock::new();
    let store = store(&clock);
    let first = Node::start(store.clone(), acme(minute(100)), &clock);
    let second = Node::start(store, acme(minute(100)), &clock);
    assert_eq!(spend(&first.acme().await, 50).await, 2);
    assert_eq!(spend(&second.acme().await, 10).await, 0);
    second.source.set(acme(minute(100).shared(false))).unwrap();
    assert_eq!(spend(&second.acme().await, 10).await, 0);
}
