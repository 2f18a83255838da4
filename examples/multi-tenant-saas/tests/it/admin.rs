//! What operators see, and nobody else.

use std::process::Command;
use std::time::{Duration, Instant};

use saas_contract::{Reply, Server};
use throwaway::{Postgres, Redis};

use crate::PROGRAM;
use crate::services::{ADMIN, assert_problem, each, names};

const PATH: &str = "/admin/all-resources";
/// `ADMIN` as Basic authentication writes it.
const KNOWN: &str = "Basic cm9vdDphIGxvbmc6cGFzc3dvcmQ=";

fn ask(server: &Server, question: &str) -> Reply {
    server.get(&format!("{PATH}{question}"), &[("Authorization", KNOWN)])
}

#[test]
fn operators_see_the_resources_of_all_tenants_page_by_page() {
    for service in each(&[("TOLLGATE_ADMIN", ADMIN)]) {
        for (tenant, name) in [("globex", "g1"), ("acme-corp", "a1"), ("globex", "g2")] {
            service.create(tenant, name);
        }
        let all = ask(&service.server, "");
        assert_eq!(names(&all), ["a1", "g1", "g2"], "{}", service.name);
        assert_eq!(all.json["resources"][0]["tenant_id"], "acme-corp");
        let page = ask(&service.server, "?limit=2");
        assert_eq!(names(&page), ["a1", "g1"]);
        let next = page.json["next"].as_str().unwrap();
        let page = ask(&service.server, &format!("?limit=2&after={next}"));
        assert_eq!(names(&page), ["g2"]);
        assert!(page.json["next"].is_null());
        assert_problem(&ask(&service.server, "?limit=0"), 400, "request_invalid");
        assert_problem(&ask(&service.server, "?after=%00"), 400, "request_invalid");
    }
}

#[test]
fn nobody_else_does() {
    for service in each(&[("TOLLGATE_ADMIN", ADMIN)]) {
        for header in [
            "",
            "Basic",
            "Basic cm9vdDpyb290",
            "Basic !",
            "Bearer cm9vdDphIGxvbmc6cGFzc3dvcmQ=",
        ] {
            let reply = service.server.get(PATH, &[("Authorization", header)]);
            assert_problem(&reply, 401, "unauthorized");
            let challenge = reply.header("www-authenticate").unwrap();
            assert!(challenge.starts_with("Basic realm="), "{challenge}");
        }
        let reply = service.get("acme-corp", PATH);
        assert_problem(&reply, 401, "unauthorized");
    }
}

#[test]
fn without_a_credential_there_is_no_such_route() {
    let folder = saas_contract::Folder::new();
    let server = Server::with_settings(PROGRAM, &folder.database(), &[("TOLLGATE_ADMIN", " ")]);
    assert_eq!(server.status(PATH, &[("Authorization", KNOWN)]), 404);
}

#[test]
fn a_credential_without_a_password_keeps_the_service_from_starting() {
    let folder = saas_contract::Folder::new();
    let ended = Command::new(PROGRAM)
        .args(["--database", &folder.database(), "--admin", "root"])
        .env("TOLLGATE_ADDR", "127.0.0.1:0")
        .output()
        .unwrap();
    assert_eq!(ended.status.code(), Some(1));
    let error = String::from_utf8(ended.stderr).unwrap();
    assert!(error.contains("name:password"), "{error}");
}

/// What a process says that it has admitted without having been granted it.
fn beyond(server: &Server) -> usize {
    let page = server.text("/metrics");
    let mut lines = page.lines();
    let line = lines.find_map(|line| line.strip_prefix("tollgate_shared_units_beyond_total "));
    line.map_or(0, |count| count.parse().unwrap())
}

#[test]
fn on_postgres_and_redis_all_processes_are_one_service() {
    let database = Postgres::shared().unwrap().create_database().unwrap();
    let redis = Redis::start().unwrap();
    let url = redis.url();
    let settings = [("TOLLGATE_ADMIN", ADMIN), ("REDIS_URL", url.as_str())];
    let start = || Server::with_settings(PROGRAM, &database, &settings);
    let (one, other) = (start(), start());
    let operator = [
        ("Authorization", KNOWN),
        ("Content-Type", "application/json"),
    ];
    let initech = r#"{"tenant_id": "initech", "quota": {"requests_per_minute": 20}}"#;
    let made = one.post("/admin/tenants", &operator, initech);
    assert_eq!(made.status, 201, "{:?}", made.json);
    let status = |server: &Server| server.status("/api/data", &[("X-Tenant-ID", "initech")]);

    // The other process hears of the tenant; a Redis that is new grants nothing for its first second.
    let mut admitted = 0;
    let began = Instant::now();
    for server in [&one, &other] {
        while status(server) != 200 {
            assert!(
                began.elapsed() < Duration::from_secs(30),
                "nobody is admitted"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
        admitted += 1;
    }
    for _ in 0..40 {
        let both = [status(&one), status(&other)];
        admitted += both.iter().filter(|status| **status == 200).count();
    }
    // Within the minute: the sums below are of one window.
    assert!(began.elapsed() < Duration::from_secs(55));
    // Should Redis not answer for a while, as on a machine that is very busy, requests are admitted without it, and counted.
    let beyond = [&one, &other].map(beyond).iter().sum::<usize>();
    assert!(
        (3..=20 + beyond).contains(&admitted),
        "{admitted} of 20 and {beyond}"
    );

    let suspended = one.post("/admin/tenants/initech/suspend", &operator, "");
    assert_eq!(suspended.status, 200, "{:?}", suspended.json);
    assert_eq!(status(&one), 403, "on the next request");
    while status(&other) != 403 {
        assert!(
            began.elapsed() < Duration::from_secs(90),
            "the other never heard of it"
        );
        std::thread::sleep(Duration::from_millis(10));
    }
}
