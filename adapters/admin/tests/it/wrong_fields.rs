//! Every field of every body, wrong in every way: told by its name, and never a failure of the server.

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use crate::host::{Answer, Host, KINDS, tenants};

/// A body in which every field is right.
fn whole() -> Value {
    json!({
        "tenant_id": "hooli",
        "parent": "initech",
        "status": "active",
        "quota": {
            "requests_per_minute": 4,
            "tokens_per_minute": 1000,
            "limits": [
                { "name": "steady", "dimension": "requests", "capacity": 5, "window": "1s", "algorithm": "bucket", "burst": 9 },
                {
                    "name": "big", "dimension": "tokens", "capacity": 500, "window": "60s", "algorithm": "sliding",
                    "sub_windows": 6, "enforcement": "shadow", "durable": false, "shared": false,
                    "match": { "models": ["gpt-4*"], "tools": ["search"], "routes": ["/api/*"] }
                }
            ]
        },
        "policy": {
            "allowed_models": ["gpt-4"], "allowed_tools": ["search"], "allowed_methods": ["GET"],
            "allowed_paths": ["/api/*"], "features": { "beta": true }
        },
        "metadata": { "plan": "pro" }
    })
}

/// What is wrong for every field whose value is not of that kind.
fn never(kind: &str) -> Vec<Value> {
    let all = [
        ("text", json!("\u{1F4A9}\u{0}")),
        ("number", json!(-1)),
        ("number", json!(1.5)),
        ("number", json!(1e300)),
        ("flag", json!(true)),
        ("list", json!([[]])),
        ("map", json!({ "\u{e9}": { "a": [] } })),
    ];
    let wrong = all.into_iter().filter(|(of, _)| *of != kind);
    wrong.map(|(_, value)| value).collect()
}

/// Each field, the kind of its value, and a list of values of that kind that are wrong.
fn fields() -> Vec<(&'static str, &'static str, Value)> {
    let long = |count: usize| "x".repeat(count);
    let whole = json!([-1, 1.5, 1e300, 9_007_199_254_740_992_u64]);
    let positive = json!([-1, 1.5, 1e300, 9_007_199_254_740_992_u64, 0]);
    let parts = json!([-1, 0, 1.5, 121, 65_536]);
    let names = json!([[""], [1], [null], [["a"]], [long(257)]]);
    let methods = json!([[""], [1], ["get"]]);
    let paths = json!([[""], [1], ["api"], ["/a/../b"], [long(257)]]);
    let windows = json!(["", "soon", "-1s", "0s", "9999999999d"]);
    let ids = json!(["", "a b", "\u{e9}", "..", long(256)]);
    let parents = json!(["", "a b", "nobody", "hooli", long(256)]);
    let limits = json!(["", "a\"b", "\u{e9}", "requests_per_minute", long(65)]);
    let dimensions = json!(["", "A b", "\u{e9}", long(65)]);
    vec![
        ("/tenant_id", "text", ids),
        ("/parent", "text", parents),
        ("/status", "text", json!(["on", "", "ACTIVE"])),
        ("/quota", "map", json!([])),
        ("/quota/requests_per_minute", "number", whole.clone()),
        ("/quota/tokens_per_minute", "number", whole),
        ("/quota/limits", "list", json!([[1], [[]], ["x"]])),
        ("/quota/limits/0", "map", json!([])),
        ("/quota/limits/0/name", "text", limits),
        ("/quota/limits/0/dimension", "text", dimensions),
        ("/quota/limits/0/capacity", "number", positive.clone()),
        ("/quota/limits/0/burst", "number", positive),
        ("/quota/limits/1/window", "text", windows),
        ("/quota/limits/1/algorithm", "text", json!(["fixed", ""])),
        ("/quota/limits/1/sub_windows", "number", parts),
        ("/quota/limits/1/enforcement", "text", json!(["maybe"])),
        ("/quota/limits/1/durable", "flag", json!([])),
        ("/quota/limits/1/shared", "flag", json!([])),
        ("/quota/limits/1/match", "map", json!([])),
        ("/quota/limits/1/match/models", "list", names.clone()),
        ("/quota/limits/1/match/tools", "list", names.clone()),
        ("/quota/limits/1/match/routes", "list", paths.clone()),
        ("/policy", "map", json!([])),
        ("/policy/allowed_models", "list", names.clone()),
        ("/policy/allowed_tools", "list", names),
        ("/policy/allowed_methods", "list", methods),
        ("/policy/allowed_paths", "list", paths),
        (
            "/policy/features",
            "map",
            json!([{ "a": 1 }, { "a": "on" }]),
        ),
        (
            "/metadata",
            "map",
            json!([{ "a": 1 }, { "a": long(1_025) }]),
        ),
        ("/nonsense", "none", json!([1])),
        ("/quota/nonsense", "none", json!([1])),
        ("/quota/limits/0/nonsense", "none", json!([1])),
        ("/quota/limits/1/match/nonsense", "none", json!([["a"]])),
        ("/policy/nonsense", "none", json!([1])),
    ]
}

/// `/quota/limits/0/name` as the API writes it: `quota.limits[0].name`.
fn name_of(pointer: &str) -> String {
    let mut name = String::new();
    for part in pointer.split('/').skip(1) {
        if part.parse::<usize>().is_ok() {
            name.extend(["[", part, "]"]);
        } else {
            if !name.is_empty() {
                name.push('.');
            }
            name.push_str(part);
        }
    }
    name
}

