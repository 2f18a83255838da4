//! What `/metrics` says after a session is what happened in it.

use std::time::{Duration, Instant};

use saas_contract::Server;

use crate::PROGRAM;

/// Hooks hear of a request a little after it. Longer than that takes: what is waited for comes, or the test fails.
const PATIENCE: Duration = Duration::from_secs(30);

/// The page after one that has this line: counters are read before histograms, and may be a little older.
fn page_after(server: &Server, line: &str) -> String {
    let began = Instant::now();
    loop {
        let page = server.text("/metrics");
        if page.lines().any(|known| known == line) {
            return server.text("/metrics");
        }
        assert!(began.elapsed() < PATIENCE, "no line {line} in\n{page}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn after_a_session_the_page_says_exactly_what_happened() {
    let server = Server::start(PROGRAM);
    let acme = ("X-Tenant-ID", "acme-corp");
    for _ in 0..98 {
        server.get("/api/data", &[acme]);
    }
    server.get("/api/data", &[acme, ("X-Token-Count", "500")]);
    server.get("/api/data", &[acme, ("X-Token-Count", "10001")]);
    server.get("/api/data", &[acme, ("X-Model", "gpt-5")]);
    server.get("/api/data", &[acme]);
    for _ in 0..3 {
        let reply = server.get("/api/data", &[acme]);
        assert_eq!(reply.status, 429);
    }
    server.get("/api/data", &[("X-Tenant-ID", "unknown")]);
    server.get("/api/data", &[]);
    server.get("/public/status", &[]);
    server.get("/api/data", &[("X-Tenant-ID", "globex")]);

    // Events come in order: when the last request has ended, everything was told.
    let ended = r#"tollgate_request_duration_seconds_count{tenant="globex",status="2xx"} 1"#;
    let page = page_after(&server, ended);
    for line in [
        "# TYPE tollgate_decisions_total counter",
        r#"tollgate_requests_total{tenant="acme-corp"} 105"#,
        r#"tollgate_requests_total{tenant="globex"} 1"#,
        r#"tollgate_decisions_total{tenant="acme-corp",outcome="admitted"} 100"#,
        r#"tollgate_decisions_total{tenant="acme-corp",outcome="quota"} 3"#,
        r#"tollgate_decisions_total{tenant="acme-corp",outcome="too_costly"} 1"#,
        r#"tollgate_decisions_total{tenant="acme-corp",outcome="policy"} 1"#,
        r#"tollgate_denials_total{tenant="acme-corp",limit="requests_per_minute"} 3"#,
        r#"tollgate_denials_total{tenant="acme-corp",limit="tokens_per_minute"} 1"#,
        r#"tollgate_policy_denials_total{tenant="acme-corp"} 1"#,
        r#"tollgate_tokens_reserved_total{tenant="acme-corp"} 500"#,
        r#"tollgate_tokens_settled_total{tenant="acme-corp"} 500"#,
        r#"tollgate_settlements_total{by="default"} 101"#,
        r#"tollgate_refusals_total{code="tenant_not_found"} 1"#,
        r#"tollgate_refusals_total{code="tenant_required"} 1"#,
        "# TYPE tollgate_request_duration_seconds histogram",
        r#"tollgate_request_duration_seconds_count{tenant="acme-corp",status="2xx"} 100"#,
        r#"tollgate_request_duration_seconds_bucket{tenant="acme-corp",status="2xx",le="+Inf"} 100"#,
        "tollgate_unknown_ids_remembered 1",
        "tollgate_events_queue_capacity 8192",
        "tollgate_events_dropped_total 0",
        "tollgate_hook_panics_total 0",
        "tollgate_tenant_labels_held 2",
        "tollgate_tenant_labels_issued 2",
    ] {
        assert!(
            page.lines().any(|known| known == line),
            "no line {line} in\n{page}"
        );
    }
    assert!(!page.contains("broken_off"), "{page}");
}
