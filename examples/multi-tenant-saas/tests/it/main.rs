//! The seed's session, against the real server over HTTP.
#![cfg(test)]

mod admin;
mod chat;
mod database;
mod metrics;
mod profile;
mod resources;
mod services;
mod walk;

#[cfg(unix)]
use saas_contract::Server;

/// The real program.
const PROGRAM: &str = env!("CARGO_BIN_EXE_multi-tenant-saas");

saas_contract::tests!(PROGRAM);

#[cfg(unix)]
#[test]
fn ctrl_c_ends_it_cleanly_and_denials_are_logged_once_a_second() {
    let server = Server::start(PROGRAM);
    for _ in 0..150 {
        server.get("/api/data", &[("X-Tenant-ID", "acme-corp")]);
    }
    let (status, log) = server.interrupt();
    assert!(status.success(), "{status}: {log}");
    let lines = log.matches("quota denied").count();
    assert!(
        (1..=5).contains(&lines),
        "{lines} lines for 50 denials:\n{log}"
    );
    assert!(log.contains("stopped"), "{log}");
}
