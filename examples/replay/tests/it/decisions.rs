//! Logs and the decisions that they get, to the letter.

use crate::kit::{replay, replay_with, short, shorts};

const TWO_A_MINUTE: &str =
    r#"{"tenants": [{"tenant_id": "acme", "quota": {"requests_per_minute": 2}}]}"#;

#[test]
fn a_request_is_admitted_denied_and_told_when_to_come_back() {
    let log = r#"
        {"t_ms": 0, "tenant": "acme", "cost": {"requests": 1}}
        {"t_ms": 500.25, "tenant": "acme", "cost": {"requests": 1}}
        {"t_ms": 500.250001, "tenant": "acme", "cost": {"requests": 1}}
        {"t_ms": 61999.999999, "tenant": "acme", "cost": {"requests": 1}}
        {"t_ms": 62000, "tenant": "acme", "cost": {"requests": 1}}
        {"t_ms": 62000.0, "tenant": "acme", "cost": {"requests": 3}}
        {"t_ms": 62000.0, "tenant": "nobody", "cost": {"requests": 1}}
    "#;
    assert_eq!(
        replay(TWO_A_MINUTE, log).lines(),
        [
            r#"{"t_ms":0,"tenant":"acme","admitted":true,"reason":null,"binding":null,"retry_after_ms":null,"never":false,"remaining":{"requests_per_minute":1}}"#,
            r#"{"t_ms":500.25,"tenant":"acme","admitted":true,"reason":null,"binding":null,"retry_after_ms":null,"never":false,"remaining":{"requests_per_minute":0}}"#,
            r#"{"t_ms":500.250001,"tenant":"acme","admitted":false,"reason":"quota","binding":"requests_per_minute","retry_after_ms":61499.749999,"never":false,"remaining":{"requests_per_minute":0}}"#,
            r#"{"t_ms":61999.999999,"tenant":"acme","admitted":false,"reason":"quota","binding":"requests_per_minute","retry_after_ms":0.000001,"never":false,"remaining":{"requests_per_minute":0}}"#,
            r#"{"t_ms":62000,"tenant":"acme","admitted":true,"reason":null,"binding":null,"retry_after_ms":null,"never":false,"remaining":{"requests_per_minute":1}}"#,
            r#"{"t_ms":62000,"tenant":"acme","admitted":false,"reason":"never","binding":"requests_per_minute","retry_after_ms":null,"never":true,"remaining":{"requests_per_minute":1}}"#,
            r#"{"t_ms":62000,"tenant":"nobody","admitted":false,"reason":"unknown_tenant","binding":null,"retry_after_ms":null,"never":false,"remaining":{}}"#,
        ]
    );
}

#[test]
fn a_new_config_takes_effect_at_its_time_and_what_was_used_stays_used() {
    let log = r#"
        {"t_ms": 0, "tenant": "acme", "cost": {"requests": 2}}
        {"t_ms": 1, "tenant": "acme", "cost": {"requests": 1}}
        {"t_ms": 2, "config": {"tenant_id": "acme", "quota": {"requests_per_minute": 3}}}
        {"t_ms": 2, "tenant": "acme", "cost": {"requests": 1}}
        {"t_ms": 3, "config": {"tenants": [{"tenant_id": "b"}, {"tenant_id": "a"}]}}
        {"t_ms": 4, "tenant": "b", "cost": {"requests": 1}}
        {"t_ms": 4, "tenant": "acme", "cost": {"requests": 1}}
    "#;
    let done = replay(TWO_A_MINUTE, log);
    let lines = done.lines();
    assert_eq!(lines.get(2).unwrap(), &r#"{"t_ms":2,"config":["acme"]}"#);
    assert_eq!(lines.get(4).unwrap(), &r#"{"t_ms":3,"config":["b","a"]}"#);
    let decided = [0, 1, 3, 5, 6].map(|at: usize| short(lines.get(at).unwrap()));
    let level = |reason: &str, left: u64| format!("{reason} \"requests_per_minute\":{left}");
    assert_eq!(
        decided,
        [
            level("null", 0),
            level("\"quota\"", 0),
            level("null", 0),
            "null ".to_owned(),
            level("\"quota\"", 0),
        ]
    );
}

#[test]
fn a_suspended_tenant_is_denied_until_it_is_resumed() {
    let log = r#"
        {"t_ms": 0, "suspend": "acme"}
        {"t_ms": 1, "tenant": "acme", "cost": {"requests": 1}}
        {"t_ms": 2, "resume": "acme"}
        {"t_ms": 3, "tenant": "acme", "cost": {"requests": 1}}
        {"t_ms": 4, "suspend": "nobody"}
        {"t_ms": 5, "resume": "nobody"}
    "#;
    assert_eq!(
        replay(TWO_A_MINUTE, log).lines(),
        [
            r#"{"t_ms":0,"suspend":"acme"}"#,
            r#"{"t_ms":1,"tenant":"acme","admitted":false,"reason":"suspended","binding":null,"retry_after_ms":null,"never":false,"remaining":{"requests_per_minute":2}}"#,
            r#"{"t_ms":2,"resume":"acme"}"#,
            r#"{"t_ms":3,"tenant":"acme","admitted":true,"reason":null,"binding":null,"retry_after_ms":null,"never":false,"remaining":{"requests_per_minute":1}}"#,
            r#"{"t_ms":4,"suspend":"nobody","reason":"unknown_tenant"}"#,
            r#"{"t_ms":5,"resume":"nobody","reason":"unknown_tenant"}"#,
        ]
    );
}

#[test]
fn what_the_policy_denies_costs_nothing() {
    let config = r#"{"tenants": [{"tenant_id": "acme", "quota": {"requests_per_minute": 9}, "policy": {
        "allowed_models": ["gpt-4*"], "allowed_tools": ["search"], "allowed_methods": ["GET"],
        "allowed_paths": ["/api/*"]}}]}"#;
    let log = r#"
        {"t_ms": 0, "tenant": "acme", "cost": {"requests": 1}, "model": "o1"}
        {"t_ms": 0, "tenant": "acme", "cost": {"requests": 1}, "tool": "shell"}
        {"t_ms": 0, "tenant": "acme", "cost": {"requests": 1}, "method": "POST"}
        {"t_ms": 0, "tenant": "acme", "cost": {"requests": 1}, "path": "/admin"}
        {"t_ms": 0, "tenant": "acme", "cost": {"requests": 1}, "model": "gpt-4o", "tool": "search", "method": "GET", "path": "/api/x"}
        {"t_ms": 0, "suspend": "acme"}
        {"t_ms": 0, "tenant": "acme", "cost": {"requests": 1}, "model": "o1"}
    "#;
    let done = replay(config, log);
    let lines = done.lines();
    for line in lines.iter().take(4) {
        assert_eq!(short(line), "\"policy\" \"requests_per_minute\":9");
        assert!(
            line.contains(r#""admitted":false,"reason":"policy","binding":null"#),
            "{line}"
        );
    }
    assert_eq!(
        short(lines.get(4).unwrap()),
        "null \"requests_per_minute\":8"
    );
    assert_eq!(
        short(lines.get(6).unwrap()),
        "\"suspended\" \"requests_per_minute\":8"
    );
}