fn set(body: &mut Value, pointer: &str, value: Value) {
    let (parent, last) = pointer.rsplit_once('/').unwrap();
    let parent = body.pointer_mut(parent).unwrap();
    if let Ok(place) = last.parse::<usize>() {
        parent[place] = value;
    } else {
        parent[last] = value;
    }
}

/// Whether an answer refuses this field by its name, or something in it.
fn refuses(answer: &Answer, field: &str) -> bool {
    let fields = answer.fields(422);
    fields.iter().any(|found| {
        let rest = found.strip_prefix(field);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    })
}

#[test]
fn the_whole_body_is_right_so_that_each_refusal_is_for_what_is_wrong() {
    for kind in KINDS {
        let host = Host::over(*kind, tenants());
        let answer = host.ask("POST", "/tenants", Some(&whole().to_string()));
        assert_eq!(answer.status, 201, "{kind:?}: {answer:?}");
    }
}

#[test]
fn every_wrong_field_of_every_body_is_named() {
    let host = Host::start(tenants());
    let mut count = 0;
    for (pointer, kind, wrong) in fields() {
        for value in never(kind).iter().chain(wrong.as_array().unwrap()) {
            let mut body = whole();
            set(&mut body, pointer, value.clone());
            let field = name_of(pointer);
            let mut check = |method: &str, path: &str, body: &Value| {
                let any = [("If-Match", "*")];
                let any = if method == "PUT" && path == "/tenants/acme-corp" {
                    &any[..]
                } else {
                    &[]
                };
                let answer = host.ask_with(method, path, Some(&body.to_string()), any);
                assert!(
                    refuses(&answer, &field),
                    "{method} {path}, {field} = {value}: {answer:?}"
                );
                count += 1;
            };
            check("POST", "/tenants", &body);
            if pointer.starts_with("/quota") {
                check("PUT", "/tenants/acme-corp/quota", &body["quota"]);
            }
            if pointer.starts_with("/policy") {
                check("PUT", "/tenants/acme-corp/policy", &body["policy"]);
            }
            if pointer != "/tenant_id" && pointer != "/parent" {
                body["tenant_id"] = "acme-corp".into();
                body.as_object_mut().unwrap().remove("parent");
                check("PUT", "/tenants/acme-corp", &body);
                check("PATCH", "/tenants/acme-corp", &body);
            }
        }
    }
    assert!(count > 700, "{count}");
    assert_eq!(
        host.ask("GET", "/tenants/hooli", None).status,
        404,
        "nothing was written"
    );
}

#[test]
fn all_that_is_wrong_is_told_at_once_and_a_key_that_stands_twice_too() {
    let host = Host::start(tenants());
    let body = r#"{"tenant_id": "x y", "quota": {"requests_per_minute": -1, "limits": [{"name": ""}]}, "polcy": {}}"#;
    let fields = host.ask("POST", "/tenants", Some(body)).fields(422);
    for field in [
        "tenant_id",
        "quota.requests_per_minute",
        "quota.limits[0].name",
        "quota.limits[0].capacity",
        "polcy",
    ] {
        assert!(fields.contains(&field.to_owned()), "{field}: {fields:?}");
    }
    let twice =
        r#"{"tenant_id": "a", "quota": {"requests_per_minute": 1, "requests_per_minute": 2}}"#;
    let answer = host.ask("POST", "/tenants", Some(twice));
    assert!(
        (400..500).contains(&answer.status) && answer.text.contains("requests_per_minute"),
        "{answer:?}"
    );
}

/// Any JSON, with the API's own words among its keys.
fn anything() -> impl Strategy<Value = Value> {
    let word = prop::sample::select(vec![
        "tenant_id",
        "parent",
        "status",
        "quota",
        "policy",
        "metadata",
        "limits",
        "name",
        "dimension",
        "capacity",
        "window",
        "algorithm",
        "match",
        "models",
        "features",
        "requests_per_minute",
        "allowed_models",
        "version",
        "\u{e9}",
    ]);
    let text = prop_oneof![
        word.clone().prop_map(str::to_owned),
        "\\PC{0,12}",
        Just("60s".to_owned())
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text.prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 6, move |inner| {
        let fields = prop::collection::vec((word.clone(), inner.clone()), 0..6);
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(Value::from),
            fields.prop_map(|fields| {
                let fields = fields
                    .into_iter()
                    .map(|(name, value)| (name.to_owned(), value));
                Value::Object(fields.collect())
            }),
        ]
    })
}

#[test]
fn whatever_is_sent_the_server_does_not_fail() {
    let host = Host::start(tenants());
    let routes = [
        ("POST", "/tenants"),
        ("PUT", "/tenants/new"),
        ("PATCH", "/tenants/acme-corp"),
        ("PUT", "/tenants/acme-corp/quota"),
        ("PUT", "/tenants/acme-corp/policy"),
    ];
    let mut runner = TestRunner::new(ProptestConfig::with_cases(300));
    let strategy = (prop::sample::select(routes.to_vec()), anything());
    let outcome = runner.run(&strategy, |((method, path), body)| {
        let answer = host.ask(method, path, Some(&body.to_string()));
        prop_assert!(answer.status < 500, "{method} {path} {body}: {answer:?}");
        if answer.status >= 400 {
            answer.fields(answer.status);
        }
        Ok(())
    });
    outcome.unwrap();
}
