//! What each program promises to its clients, one function a promise.

#[cfg(unix)]
use std::io::Write;

use crate::server::Server;

/// The session of the quick start: served a hundred times a minute, then 429; 401 without a tenant, 404 for a stranger.
pub fn the_seed_s_session_answers_as_the_seed_says(program: &str) {
    let server = Server::start(program);

    // Successful request
    let reply = server.get("/api/data", &[("X-Tenant-ID", "acme-corp")]);
    assert_eq!(reply.status, 200);
    assert_eq!(reply.json["tenant"], "acme-corp");
    assert_eq!(reply.json["message"], "This endpoint is tenant-scoped");

    // Quota exceeded (after 100 requests in a minute)
    for request in 2..=100 {
        let reply = server.get("/api/data", &[("X-Tenant-ID", "acme-corp")]);
        assert_eq!(reply.status, 200, "request {request}");
    }
    let reply = server.get("/api/data", &[("X-Tenant-ID", "acme-corp")]);
    assert_eq!(reply.status, 429);
    let retry_after: u64 = reply.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=62).contains(&retry_after), "{retry_after}");
    assert_eq!(reply.json["code"], "tenant_quota_exceeded");
    assert_eq!(reply.json["violated-policies"][0], "requests_per_minute");

    // Missing tenant ID
    assert_eq!(server.get("/api/data", &[]).status, 401);

    // Unknown tenant
    assert_eq!(
        server
            .get("/api/data", &[("X-Tenant-ID", "unknown")])
            .status,
        404
    );
}

/// `/public/status` is for everybody.
pub fn the_public_route_needs_no_tenant(program: &str) {
    let server = Server::start(program);
    let reply = server.get("/public/status", &[]);
    assert_eq!((reply.status, &reply.json["status"]), (200, &"ok".into()));
}

/// The headers count.
pub fn the_fortieth_of_a_hundred_requests_leaves_sixty(program: &str) {
    let server = Server::start(program);
    for _ in 1..40 {
        server.get("/api/data", &[("X-Tenant-ID", "acme-corp")]);
    }
    let reply = server.get("/api/data", &[("X-Tenant-ID", "acme-corp")]);
    let limits = reply.header("ratelimit").unwrap();
    assert!(limits.contains("\"requests_per_minute\";r=60"), "{limits}");
}

/// Each kind of bad request has its status and its code.
pub fn bad_requests_are_told_apart(program: &str) {
    let server = Server::start(program);
    let acme = ("X-Tenant-ID", "acme-corp");
    for (headers, status, code) in [
        (vec![("X-Tenant-ID", "acme corp")], 400, "tenant_invalid_id"),
        (
            vec![acme, ("X-Tenant-ID", "globex")],
            400,
            "tenant_invalid_id",
        ),
        (vec![acme, ("X-Token-Count", "-5")], 400, "cost_invalid"),
        (
            vec![acme, ("X-Model", "gpt-5")],
            403,
            "tenant_policy_denied",
        ),
        (vec![acme, ("X-Tool", "shell")], 403, "tenant_policy_denied"),
        (
            vec![acme, ("X-Token-Count", "10001")],
            429,
            "tenant_cost_exceeds_limit",
        ),
    ] {
        let reply = server.get("/api/data", &headers);
        assert_eq!(
            (reply.status, &reply.json["code"]),
            (status, &code.into()),
            "{headers:?}"
        );
        assert_eq!(
            reply.header("content-type").unwrap(),
            "application/problem+json"
        );
    }
    let reply = server.get("/api/data", &[acme, ("X-Token-Count", "10001")]);
    assert_eq!(
        reply.header("retry-after"),
        None,
        "it can never be admitted"
    );
    let reply = server.get(
        "/api/data",
        &[acme, ("X-Model", "gpt-4"), ("X-Tool", "search")],
    );
    assert_eq!(reply.status, 200);
}

/// Two tenants, two quotas.
pub fn one_tenant_s_quota_is_not_another_s(program: &str) {
    let server = Server::start(program);
    for _ in 0..101 {
        server.get("/api/data", &[("X-Tenant-ID", "acme-corp")]);
    }
    assert_eq!(
        server
            .get("/api/data", &[("X-Tenant-ID", "acme-corp")])
            .status,
        429
    );
    assert_eq!(
        server.get("/api/data", &[("X-Tenant-ID", "globex")]).status,
        200
    );
}

/// Ctrl-C ends it cleanly from the moment that it says that it listens.
#[cfg(unix)]
pub fn it_is_asked_to_stop_and_stops(program: &str) {
    let server = Server::start(program);
    let (status, log) = server.interrupt();
    assert!(status.success(), "{status}: {log}");
    assert!(log.contains("stopped"), "{log}");
}

/// The second Ctrl-C ends it at once.
#[cfg(unix)]
pub fn a_client_that_never_finishes_its_request_does_not_keep_the_server_from_ending(
    program: &str,
) {
    let server = Server::start(program);
    let mut slow = std::net::TcpStream::connect(server.address()).unwrap();
    slow.write_all(b"GET /api/data HTTP/1.1\r\nHost: x\r\nX-Ten")
        .unwrap();
    server.get("/public/status", &[]);
    // The first asks for patience, the second ends it.
    server.signal("INT");
    let (status, log) = server.interrupt();
    assert!(status.success(), "{status}: {log}");
}
