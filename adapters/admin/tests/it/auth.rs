//! Who is let in, to what.

use crate::host::{Host, OPS, TOKEN, tenants};

const NOBODY: [(&str, &str); 0] = [];

/// Each route, with a method that it has.
const ROUTES: [(&str, &str); 18] = [
    ("GET", "/tenants"),
    ("POST", "/tenants"),
    ("GET", "/tenants/initech"),
    ("PUT", "/tenants/initech"),
    ("PATCH", "/tenants/initech"),
    ("DELETE", "/tenants/initech"),
    ("PUT", "/tenants/initech/quota"),
    ("PUT", "/tenants/initech/policy"),
    ("POST", "/tenants/initech/suspend"),
    ("POST", "/tenants/initech/resume"),
    ("POST", "/tenants/initech/reset"),
    ("GET", "/tenants/initech/usage"),
    ("GET", "/tenants/initech/explain"),
    ("GET", "/tenants/initech/decisions"),
    ("GET", "/tenants/initech/history"),
    ("GET", "/events"),
    ("GET", "/overview"),
    ("GET", "/own"),
];

#[test]
fn nothing_but_health_the_document_and_the_console_is_open() {
    let host = Host::start(tenants());
    for (method, path) in ROUTES {
        let answer = host.send(method, path, None, NOBODY);
        assert_eq!(answer.fields(401), [""; 0], "{method} {path}");
        assert_eq!(answer.header("cache-control"), "no-store");
    }
    for path in [
        "/health",
        "/ready",
        "/openapi.json",
        "/console/",
        "/console/main.js",
    ] {
        let answer = host.send("GET", path, None, NOBODY);
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
    }
    // Each route of the document is among those above.
    let document = host.send("GET", "/openapi.json", None, NOBODY).json();
    let paths = document["paths"].as_object().unwrap();
    let open = ["/health", "/ready"];
    let mut count = 0;
    for (path, methods) in paths
        .iter()
        .filter(|(path, _)| !open.contains(&path.as_str()))
    {
        let path = path.replace("{id}", "initech");
        for method in methods
            .as_object()
            .unwrap()
            .keys()
            .filter(|key| *key != "parameters")
        {
            let route = (method.to_uppercase(), path.clone());
            let known = ROUTES
                .iter()
                .any(|(method, path)| (*method, *path) == (&route.0, &route.1));
            assert!(known, "{route:?}");
            count += 1;
        }
    }
    assert_eq!(count, ROUTES.len() - 1, "but for the host's own");
}

#[test]
fn who_may_only_read_writes_nothing() {
    let host = Host::start(tenants());
    let bearer = format!("Bearer {TOKEN}");
    let reader = [("Authorization", bearer.as_str())];
    for (method, path) in ROUTES.iter().filter(|(method, _)| *method != "GET") {
        host.send(method, path, None, reader).fields(403);
    }
    assert_eq!(
        host.send("GET", "/tenants/initech", None, reader).status,
        200
    );
    assert_eq!(
        host.send("GET", "/overview", None, reader).json()["role"],
        "read_only"
    );
}

#[test]
fn a_page_of_another_site_writes_nothing_even_with_the_password() {
    let host = Host::start(tenants());
    let own = host.url("");
    let suspend =
        |headers: &[(&str, &str)]| host.ask_with("POST", "/tenants/initech/suspend", None, headers);
    for foreign in [
        ("Origin", "https://evil.example"),
        ("Origin", "null"),
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
    ] {
        suspend(&[foreign]).fields(403);
    }
    assert_eq!(host.request("initech"), 200);
    assert_eq!(
        suspend(&[("Origin", &own), ("Sec-Fetch-Site", "same-origin")]).status,
        200
    );
    assert_eq!(host.request("initech"), 403);
    // To read is not to write.
    let read = host.ask_with(
        "GET",
        "/tenants/initech",
        None,
        &[("Sec-Fetch-Site", "cross-site")],
    );
    assert_eq!(read.status, 200);
    assert_eq!(read.header("access-control-allow-origin"), "");
}

#[test]
fn a_browser_window_is_asked_for_a_password_and_a_script_is_not() {
    let host = Host::start(tenants());
    let window = host.send("GET", "/tenants", None, NOBODY);
    let offers: Vec<_> = window.headers.get_all("www-authenticate").iter().collect();
    assert_eq!(offers.len(), 2, "{offers:?}");
    let script = host.send("GET", "/tenants", None, [("Sec-Fetch-Dest", "empty")]);
    let offers: Vec<_> = script.headers.get_all("www-authenticate").iter().collect();
    assert_eq!(offers, ["Bearer realm=\"tollgate\""]);
}

#[test]
fn wrong_tries_are_slowed_and_who_was_right_before_is_not() {
    let host = Host::start(tenants());
    assert_eq!(
        host.send("GET", "/tenants", None, [("Authorization", OPS)])
            .status,
        200
    );
    let mut statuses = Vec::new();
    for number in 0..100 {
        let wrong = format!("Bearer {number:032}");
        let answer = host.send("GET", "/tenants", None, [("Authorization", wrong.as_str())]);
        if answer.status == 429 {
            let wait: u64 = answer.header("retry-after").parse().unwrap();
            assert!((1..=60).contains(&wait), "{wait}");
        }
        statuses.push(answer.status);
    }
    let count = |wanted| statuses.iter().filter(|status| **status == wanted).count();
    assert_eq!((count(401), count(429)), (10, 90));
    assert_eq!(
        host.send("GET", "/tenants", None, [("Authorization", OPS)])
            .status,
        200
    );
}

#[test]
fn the_console_lets_no_page_frame_it_and_runs_nothing_of_others() {
    let host = Host::start(tenants());
    let page = host.send("GET", "/console/", None, NOBODY);
    let policy = page.header("content-security-policy");
    for rule in [
        "default-src 'none'",
        "script-src 'self'",
        "frame-ancestors 'none'",
        "form-action 'none'",
    ] {
        assert!(policy.contains(rule), "{policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    assert_eq!(page.header("referrer-policy"), "no-referrer");
}

#[test]
fn a_page_that_asks_for_much_at_once_is_let_in_by_one_check() {
    let host = Host::start(tenants());
    std::thread::scope(|scope| {
        for _ in 0..30 {
            let host = &host;
            scope.spawn(move || assert_eq!(host.ask("GET", "/overview", None).status, 200));
        }
    });
}
