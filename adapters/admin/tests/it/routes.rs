//! Each route: what it answers, and that what it changes is in force at once.

use serde_json::{Value, json};

use crate::host::{Host, KINDS, TOKEN, tenants};

#[test]
fn a_tenant_is_created_as_the_quick_start_says_and_served_at_once() {
    for kind in KINDS {
        let host = Host::over(*kind, tenants());
        assert_eq!(host.request("umbrella"), 404);
        let body = r#"{"tenant_id": "umbrella", "quota": {"requests_per_minute": 2, "tokens_per_minute": 1000}}"#;
        let created = host.ask("POST", "/tenants", Some(body));
        assert_eq!(created.status, 201, "{created:?}");
        assert_eq!(created.header("location"), "/admin/tenants/umbrella");
        assert_eq!(created.json()["quota"]["requests_per_minute"], 2);
        let statuses = [(); 3].map(|()| host.request("umbrella"));
        assert_eq!(statuses, [200, 200, 429], "{kind:?}");
        let again = host.ask("POST", "/tenants", Some(body));
        assert_eq!(again.fields(409), [""; 0]);

        let found = host.ask("GET", "/tenants/umbrella", None);
        assert_eq!(found.status, 200);
        assert_eq!(found.header("etag"), created.header("etag"));
        assert_eq!(found.header("cache-control"), "no-store");
        let known = [("If-None-Match", found.header("etag"))];
        let known = host.ask_with("GET", "/tenants/umbrella", None, &known);
        assert_eq!((known.status, known.text.as_str()), (304, ""));
        // What was read can be written back.
        let matches = [("If-Match", found.header("etag"))];
        let same = host.ask_with("PUT", "/tenants/umbrella", Some(&found.text), &matches);
        assert_eq!(same.status, 200, "{same:?}");
    }
}

