//! What an operator finds in the log. Alone in its process: whether a line is written at all is remembered for the whole
//! process by whoever comes first.
#![cfg(test)]

use std::io::Write;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use tollgate::{Engine, InMemorySource, TenantConfig};
use tollgate_admin::{Admin, Credential, Role};
use tower_service::Service;
use tracing_subscriber::fmt::MakeWriter;

/// `ops`, with the password `correct horse`.
const OPS: &str = "Basic b3BzOmNvcnJlY3QgaG9yc2U=";

fn admin() -> Admin {
    let source = InMemorySource::new();
    let initech = TenantConfig::new("initech".parse().unwrap());
    source.set(initech).unwrap();
    let engine = Engine::builder().source(source.clone()).build().unwrap();
    let ops = Credential::basic("ops", "correct horse", Role::ReadWrite).unwrap();
    Admin::builder(engine, source)
        .credential(ops)
        .build()
        .unwrap()
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[tokio::test(flavor = "current_thread")]
async fn every_write_that_was_tried_is_in_the_audit_log_and_no_secret_is() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_writer(log.clone())
        .with_ansi(false);
    let _guard = tracing::subscriber::set_default(subscriber.finish());
    let mut router = Router::new().nest("/admin", admin().router());
    for (method, credential, status) in [
        ("POST", OPS, 200),
        ("POST", "Basic b3BzOndyb25n", 401),
        ("GET", OPS, 405),
    ] {
        let request = http::Request::builder()
            .method(method)
            .uri("/admin/tenants/initech/suspend")
            .header("Authorization", credential)
            .body(Body::empty());
        let answer = router.call(request.unwrap()).await.unwrap();
        assert_eq!(answer.status(), status, "{method}");
    }
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let lines: Vec<_> = text
        .lines()
        .filter(|line| line.contains("tollgate_admin::audit"))
        .collect();
    assert_eq!(lines.len(), 2, "{text}");
    for part in [
        "who=\"ops\"",
        "POST",
        "/admin/tenants/initech/suspend",
        "tenant=\"initech\"",
        "status=200",
    ] {
        assert!(lines[0].contains(part), "{part}: {}", lines[0]);
    }
    assert!(
        lines[1].contains("who=\"nobody\"") && lines[1].contains("status=401"),
        "{}",
        lines[1]
    );
    assert!(
        !text.contains("correct horse") && !text.contains("b3Bz"),
        "{text}"
    );
}
