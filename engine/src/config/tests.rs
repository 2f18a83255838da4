//! What a config may hold, and what is refused with which words, as users see it.

use std::time::Duration;

use super::*;
use crate::dimension::Dimension;
use crate::plan::{Algorithm, Limit, Period, Status};

/// Every problem of a file, one a line.
fn problems(json: &str) -> String {
    let raw: RawTenants = serde_json::from_str(json).unwrap();
    raw.validate()
        .map_or_else(|errors| errors.to_string(), |_| "no problem".to_owned())
}

/// Every problem of tenant `acme` whose only limit has these fields beside name and dimension.
fn limit_problems(fields: &str) -> String {
    let limit = format!(r#"{{"name": "burst", "dimension": "requests", {fields}}}"#);
    let text = problems(&tenant(&format!(r#""quota": {{"limits": [{limit}]}}"#)));
    text.replace("tenant acme: limit burst: ", "")
}

fn tenant(fields: &str) -> String {
    format!(r#"{{"tenants": [{{"tenant_id": "acme", {fields}}}]}}"#)
}

const WHOLE_FORM: &str = r#"{"tenants": [{
  "tenant_id": "acme-corp", "status": "active", "parent": null,
  "quota": {
    "requests_per_minute": 100, "tokens_per_minute": 10000,
    "limits": [
      {"name": "day-tokens", "dimension": "tokens", "capacity": 1000000, "window": "day",
       "algorithm": "calendar", "durable": true},
      {"name": "gpt4", "dimension": "tokens", "capacity": 2000, "window": "60s",
       "algorithm": "sliding", "sub_windows": 30,
       "match": {"models": ["gpt-4*"]}, "enforcement": "shadow"},
      {"name": "burst", "dimension": "requests", "capacity": 600, "window": "60s",
       "algorithm": "bucket", "burst": 20},
      {"name": "in-flight", "dimension": "requests", "capacity": 8,
       "algorithm": "concurrency"}]},
  "policy": {"allowed_models": ["gpt-4", "gpt-3.5-turbo"], "allowed_tools": ["search"],
             "allowed_methods": [], "allowed_paths": ["/api/*"], "features": {"beta": true}},
  "metadata": {"plan": "pro"}}]}"#;

#[test]
fn the_example_of_the_design_is_read_and_written_and_read_again() {
    let config: TenantsConfig = serde_json::from_str(WHOLE_FORM).unwrap();
    let acme = config.tenants.first().unwrap();
    assert_eq!(
        (acme.tenant_id.as_str(), acme.quota.limits.len()),
        ("acme-corp", 4)
    );
    assert_eq!(acme.metadata.get("plan").map(String::as_str), Some("pro"));
    let json = serde_json::to_string(&config).unwrap();
    assert_eq!(
        serde_json::from_str::<TenantsConfig>(&json).unwrap(),
        config
    );
    let toml = toml::to_string(&config).unwrap();
    assert_eq!(toml::from_str::<TenantsConfig>(&toml).unwrap(), config);
}

#[test]
fn only_calendar_limits_that_are_enforced_are_durable() {
    let config: TenantsConfig = serde_json::from_str(WHOLE_FORM).unwrap();
    let plans = config.compile().unwrap();
    let durable = |limit: &&Limit| limit.is_durable();
    let durable: Vec<_> = plans[0].1.limits().iter().filter(durable).collect();
    assert_eq!(durable.len(), 1);
    assert_eq!(durable[0].name(), "day-tokens");
    let sliding = WHOLE_FORM.replace(
        "\"window\": \"day\",\n       \"algorithm\": \"calendar\"",
        r#""window": "60s", "enforcement": "shadow""#,
    );
    assert_eq!(
        problems(&sliding),
        "tenant acme-corp: limit day-tokens: durable true: is only for calendar, and this limit is sliding\n\
         tenant acme-corp: limit day-tokens: durable true: is only for limits that are enforced, and this limit is shadow"
    );
}

#[test]
fn a_tenant_is_not_its_own_parent() {
    assert_eq!(
        problems(&tenant(r#""parent": "acme""#)),
        "tenant acme: parent \"acme\": must be another tenant"
    );
}

#[test]
fn a_config_written_in_code_is_the_one_that_json_gives() {
    let code = TenantConfig::new("acme".parse().unwrap())
        .status(Status::Suspended)
        .requests_per_minute(100)
        .limit(LimitConfig::sliding(
            "a",
            Dimension::Requests,
            1,
            Duration::from_millis(1_500),
        ))
        .limit(LimitConfig::bucket(
            "b",
            Dimension::Tokens,
            2,
            Duration::from_hours(1),
            3,
        ))
        .limit(LimitConfig::calendar(
            "c",
            "bytes".parse().unwrap(),
            4,
            Period::Month,
        ))
        .limit(LimitConfig::concurrency("d", Dimension::Requests, 5))
        .allow_models(["gpt-4*"])
        .allow_paths(["/api/*"])
        .feature("beta", true)
        .metadata("plan", "pro");
    let json = serde_json::json!({
        "tenant_id": "acme",
        "status": "suspended",
        "quota": {
            "requests_per_minute": 100,
            "tokens_per_minute": 0,
            "limits": [
                {"name": "a", "dimension": "requests", "capacity": 1, "window": "1500ms",
                 "algorithm": "sliding"},
                {"name": "b", "dimension": "tokens", "capacity": 2, "window": "1h",
                 "algorithm": "bucket", "burst": 3},
                {"name": "c", "dimension": "bytes", "capacity": 4, "window": "month",
                 "algorithm": "calendar"},
                {"name": "d", "dimension": "requests", "capacity": 5, "algorithm": "concurrency"},
            ],
        },
        "policy": {"allowed_models": ["gpt-4*"], "allowed_paths": ["/api/*"],
                   "features": {"beta": true}},
        "metadata": {"plan": "pro"},
    });
    assert_eq!(serde_json::to_value(&code).unwrap(), json);
    assert_eq!(serde_json::from_value::<TenantConfig>(json).unwrap(), code);
}

#[test]
fn a_plan_has_the_shorthand_limits_first_and_the_defaults_filled_in() {
    let second = Duration::from_secs(1);
    let bucket = serde_json::json!({"name": "b", "dimension": "tokens", "capacity": 7,
                                    "window": "1s", "algorithm": "bucket"});
    let plan = TenantConfig::new("acme".parse().unwrap())
        .limit(LimitConfig::sliding("a", Dimension::Requests, 1, second).sub_windows(6))
        .limit(serde_json::from_value(bucket).unwrap())
        .tokens_per_minute(10)
        .compile()
        .unwrap();
    let limits: Vec<String> = plan.limits().iter().map(ToString::to_string).collect();
    assert_eq!(
        limits,
        [
            "tokens_per_minute (10 tokens per 60s)",
            "a (1 requests per 1s)",
            "b (7 tokens per 1s, burst 7)"
        ]
    );
    let algorithms: Vec<&Algorithm> = plan.limits().iter().map(Limit::algorithm).collect();
    let sliding = |window, sub_windows| Algorithm::Sliding {
        window,
        sub_windows,
    };
    let minute = Duration::from_mins(1);
    let bucket = Algorithm::Bucket {
        window: second,
        burst: 7,
    };
    assert_eq!(
        algorithms,
        [&sliding(minute, 30), &sliding(second, 6), &bucket]
    );
}

#[test]
fn a_tenant_with_nothing_but_an_id_is_active_and_unlimited() {
    let config: TenantConfig = serde_json::from_str(r#"{"tenant_id": "acme"}"#).unwrap();
    assert_eq!(config, TenantConfig::new("acme".parse().unwrap()));
    let plan = config.compile().unwrap();
    assert_eq!((plan.limits(), plan.status()), (&[][..], Status::Active));
}

const WHOLE: &str = "must be a whole number from 1 to 9007199254740991";

#[test]
fn a_capacity_is_a_whole_number_that_can_admit_and_stays_exact() {
    let window = r#""window": "60s""#;
    for (capacity, shown) in [
        ("0", "0"),
        ("-5", "-5"),
        ("-9223372036854775808", "-9223372036854775808"),
        ("1.5", "1.5"),
        ("100.0", "100.0"),
        ("1e30", "1e30"),
        ("9007199254740992", "9007199254740992"),
        ("18446744073709551615", "18446744073709551615"),
        ("18446744073709551616", "1.8446744073709552e19"),
        (
            "170141183460469231731687303715884105728",
            "1.7014118346046923e38",
        ),
        (r#""100""#, r#""100""#),
        ("true", "true"),
        ("[1]", "[1]"),
        (r#"{"a": 1}"#, r#"{"a": 1}"#),
    ] {
        let text = limit_problems(&format!(r#""capacity": {capacity}, {window}"#));
        assert_eq!(text, format!("capacity {shown}: {WHOLE}"));
    }
    assert_eq!(
        limit_problems(&format!(r#""capacity": null, {window}"#)),
        "capacity: must be given"
    );
    let most = limit_problems(&format!(r#""capacity": 9007199254740991, {window}"#));
    assert_eq!(most, "no problem");
}

#[test]
fn a_window_suits_its_algorithm() {
    let text = "must be a duration such as \"1500ms\", \"60s\", \"1h\" or \"7d\" for";
    let words = "must be one of minute, hour, day, month for calendar";
    let none = "must not be given for concurrency, which has no window";
    for (algorithm, window, expected) in [
        (
            "sliding",
            r#""0s""#,
            r#"window "0s": must be > 0"#.to_owned(),
        ),
        (
            "sliding",
            r#""999us""#,
            r#"window "999us": must be at least 1ms"#.to_owned(),
        ),
        (
            "bucket",
            r#""401d""#,
            r#"window "401d": must be at most 400d"#.to_owned(),
        ),
        ("sliding", r#""400d""#, "no problem".to_owned()),
        ("sliding", r#""1ms""#, "no problem".to_owned()),
        (
            "sliding",
            r#""60 parsecs""#,
            format!(r#"window "60 parsecs": {text} sliding"#),
        ),
        (
            "sliding",
            r#""-60s""#,
            format!(r#"window "-60s": {text} sliding"#),
        ),
        (
            "sliding",
            r#""60""#,
            format!(r#"window "60": {text} sliding"#),
        ),
        ("sliding", r#""""#, format!(r#"window "": {text} sliding"#)),
        ("sliding", "60", format!("window 60: {text} sliding")),
        ("sliding", "null", format!("window: {text} sliding")),
        (
            "bucket",
            r#""day""#,
            format!(r#"window "day": {text} bucket; day needs algorithm calendar"#),
        ),
        ("calendar", r#""24h""#, format!(r#"window "24h": {words}"#)),
        (
            "calendar",
            r#""week""#,
            format!(r#"window "week": {words}"#),
        ),
        ("calendar", "null", format!("window: {words}")),
        ("calendar", r#""month""#, "no problem".to_owned()),
        (
            "concurrency",
            r#""60s""#,
            format!(r#"window "60s": {none}"#),
        ),
        ("concurrency", r#""x""#, format!(r#"window "x": {none}"#)),
        ("concurrency", "null", "no problem".to_owned()),
    ] {
        let fields = format!(r#""capacity": 1, "algorithm": "{algorithm}", "window": {window}"#);
        assert_eq!(limit_problems(&fields), expected, "{fields}");
    }
    let huge = format!("{}s", "9".repeat(40));
    let text = limit_problems(&format!(r#""capacity": 1, "window": "{huge}""#));
    assert!(
        text.starts_with(&format!("window \"{huge}\": must be a duration")),
        "{text}"
    );
}

#[test]
fn burst_and_sub_windows_are_bounded_and_only_where_they_mean_something() {
    for (fields, expected) in [
        (
            r#""algorithm": "bucket", "burst": 0"#,
            format!("burst 0: {WHOLE}"),
        ),
        (
            r#""algorithm": "bucket", "burst": 9007199254740992"#,
            format!("burst 9007199254740992: {WHOLE}"),
        ),
        (
            r#""burst": 5"#,
            "burst 5: is only for bucket, and this limit is sliding".to_owned(),
        ),
        (
            r#""sub_windows": 0"#,
            "sub_windows 0: must be a whole number from 1 to 120".to_owned(),
        ),
        (
            r#""sub_windows": 121"#,
            "sub_windows 121: must be a whole number from 1 to 120".to_owned(),
        ),
        (
            r#""sub_windows": 70000"#,
            "sub_windows 70000: must be a whole number from 1 to 120".to_owned(),
        ),
        (r#""sub_windows": 120"#, "no problem".to_owned()),
        (
            r#""algorithm": "bucket", "sub_windows": 6"#,
            "sub_windows 6: is only for sliding, and this limit is bucket".to_owned(),
        ),
    ] {
        assert_eq!(
            limit_problems(&format!(r#""capacity": 1, "window": "60s", {fields}"#)),
            expected
        );
    }
}

#[test]
fn unknown_words_and_fields_list_the_known_ones() {
    assert_eq!(
        limit_problems(
            r#""capacity": 1, "windw": "60s", "algorithm": "gcra", "burst": 9, "enforcement": "off", "durable": 1, "match": {"model": []}"#
        ),
        "algorithm \"gcra\": must be one of sliding, bucket, calendar, concurrency\n\
         match.model []: unknown field; the fields are models, tools, routes\n\
         enforcement \"off\": must be one of enforce, shadow\n\
         durable 1: must be true or false\n\
         windw \"60s\": unknown field; the fields are name, dimension, capacity, algorithm, \
         window, sub_windows, burst, match, enforcement, durable, shared\n\
         match {}: must have models, tools or routes"
    );
    assert_eq!(
        problems(r#"{"tenant": [], "tenants": []}"#),
        "tenant []: unknown field; the fields are tenants"
    );
    assert_eq!(
        problems(&tenant(r#""status": "Active", "quotas": {}, "a\nb": 1"#)),
        "tenant acme: status \"Active\": must be one of active, suspended\n\
         tenant acme: quotas {}: unknown field; the fields are tenant_id, status, parent, quota, \
         policy, metadata\n\
         tenant acme: \"a\\nb\" 1: unknown field; the fields are tenant_id, status, parent, \
         quota, policy, metadata"
    );
}

#[test]
fn every_problem_of_every_tenant_is_reported_at_once() {
    let json = r#"{"tenants": [
        {"tenant_id": "a", "quota": {"requests_per_minute": -1, "tokens_per_minute": "many",
         "limits": [
            {"name": "burst", "dimension": "Requests", "capacity": 0, "window": "0s"},
            {"capacity": 1.5, "window": "day"},
            7,
            {"name": "burst", "dimension": "tokens", "capacity": 1, "window": "1s"},
            {"name": "tokens_per_minute", "dimension": "tokens", "capacity": 1, "window": "1s"},
            {"name": "a\"b", "dimension": "tokens", "capacity": 1, "capacity": 2, "window": "1s"}]},
         "policy": {"allowed_paths": [1, "api"], "features": {"beta": "yes"}},
         "metadata": {"seats": 5}},
        {"tenant_id": "b c"},
        {"quota": []},
        null,
        {"tenant_id": "a"}]}"#;
    let expected = r#"tenant a: quota.requests_per_minute -1: must be a whole number from 0 (unlimited) to 9007199254740991
tenant a: quota.tokens_per_minute "many": must be a whole number from 0 (unlimited) to 9007199254740991
tenant a: limit burst: dimension "Requests": must be requests, tokens, or a name of 1 to 64 bytes of a-z 0-9 _
tenant a: limit burst: window "0s": must be > 0
tenant a: limit burst: capacity 0: must be a whole number from 1 to 9007199254740991
tenant a: limit #2: name: must be given
tenant a: limit #2: dimension: must be given
tenant a: limit #2: capacity 1.5: must be a whole number from 1 to 9007199254740991
tenant a: limit #2: window "day": must be a duration such as "1500ms", "60s", "1h" or "7d" for sliding; day needs algorithm calendar
tenant a: limit #3: limit 7: must be a map of fields
tenant a: limit "a\"b": capacity 2: given more than once
tenant a: limit "a\"b": name "a\"b": must be 1 to 64 bytes of printable ASCII without " and \
tenant a: limit burst: name "burst": must be unique within the tenant
tenant a: limit tokens_per_minute: name "tokens_per_minute": is the name of a shorthand field's limit
tenant a: policy.allowed_paths[0] 1: must be text
tenant a: policy.features.beta "yes": must be true or false
tenant a: policy.allowed_paths[1] "api": must start with /
tenant a: metadata.seats 5: must be text
tenant "b c": tenant_id "b c": a tenant id may only have A-Z a-z 0-9 . _ -, this one has byte 0x20 at 1
tenant #3: tenant_id: must be given
tenant #3: quota []: must be a map of fields
tenant #4: tenant null: must be a map of fields
tenant a: tenant_id "a": given more than once"#;
    assert_eq!(problems(json), expected);
    let serde = serde_json::from_str::<TenantsConfig>(json)
        .unwrap_err()
        .to_string();
    assert!(serde.starts_with(expected), "{serde}");
}

#[test]
fn toml_has_the_same_problems() {
    let toml = r#"
        [[tenants]]
        tenant_id = "acme"
        since = 2026-01-01
        [tenants.quota]
        requests_per_minute = -1
        [[tenants.quota.limits]]
        name = "burst"
        dimension = "requests"
        capacity = 1e30
        window = "0s"
    "#;
    let raw: RawTenants = toml::from_str(toml).unwrap();
    let found = raw.validate().unwrap_err().to_string();
    let (numbers, date) = found.rsplit_once('\n').unwrap();
    assert!(date.starts_with("tenant acme: since "), "{found}");
    assert_eq!(
        numbers,
        "tenant acme: quota.requests_per_minute -1: must be a whole number from 0 (unlimited) to \
         9007199254740991\n\
         tenant acme: limit burst: capacity 1e30: must be a whole number from 1 to \
         9007199254740991\n\
         tenant acme: limit burst: window \"0s\": must be > 0"
    );
    let error = toml::from_str::<TenantsConfig>(toml)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("limit burst: window \"0s\": must be > 0"),
        "{error}"
    );
}

#[test]
fn a_config_made_in_code_is_held_to_the_same_bounds() {
    let mut config = TenantConfig::new("acme".parse().unwrap())
        .requests_per_minute(u64::MAX)
        .limit(LimitConfig::sliding("", Dimension::Requests, 0, Duration::ZERO).sub_windows(0))
        .limit(LimitConfig::bucket(
            "b",
            Dimension::Requests,
            1,
            Duration::MAX,
            0,
        ))
        .limit(LimitConfig::concurrency("c", Dimension::Requests, 1).sub_windows(3))
        .limit(LimitConfig::calendar(
            "b",
            Dimension::Requests,
            1,
            Period::Day,
        ));
    config.quota.limits.last_mut().unwrap().window = Some(Window::Duration(Duration::from_mins(1)));
    let found = config.compile().unwrap_err();
    let fields: Vec<&str> = found.iter().map(|error| error.field.as_str()).collect();
    assert_eq!(
        fields,
        [
            "quota.requests_per_minute",
            "name",
            "name",
            "capacity",
            "window",
            "sub_windows",
            "window",
            "burst",
            "sub_windows",
            "window"
        ]
    );
}

#[test]
fn every_list_and_map_has_a_bound() {
    let acme = || TenantConfig::new("acme".parse().unwrap());
    let many = |count: usize| (0..count).map(|at| at.to_string());
    let limit = |name| LimitConfig::concurrency(name, Dimension::Requests, 1);
    let limits = |count| many(count).fold(acme(), |config, name| config.limit(limit(name)));
    let notes = |count| many(count).fold(acme(), |config, key| config.metadata(key, "x"));
    let flags = |count| many(count).fold(acme(), |config, name| config.feature(name, true));
    for fine in [
        limits(64),
        limits(62).requests_per_minute(1).tokens_per_minute(1),
        notes(64),
        flags(1_000),
        acme().allow_models(many(1_000)),
        acme().metadata("k", "v".repeat(1_023)),
        acme().allow_tools(["x".repeat(256)]),
    ] {
        fine.compile().unwrap();
    }
    for (config, expected) in [
        (limits(65), "quota: makes 65 limits, must make at most 64"),
        (
            limits(64).tokens_per_minute(1),
            "quota: makes 65 limits, must make at most 64",
        ),
        (notes(65), "metadata: has 65 entries, must have at most 64"),
        (
            flags(1_001),
            "policy.features: has 1001 entries, must have at most 1000",
        ),
        (
            acme().allow_models(many(1_001)),
            "policy.allowed_models: has 1001 entries, must have at most 1000",
        ),
        (
            acme().metadata("k", "\n".repeat(1_024)),
            "metadata.k \"\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\
             \\n\\n\\n\\n\\n\\…: key and value have 1025 bytes, must have at most 1024",
        ),
        (
            acme().allow_tools([""]),
            "policy.allowed_tools[0] \"\": has 0 bytes, must have 1 to 256",
        ),
    ] {
        let found = config.compile().unwrap_err().to_string();
        assert_eq!(found, format!("tenant acme: {expected}"));
    }
    assert!(acme().allow_tools(["x".repeat(257)]).compile().is_err());
}

#[test]
fn entries_of_a_policy_that_could_never_match_are_refused() {
    let acme = || TenantConfig::new("acme".parse().unwrap());
    let fine = acme()
        .allow_models(["*", "gpt-4*"])
        .allow_methods(["GET", "M-SEARCH"])
        .allow_paths(["/", "/*", "/api", "/api/*", "/a.b/%C3%A9/~x"]);
    fine.compile().unwrap();
    let star = "may have * only as a last segment of its own, as in /api/*";
    for (path, problem) in [
        ("api", "must start with /"),
        ("*", "must start with /"),
        ("/api*", star),
        ("/*/x", star),
        ("/api/*/*", star),
        ("/api/", "must be in normal form, which is \"/api\""),
        ("//*", "must be in normal form, which is \"/\""),
        ("/a//b", "has an empty segment"),
        ("/a/./b", "has a segment . or .."),
        ("/a/../b/*", "has a segment . or .."),
        ("/%61", "must be in normal form, which is \"/a\""),
        ("/..", "has a segment . or .."),
        ("/a%2Fb", "has an encoded slash or backslash"),
        ("/a?b", "has a ? or #, which end a path"),
    ] {
        let found = acme()
            .allow_paths([path])
            .compile()
            .unwrap_err()
            .to_string();
        assert_eq!(
            found,
            format!("tenant acme: policy.allowed_paths[0] {path:?}: {problem}")
        );
    }
    for method in ["get", "GET POST", "Get"] {
        let found = acme()
            .allow_methods(["GET", method])
            .compile()
            .unwrap_err()
            .to_string();
        let problem = "must be an HTTP method in upper case";
        assert_eq!(
            found,
            format!("tenant acme: policy.allowed_methods[1] {method:?}: {problem}")
        );
    }
    let found = acme()
        .allow_models(["gpt-*-turbo"])
        .compile()
        .unwrap_err()
        .to_string();
    assert!(
        found.ends_with("\"gpt-*-turbo\": may have * only at its end"),
        "{found}"
    );
}

#[test]
fn parts_of_a_config_can_be_read_on_their_own() {
    let limit =
        r#"{"name": "x", "dimension": "tokens", "capacity": 5, "algorithm": "concurrency"}"#;
    let limit: LimitConfig = serde_json::from_str(limit).unwrap();
    assert_eq!(limit, LimitConfig::concurrency("x", Dimension::Tokens, 5));
    let error = serde_json::from_str::<QuotaConfig>(r#"{"requests_per_minut": 1}"#).unwrap_err();
    assert_eq!(
        error.to_string(),
        "quota.requests_per_minut 1: unknown field; the fields are requests_per_minute, \
         tokens_per_minute, limits"
    );
    assert!(serde_json::from_str::<PolicyConfig>("[]").is_err());
    let one: RawTenant = serde_json::from_str("7").unwrap();
    assert_eq!(
        one.validate().unwrap_err().to_string(),
        "tenant #1: tenant 7: must be a map of fields"
    );
}

#[test]
fn a_unit_without_a_fixed_length_is_no_duration() {
    for window in ["1M", "1month", "2 months", "1y", "1year"] {
        let text = format!(
            r#"{{"name": "a", "dimension": "requests", "capacity": 1, "window": "{window}"}}"#
        );
        let error = serde_json::from_str::<LimitConfig>(&text)
            .unwrap_err()
            .to_string();
        assert!(error.contains(&format!("window \"{window}\"")), "{error}");
    }
    let days = r#"{"name": "a", "dimension": "requests", "capacity": 1, "window": "2days"}"#;
    assert!(serde_json::from_str::<LimitConfig>(days).is_ok());
}

#[test]
fn a_match_must_have_entries_that_could_fit() {
    for (matches, problem) in [
        (r"{}", "match {}: must have models, tools or routes"),
        (
            r#"{"models": ["gpt*4"]}"#,
            "match.models[0] \"gpt*4\": may have * only at its end",
        ),
        (
            r#"{"routes": ["v1/*"]}"#,
            "match.routes[0] \"v1/*\": must start with /",
        ),
    ] {
        let text = format!(
            r#""quota": {{"limits": [{{"name": "a", "dimension": "requests", "capacity": 1,
               "window": "1s", "match": {matches}}}]}}"#
        );
        let found = problems(&tenant(&text));
        assert!(
            found.starts_with(&format!("tenant acme: limit a: {problem}")),
            "{found}"
        );
    }
}
