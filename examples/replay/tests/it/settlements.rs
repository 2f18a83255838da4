//! Requests that end later: at what cost, and what they hold until then.

use crate::kit::{replay, short, shorts};

#[test]
fn settlements_come_in_between_at_their_time_and_before_a_request_at_the_same() {
    let config = "
        [[tenants]]
        tenant_id = 'acme'
        quota.tokens_per_minute = 100
    ";
    let log = r#"
        {"t_ms": 0, "tenant": "acme", "cost": {"tokens": 80}, "settle": {"after_ms": 10.5, "tokens": 30}}
        {"t_ms": 10.499999, "tenant": "acme", "cost": {"tokens": 50}, "settle": {"after_ms": 0, "tokens": 60}}
        {"t_ms": 10.5, "tenant": "acme", "cost": {"tokens": 50}, "settle": {"after_ms": 9.5, "tokens": 60}}
        {"t_ms": 10.5, "tenant": "acme", "cost": {"tokens": 0}, "settle": {"after_ms": 0}}
        {"t_ms": 20, "tenant": "acme", "cost": {"tokens": 0}}
    "#;
    let level = |reason: &str, tokens: u64| format!("{reason} \"tokens_per_minute\":{tokens}");
    assert_eq!(
        shorts(config, log),
        [
            level("null", 20),
            // Denied, so its settlement is ignored.
            level("\"quota\"", 20),
            level("null", 20),
            level("null", 20),
            level("null", 10),
        ]
    );
}

#[test]
fn all_settlements_of_an_instant_are_in_before_a_request_at_the_same() {
    let config = r#"{"tenants": [{"tenant_id": "acme", "quota": {"limits": [
        {"name": "in-flight", "dimension": "requests", "capacity": 2, "algorithm": "concurrency"},
        {"name": "tokens", "dimension": "tokens", "capacity": 100, "window": "60s", "algorithm": "bucket"}]}}]}"#;
    let log = r#"
        {"t_ms": 0, "tenant": "acme", "cost": {"requests": 1, "tokens": 60}, "settle": {"after_ms": 10, "tokens": 100}}
        {"t_ms": 4, "tenant": "acme", "cost": {"requests": 1, "tokens": 40}, "settle": {"after_ms": 6, "tokens": 0}}
        {"t_ms": 5, "tenant": "acme", "cost": {"requests": 1}}
        {"t_ms": 10, "tenant": "acme", "cost": {"requests": 1, "tokens": 1}}
    "#;
    assert_eq!(
        shorts(config, log),
        [
            r#"null "in-flight":1,"tokens":40"#,
            r#"null "in-flight":0,"tokens":0"#,
            r#""in_use" "in-flight":0,"tokens":0"#,
            r#""quota" "in-flight":2,"tokens":0"#,
        ]
    );
}

#[test]
fn a_slot_is_held_until_the_settlement_and_without_one_not_at_all() {
    let config = "
        [[tenants]]
        tenant_id = 'acme'
        [[tenants.quota.limits]]
        name = 'in-flight'
        dimension = 'requests'
        capacity = 1
        algorithm = 'concurrency'
    ";
    let log = r#"
        {"t_ms": 0, "tenant": "acme", "cost": {"requests": 1}}
        {"t_ms": 0, "tenant": "acme", "cost": {"requests": 1}, "settle": {"after_ms": 300}}
        {"t_ms": 299.999999, "tenant": "acme", "cost": {"requests": 1}}
        {"t_ms": 300, "tenant": "acme", "cost": {"requests": 1}}
    "#;
    let done = replay(config, log);
    let lines = done.lines();
    let shorts: Vec<_> = lines.iter().copied().map(short).collect();
    let level = |reason: &str| format!("{reason} \"in-flight\":0");
    assert_eq!(
        shorts,
        [
            level("null"),
            level("null"),
            level("\"in_use\""),
            level("null")
        ]
    );
    let denied = lines.get(2).unwrap();
    assert!(
        denied.contains(r#""binding":"in-flight","retry_after_ms":null"#),
        "{denied}"
    );
}
