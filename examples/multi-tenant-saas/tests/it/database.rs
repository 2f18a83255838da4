//! Tenants in a database: kept over restarts, shared between processes, and what becomes of requests without it.

use std::process::Command;
use std::time::{Duration, Instant};

use saas_contract::{Folder, Reply, Server};
use throwaway::Postgres;
use tollgate::{Dimension, LimitConfig, Period, TenantConfig};
use tollgate_store::{By, TenantStore};

use crate::PROGRAM;

/// What is waited for comes, or the test fails.
const PATIENCE: Duration = Duration::from_secs(30);

fn data(server: &Server, tenant: &str) -> Reply {
    server.get("/api/data", &[("X-Tenant-ID", tenant)])
}

fn until(what: &str, mut holds: impl FnMut() -> bool) -> Duration {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < PATIENCE, "{what}");
        std::thread::sleep(Duration::from_millis(10));
    }
    began.elapsed()
}

/// How many of ten requests are served.
fn served(server: &Server, tenant: &str) -> usize {
    (0..10)
        .filter(|_| data(server, tenant).status == 200)
        .count()
}

/// The capacity of the tenant's limit of requests, as the server tells its clients.
fn capacity(server: &Server, tenant: &str) -> Option<u64> {
    let reply = data(server, tenant);
    let policy = reply.header("ratelimit-policy")?;
    let (_, rest) = policy.split_once("\"requests_per_minute\";q=")?;
    rest.split(';').next()?.parse().ok()
}

/// Another process, such as one that an operator runs beside the server.
struct Operator {
    store: TenantStore,
    runtime: tokio::runtime::Runtime,
}

impl Operator {
    fn at(url: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let store = runtime.block_on(TenantStore::connect(url)).unwrap();
        Self { store, runtime }
    }

    fn set(&self, tenant: &str, requests: u64) {
        let config = TenantConfig::new(tenant.parse().unwrap());
        self.write(&config.requests_per_minute(requests));
    }

    fn write(&self, config: &TenantConfig) {
        let by = By::new("operator");
        self.runtime.block_on(self.store.set(config, &by)).unwrap();
    }

    fn delete(&self, tenant: &str) {
        let id = tenant.parse().unwrap();
        let by = By::new("operator");
        let deleted = self.store.delete(&id, &by);
        assert!(self.runtime.block_on(deleted).unwrap().is_some());
    }
}

#[cfg(unix)]
#[test]
fn tenants_outlive_the_process_and_the_first_ones_are_written_once() {
    let folder = Folder::new();
    let server = Server::with_database(PROGRAM, &folder.database());
    assert_eq!(capacity(&server, "acme-corp"), Some(100));
    let operator = Operator::at(&folder.database());
    operator.set("acme-corp", 3);
    operator.set("newco", 2);
    operator.delete("globex");
    until("a new tenant is served", || {
        data(&server, "newco").status == 200
    });
    let (status, log) = server.interrupt();
    assert!(status.success(), "{log}");

    let server = Server::with_database(PROGRAM, &folder.database());
    assert_eq!(served(&server, "acme-corp"), 3);
    assert_eq!(served(&server, "newco"), 2);
    assert_eq!(
        data(&server, "globex").status,
        404,
        "it is not written again"
    );
}

#[test]
fn what_is_written_to_a_shared_postgres_is_enforced_by_every_process() {
    let url = Postgres::shared().unwrap().create_database().unwrap();
    // Both find an empty database at once.
    let starting = std::thread::spawn({
        let url = url.clone();
        move || Server::with_database(PROGRAM, &url)
    });
    let servers = [
        Server::with_database(PROGRAM, &url),
        starting.join().unwrap(),
    ];
    for server in &servers {
        assert_eq!(capacity(server, "acme-corp"), Some(100));
        assert_eq!(data(server, "newco").status, 404);
    }
    let operator = Operator::at(&url);
    let mut slowest = Duration::ZERO;
    for requests in 1_000..1_020 {
        operator.set("acme-corp", requests);
        for server in &servers {
            let took = until("a change", || {
                capacity(server, "acme-corp") == Some(requests)
            });
            slowest = std::cmp::max(slowest, took);
        }
    }
    eprintln!("20 changes, 2 processes: enforced after {slowest:?} at most");
    operator.set("newco", 2);
    operator.delete("globex");
    for server in &servers {
        until("a new tenant", || data(server, "newco").status != 404);
        until("a removed tenant", || data(server, "globex").status == 404);
    }
}

#[test]
fn without_the_database_known_tenants_are_served_and_readiness_says_what_is_wrong() {
    let mut postgres = Postgres::start().unwrap();
    let server = Server::with_database(PROGRAM, &postgres.url());
    let ready = || server.get("/readyz", &[]);
    assert_eq!(
        (ready().status, &ready().json["status"]),
        (200, &"ready".into())
    );
    assert_eq!(data(&server, "acme-corp").status, 200);

    postgres.kill().unwrap();
    until("readiness", || ready().status == 503);
    let reply = ready();
    assert_eq!(reply.json["status"], "unavailable");
    let reasons = reply.json["reasons"].as_array().unwrap();
    assert!(!reasons.is_empty(), "{:?}", reply.json);
    assert_eq!(server.get("/healthz", &[]).status, 200);
    assert_eq!(data(&server, "acme-corp").status, 200);
    let stranger = data(&server, "stranger");
    assert_eq!(
        (stranger.status, &stranger.json["code"]),
        (503, &"tenant_backend_unavailable".into())
    );
    assert!(stranger.header("retry-after").is_some());

    postgres.restart().unwrap();
    until("readiness again", || ready().status == 200);
    assert_eq!(data(&server, "stranger").status, 404);
}

/// The server is killed, not asked to stop: what it holds ahead, a hundredth, is lost each time, and never spent twice.
#[test]
fn a_month_s_budget_outlives_processes_that_are_killed() {
    let folder = Folder::new();
    let mut month = LimitConfig::calendar("month", Dimension::Requests, 20, Period::Month);
    month.durable = true;
    let config = TenantConfig::new("acme-corp".parse().unwrap()).limit(month);
    let mut total = 0;
    for life in 0..4 {
        let server = Server::with_database(PROGRAM, &folder.database());
        if life == 0 {
            Operator::at(&folder.database()).write(&config);
            until("the new config", || {
                capacity(&server, "acme-corp").is_none()
            });
        }
        total += (0..5)
            .filter(|_| data(&server, "acme-corp").status == 200)
            .count();
    }
    let server = Server::with_database(PROGRAM, &folder.database());
    total += served(&server, "acme-corp");
    eprintln!("{total} of 20 in five lives, four of them ended by SIGKILL");
    assert!((16..=20).contains(&total), "{total}");
    assert_eq!(
        data(&server, "acme-corp").json["violated-policies"][0],
        "month"
    );
}

#[test]
fn an_option_names_the_database_and_one_that_can_not_be_had_is_told_of() {
    let try_with = |database: &str| {
        let ended = Command::new(PROGRAM)
            .args(["--database", database])
            .env("TOLLGATE_ADDR", "127.0.0.1:0")
            .env("DATABASE_URL", "mysql://not/this")
            .output();
        let ended = ended.unwrap();
        assert_eq!(ended.status.code(), Some(1));
        String::from_utf8(ended.stderr).unwrap()
    };
    let error = try_with("/nowhere/at/all.db");
    assert!(error.starts_with("error: connecting: "), "{error}");
    let error = try_with("redis://localhost");
    assert!(
        error.contains("must begin with sqlite: or postgres:"),
        "{error}"
    );
}
