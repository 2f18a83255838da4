//! P6, end to end: a file with several mistakes is refused with all of them at once.

use tollgate::{RawTenants, TenantConfig, TenantsConfig};

const JSON: &str = r#"{"tenants": [
  {"tenant_id": "acme", "quotas": {}, "quota": {"requests_per_minute": -1, "limits": [
    {"name": "burst", "dimension": "requests", "capacity": 0, "window": "0s"},
    {"name": "day", "dimension": "tokens", "capacity": 5, "window": "fortnight", "algorithm": "calendar"},
    {"name": "day", "dimension": "tokens", "capacity": 18446744073709551615, "window": "60s", "sub_windows": 500}
  ]}},
  {"tenant_id": "../etc", "status": "paused"},
  {"tenant_id": "acme"}
]}"#;

const TOML: &str = r#"
[[tenants]]
tenant_id = "acme"
statsu = "active"
[tenants.quota]
requests_per_minute = -5
[[tenants.quota.limits]]
name = "in-flight"
dimension = "requests"
capacity = 8
window = "60s"
algorithm = "concurrency"
"#;

/// Each of these words is in a line of its own.
fn has_lines(problems: &str, words: &[&[&str]]) {
    for words in words {
        let found = problems
            .lines()
            .filter(|line| words.iter().all(|word| line.contains(word)));
        assert_eq!(found.count(), 1, "{words:?} in:\n{problems}");
    }
}

#[test]
fn every_mistake_of_a_json_file_is_reported_at_once() {
    let raw: RawTenants = serde_json::from_str(JSON).unwrap();
    let problems = raw.validate().unwrap_err().to_string();
    has_lines(
        &problems,
        &[
            &["acme", "quotas"],
            &["acme", "requests_per_minute", "-1"],
            &["acme", "burst", "capacity", "0", "from 1"],
            &["acme", "burst", "window", "0s"],
            &["acme", "day", "window", "fortnight"],
            &["acme", "day", "capacity", "18446744073709551615"],
            &["acme", "day", "sub_windows", "500", "120"],
            &["status", "paused"],
            &["tenant_id", "../etc"],
            &["tenant_id", "acme", "more than once"],
        ],
    );
    assert!(serde_json::from_str::<TenantsConfig>(JSON).is_err());
}

#[test]
fn every_mistake_of_a_toml_file_is_reported_at_once() {
    let raw: RawTenants = toml::from_str(TOML).unwrap();
    let problems = raw.validate().unwrap_err().to_string();
    has_lines(
        &problems,
        &[
            &["acme", "statsu"],
            &["acme", "requests_per_minute", "-5"],
            &["acme", "in-flight", "window", "60s"],
        ],
    );
    assert!(toml::from_str::<TenantsConfig>(TOML).is_err());
}

#[test]
fn zero_in_short_means_unlimited_and_shows_as_none() {
    let text =
        r#"{"tenant_id": "acme", "quota": {"requests_per_minute": 0, "tokens_per_minute": 7}}"#;
    let config: TenantConfig = serde_json::from_str(text).unwrap();
    let clock = tollgate::ManualClock::new();
    let tenant = tollgate::Tenant::new(&config, tollgate::Clock::manual(&clock)).unwrap();
    assert!(
        tenant
            .try_acquire(&tollgate::Cost::requests(u64::MAX))
            .is_admitted()
    );
    let usage = tenant.usage();
    assert_eq!(usage.remaining(&tollgate::Dimension::Requests), None);
    assert_eq!(usage.remaining(&tollgate::Dimension::Tokens), Some(7));
}

#[test]
fn a_durable_limit_without_an_origin_is_refused_and_not_ignored() {
    let durable = r#"{"tenants": [{"tenant_id": "acme", "quota": {"limits": [{"name": "a",
        "dimension": "tokens", "capacity": 5, "window": "day", "algorithm": "calendar", "durable": true}]}}]}"#;
    let raw: RawTenants = serde_json::from_str(durable).unwrap();
    let config = raw.validate().unwrap().tenants.remove(0);
    let problem = "tenant acme: limit a: durable true: needs an engine that has an origin (EngineBuilder::origin)";
    let alone = tollgate::Tenant::new(&config, tollgate::Clock::default());
    assert_eq!(alone.unwrap_err().to_string(), problem);

    let source = tollgate::InMemorySource::new();
    source.set(config).unwrap();
    let engine = tollgate::Engine::builder()
        .source(source)
        .build_without_actors()
        .unwrap();
    let error = engine
        .tenant_blocking(&"acme".parse().unwrap())
        .unwrap_err();
    assert_eq!(
        std::error::Error::source(&error).unwrap().to_string(),
        problem
    );
}