#[test]
fn every_change_is_in_force_on_the_next_request() {
    for kind in KINDS {
        let host = Host::over(*kind, tenants());
        assert_eq!(host.request("initech"), 200);
        let quota = host.ask(
            "PUT",
            "/tenants/initech/quota",
            Some(r#"{"requests_per_minute": 1}"#),
        );
        assert_eq!(quota.status, 200, "{quota:?}");
        assert_eq!(host.request("initech"), 429, "{kind:?}");
        let more = r#"{"quota": {"requests_per_minute": 2}}"#;
        assert_eq!(
            host.ask("PATCH", "/tenants/initech", Some(more)).status,
            200
        );
        assert_eq!(host.request("initech"), 200);
        let policy = r#"{"allowed_methods": ["POST"]}"#;
        assert_eq!(
            host.ask("PUT", "/tenants/initech/policy", Some(policy))
                .status,
            200
        );
        assert_eq!(host.request("initech"), 403);
        assert_eq!(
            host.ask("PUT", "/tenants/initech/policy", Some("{}"))
                .status,
            200
        );
        assert_eq!(host.request("initech"), 429);
        assert_eq!(host.ask("POST", "/tenants/initech/reset", None).status, 204);
        assert_eq!(host.request("initech"), 200);
        let suspended = host.ask("POST", "/tenants/initech/suspend", None);
        assert_eq!(suspended.json()["status"], "suspended");
        assert_eq!(host.request("initech"), 403);
        assert_eq!(
            host.ask("POST", "/tenants/initech/resume", None).status,
            200
        );
        assert_eq!(host.request("initech"), 200);
        assert_eq!(host.ask("DELETE", "/tenants/initech", None).status, 204);
        assert_eq!(host.request("initech"), 404);
        assert_eq!(host.ask("DELETE", "/tenants/initech", None).status, 404);
    }
}

#[test]
fn a_put_adds_or_replaces_and_says_what_it_would_overwrite() {
    for kind in KINDS {
        let host = Host::over(*kind, tenants());
        let body = r#"{"quota": {"requests_per_minute": 7}}"#;
        let added = host.ask("PUT", "/tenants/hooli", Some(body));
        assert_eq!(
            (added.status, added.header("location")),
            (201, "/admin/tenants/hooli")
        );
        assert_eq!(
            host.ask("PUT", "/tenants/hooli", Some(body)).fields(428),
            [""; 0]
        );
        let any = host.ask_with("PUT", "/tenants/hooli", Some("{}"), &[("If-Match", "*")]);
        assert_eq!(any.status, 200, "{any:?}");
        assert_eq!(
            any.json()["quota"]["requests_per_minute"]
                .as_u64()
                .unwrap_or(0),
            0
        );
        let old = [("If-Match", added.header("etag"))];
        assert_eq!(
            host.ask_with("PUT", "/tenants/hooli", Some(body), &old)
                .fields(412),
            [""; 0]
        );
        assert_eq!(
            host.ask_with("DELETE", "/tenants/hooli", None, &old)
                .fields(412),
            [""; 0]
        );
        let other = r#"{"tenant_id": "initech"}"#;
        let other = host.ask_with("PUT", "/tenants/hooli", Some(other), &[("If-Match", "*")]);
        assert_eq!(other.fields(422), ["tenant_id"]);
    }
}

#[test]
fn usage_is_of_the_whole_line_and_decisions_have_their_reasons() {
    let host = Host::start(tenants());
    for _ in 0..7 {
        host.request("initech");
    }
    host.request("acme-dev");
    let usage = wait_for(&host, "/tenants/initech/usage", |usage| {
        usage["denied"] == 2
    });
    let limit = &usage["limits"][0];
    assert_eq!(usage["admitted"], 5);
    for (member, value) in [
        ("name", json!("requests_per_minute")),
        ("algorithm", json!("sliding_window")),
        ("capacity", json!(5)),
        ("used", json!(5)),
        ("remaining", json!(0)),
        ("denials", json!(2)),
        ("owner", json!("initech")),
        ("shared", json!(false)),
    ] {
        assert_eq!(limit[member], value, "{member}: {usage}");
    }
    assert!(
        (60..=62).contains(&limit["resets_in_seconds"].as_u64().unwrap()),
        "{limit}"
    );
    assert_eq!(usage["limits"][1]["algorithm"], "concurrency");

    let line = host.ask("GET", "/tenants/acme-dev/usage", None).json();
    let owners = line["limits"]
        .as_array()
        .unwrap()
        .iter()
        .map(|limit| &limit["owner"]);
    assert_eq!(
        owners.collect::<Vec<_>>(),
        ["acme-dev", "acme-corp", "acme-corp"]
    );

    // Both have a limit of that name.
    for _ in 0..100 {
        host.request("acme-corp");
    }
    assert_eq!(host.request("acme-dev"), 429);
    let line = wait_for(&host, "/tenants/acme-dev/usage", |usage| {
        usage["denied"] == 1
    });
    let limits = line["limits"].as_array().unwrap().iter();
    let denials: Vec<_> = limits.map(|limit| &limit["denials"]).collect();
    assert_eq!(denials, [0, 1, 0], "{line}");
    let last = host.ask("GET", "/tenants/acme-dev/decisions", None).json();
    assert_eq!(last["decisions"][0]["limit_owner"], "acme-corp");

    let decisions = host
        .ask("GET", "/tenants/initech/decisions?limit=1", None)
        .json();
    assert_eq!(decisions["decisions"].as_array().unwrap().len(), 1);
    let newest = &decisions["decisions"][0];
    assert_eq!(newest["decision"], "denied");
    assert_eq!(
        (&newest["reason"], &newest["limit"]),
        (&json!("quota"), &json!("requests_per_minute"))
    );
    assert_eq!(newest["cost"], json!({ "requests": 1 }));
    assert_eq!(host.ask("GET", "/tenants/nobody/usage", None).status, 404);
}

#[test]
fn a_request_is_explained_as_it_would_be_decided() {
    let host = Host::start(tenants());
    let explain = |query: &str| {
        let answer = host.ask("GET", &format!("/tenants/acme-corp/explain{query}"), None);
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    };
    let yes = explain("?tokens=500&model=gpt-4");
    assert_eq!(
        (&yes["decision"], &yes["reason"]),
        (&json!("admitted"), &Value::Null)
    );
    assert_eq!(yes["policy"][0]["allowed"], true);
    assert_eq!(yes["limits"][1]["cost"], 500);
    let model = explain("?model=gpt-5");
    assert_eq!(model["reason"], "policy:model");
    let never = explain("?tokens=10001");
    assert_eq!(
        (&never["reason"], &never["binding"]),
        (&json!("never"), &json!("tokens_per_minute"))
    );
    assert_eq!(never["limits"][0]["fits"], true);
    for _ in 0..100 {
        assert_eq!(
            host.request("acme-corp"),
            200,
            "explaining has charged nothing"
        );
    }
    let full = explain("");
    assert_eq!(
        (&full["reason"], &full["binding"]),
        (&json!("quota"), &json!("requests_per_minute"))
    );
    assert!((60..=62).contains(&full["retry_after_seconds"].as_u64().unwrap()));
    let wrong = host.ask(
        "GET",
        "/tenants/acme-corp/explain?requests=-1&tokens=x&colour=red",
        None,
    );
    assert_eq!(wrong.fields(422), ["requests", "tokens", "colour"]);
}

#[test]
fn the_overview_counts_and_health_tells_strangers_little() {
    let host = Host::start(tenants());
    (0..6).for_each(|_| {
        host.request("initech");
    });
    let overview = wait_for(&host, "/overview", |overview| overview["denied"] == 1);
    assert_eq!(overview["admitted"], 5);
    assert_eq!(
        (&overview["name"], &overview["role"]),
        (&json!("ops"), &json!("read_write"))
    );
    assert_eq!(overview["source"]["kind"], "memory");
    let none: [(&str, &str); 0] = [];
    for path in ["/health", "/ready"] {
        let stranger = host.send("GET", path, None, none);
        assert_eq!(
            (stranger.status, stranger.json()),
            (200, json!({ "status": "ok" }))
        );
        let known = host.ask("GET", path, None).json();
        assert!(known.as_object().unwrap().len() > 1, "{known}");
    }
}

#[test]
#[cfg(feature = "store")]
fn history_is_told_where_it_is_kept() {
    let host = Host::over(crate::host::Kind::Sqlite, tenants());
    let body = r#"{"quota": {"requests_per_minute": 9}}"#;
    host.ask("PATCH", "/tenants/initech", Some(body));
    let history = host.ask("GET", "/tenants/initech/history", None).json();
    let newest = &history["revisions"][0];
    assert_eq!(newest["by"], "ops");
    assert_eq!(newest["after"]["quota"]["requests_per_minute"], 9);
    assert_eq!(newest["before"]["quota"]["requests_per_minute"], 5);
    let memory = Host::start(tenants());
    assert_eq!(
        memory.ask("GET", "/tenants/initech/history", None).status,
        404
    );
}

#[test]
fn what_is_no_request_of_the_api_is_a_problem_and_never_a_failure() {
    let host = Host::start(tenants());
    assert_eq!(host.ask("GET", "/nowhere", None).fields(404), [""; 0]);
    assert_eq!(
        host.ask("GET", "/tenants/a%20b", None).fields(422),
        ["tenant_id"]
    );
    assert_eq!(host.ask("GET", "/tenants/%ff", None).fields(400), [""; 0]);
    let not_allowed = host.ask("DELETE", "/tenants", None);
    not_allowed.fields(405);
    assert!(
        not_allowed.header("allow").contains("POST"),
        "{not_allowed:?}"
    );
    let text = [("Content-Type", "text/plain")];
    host.ask_with("POST", "/tenants", Some("{}"), &text)
        .fields(415);
    host.ask("POST", "/tenants", Some("{")).fields(400);
    let long = format!(
        r#"{{"tenant_id": "x", "metadata": {{"a": "{}"}}}}"#,
        "b".repeat(70_000)
    );
    host.ask("POST", "/tenants", Some(&long)).fields(413);
    let deep = format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000));
    host.ask("POST", "/tenants", Some(&deep)).fields(400);
    let tag = [("If-Match", "v1")];
    host.ask_with("PATCH", "/tenants/initech", Some("{}"), &tag)
        .fields(400);
    assert_eq!(
        host.ask("GET", "/tenants?sort=colour&limit=0", None)
            .fields(422),
        ["sort", "limit"]
    );
}

#[test]
fn the_hosts_own_routes_ask_for_the_same_credential() {
    let host = Host::start(tenants());
    assert_eq!(host.ask("GET", "/own", None).text, "the host's own");
    let none: [(&str, &str); 0] = [];
    host.send("GET", "/own", None, none).fields(401);
    let bearer = format!("Bearer {TOKEN}");
    let reader = [("Authorization", bearer.as_str())];
    assert_eq!(host.send("GET", "/own", None, reader).status, 200);
    host.send("POST", "/own", None, reader).fields(403);
    assert_eq!(host.ask("POST", "/own", None).status, 200);
}

/// Asks until what was decided has been heard of: hooks are told off the request's path.
fn wait_for(host: &Host, path: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    for _ in 0..1_000 {
        let found = host.ask("GET", path, None).json();
        if wanted(&found) {
            return found;
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    panic!("{path} never said so");
}