#[test]
fn a_limit_with_a_match_counts_only_what_it_is_for_and_a_shadow_limit_denies_nothing() {
    let config = r#"{"tenants": [{"tenant_id": "acme", "quota": {"limits": [
        {"name": "gpt4", "dimension": "requests", "capacity": 1, "window": "60s", "match": {"models": ["gpt-4*"]}},
        {"name": "search", "dimension": "requests", "capacity": 1, "window": "60s", "match": {"tools": ["search"], "routes": ["/v1/*"]}},
        {"name": "stricter", "dimension": "requests", "capacity": 1, "window": "60s", "enforcement": "shadow"}]}}]}"#;
    let log = r#"
        {"t_ms": 0, "tenant": "acme", "cost": {"requests": 1}, "model": "gpt-4o"}
        {"t_ms": 0, "tenant": "acme", "cost": {"requests": 1}, "model": "gpt-4"}
        {"t_ms": 0, "tenant": "acme", "cost": {"requests": 1}, "model": "o1"}
        {"t_ms": 0, "tenant": "acme", "cost": {"requests": 1}, "tool": "search", "path": "/v2/x"}
        {"t_ms": 0, "tenant": "acme", "cost": {"requests": 1}, "tool": "search", "path": "/v1/x"}
        {"t_ms": 0, "tenant": "acme", "cost": {"requests": 1}, "tool": "search", "path": "/v1/x"}
    "#;
    let level = |reason: &str, gpt4: u64, search: u64| {
        format!("{reason} \"gpt4\":{gpt4},\"search\":{search},\"stricter\":0")
    };
    assert_eq!(
        shorts(config, log),
        [
            level("null", 0, 1),
            level("\"quota\"", 0, 1),
            level("null", 0, 1),
            level("null", 0, 1),
            level("null", 0, 0),
            level("\"quota\"", 0, 0),
        ]
    );
}

#[test]
fn the_start_places_the_log_in_the_calendar() {
    let config = r#"{"tenants": [{"tenant_id": "acme", "quota": {"limits": [
        {"name": "day", "dimension": "requests", "capacity": 1, "window": "day", "algorithm": "calendar"}]}}]}"#;
    let log = r#"
        {"t_ms": 0, "tenant": "acme", "cost": {"requests": 1}}
        {"t_ms": 0, "tenant": "acme", "cost": {"requests": 1}}
    "#;
    for (args, retry) in [
        (&[][..], "\"retry_after_ms\":86400000,"),
        (
            &["--start", "2026-03-01T23:59:59.5Z"],
            "\"retry_after_ms\":500,",
        ),
        (
            &["--start", "2026-03-01T23:59:59.999999999+00:00"],
            "\"retry_after_ms\":0.000001,",
        ),
    ] {
        let done = replay_with(config, log, args);
        let denied = *done.lines().get(1).unwrap();
        assert!(denied.contains(retry), "{denied}");
    }
}

#[test]
fn the_summary_counts_every_decision() {
    let log = r#"
        {"t_ms": 0, "tenant": "acme", "cost": {"requests": 2}}
        {"t_ms": 0, "tenant": "acme", "cost": {"requests": 1}}
        {"t_ms": 0, "tenant": "nobody", "cost": {"requests": 1}}
        {"t_ms": 0, "suspend": "acme"}
    "#;
    let done = replay(TWO_A_MINUTE, log);
    done.lines();
    let row = done.said.lines().nth(1).unwrap();
    let cells: Vec<_> = row.split_whitespace().collect();
    assert_eq!(cells, ["acme", "2", "1", "1", "0", "0", "0", "0"]);
    assert!(
        done.said.contains("requests of unknown tenants: 1\n"),
        "{}",
        done.said
    );
    assert!(done.said.contains("\n4 lines in "), "{}", done.said);
}

#[test]
fn an_empty_log_has_no_decisions() {
    assert!(replay(TWO_A_MINUTE, "").lines().is_empty());
}
