//! Tenants with parents.

use crate::kit::{replay, short};

const FAMILY: &str = r#"{"tenants": [
    {"tenant_id": "acme", "parent": "umbrella", "quota": {"requests_per_minute": 2}},
    {"tenant_id": "other", "parent": "umbrella"},
    {"tenant_id": "umbrella", "quota": {"requests_per_minute": 3}}]}"#;

#[test]
fn a_parent_is_charged_for_its_children_and_its_limit_is_named() {
    let log = r#"
        {"t_ms": 0, "tenant": "acme", "cost": {"requests": 1}}
        {"t_ms": 0, "tenant": "other", "cost": {"requests": 2}}
        {"t_ms": 500, "tenant": "acme", "cost": {"requests": 1}}
        {"t_ms": 500, "tenant": "acme", "cost": {"requests": 3}}
        {"t_ms": 500, "tenant": "umbrella", "cost": {"requests": 1}}
        {"t_ms": 600, "suspend": "umbrella"}
        {"t_ms": 62000, "tenant": "acme", "cost": {"requests": 1}}
        {"t_ms": 62000, "resume": "umbrella"}
        {"t_ms": 62000, "tenant": "acme", "cost": {"requests": 1}}
    "#;
    let done = replay(FAMILY, log);
    let lines = done.lines();
    let denied = lines.get(2).unwrap();
    assert!(
        denied.contains(r#""binding":"umbrella/requests_per_minute","retry_after_ms":61500"#),
        "{denied}"
    );
    let never = lines.get(3).unwrap();
    assert!(
        never.contains(r#""binding":"requests_per_minute""#),
        "{never}"
    );
    let own = lines.get(4).unwrap();
    assert!(own.contains(r#""binding":"requests_per_minute""#), "{own}");
    let short = |at: usize| short(lines.get(at).unwrap());
    assert!(short(6).starts_with("\"suspended\""), "{}", short(6));
    assert!(
        lines.get(8).unwrap().contains(r#""admitted":true"#),
        "{}",
        short(8)
    );
}

#[test]
fn a_config_that_does_not_go_with_a_parent_s_stops_the_replay() {
    for (config, problem) in [
        (
            r#"{"tenant_id": "acme", "parent": "umbrella", "quota": {"requests_per_minute": 4}}"#,
            "limit requests_per_minute: capacity 4: must be at most 3",
        ),
        (
            r#"{"tenant_id": "umbrella", "quota": {"requests_per_minute": 1}}"#,
            "limit requests_per_minute: capacity 2: must be at most 1",
        ),
        (
            r#"{"tenant_id": "acme"}"#,
            "tenant acme: parent: must not change",
        ),
        (
            r#"{"tenant_id": "new", "parent": "nobody"}"#,
            "must be a tenant of the same set",
        ),
    ] {
        let log = format!(r#"{{"t_ms": 7, "config": {config}}}"#);
        let done = replay(FAMILY, &log);
        assert_eq!(done.code, Some(1), "{}", done.said);
        assert!(done.said.contains(problem), "{}", done.said);
    }
    let log = r#"{"t_ms": 7, "config": {"tenant_id": "new", "parent": "umbrella"}}
        {"t_ms": 7, "tenant": "new", "cost": {"requests": 4}}"#;
    let done = replay(FAMILY, log);
    assert!(
        done.lines().get(1).unwrap().contains(r#""reason":"never""#),
        "{}",
        done.decisions
    );
}
