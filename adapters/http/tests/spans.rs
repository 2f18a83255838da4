//! What log lines of a handler are put under. In a process of its own: what is logged is decided for a whole process.
#![cfg(test)]

use std::io;
use std::sync::{Arc, Mutex};

use tollgate::{Engine, InMemorySource, TenantConfig};
use tollgate_http::{Entry, Gate, Outlook, RequestView};
use tracing_subscriber::fmt::MakeWriter;

/// What was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(text)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'w> MakeWriter<'w> for Log {
    type Writer = Self;

    fn make_writer(&'w self) -> Self {
        self.clone()
    }
}

/// A request for `acme`.
struct Head;

impl RequestView for Head {
    fn method(&self) -> &'static str {
        "GET"
    }

    fn path(&self) -> &'static str {
        "/"
    }

    fn query(&self) -> Option<&str> {
        None
    }

    fn host(&self) -> Option<&str> {
        None
    }

    fn principal(&self) -> Option<&str> {
        None
    }

    fn headers<'a>(&'a self, name: &str, visit: &mut dyn FnMut(&'a [u8])) {
        if name == "x-tenant-id" {
            visit(b"acme");
        }
    }
}

#[test]
fn a_line_that_a_handler_logs_says_whose_request_it_serves() {
    let log = Log::default();
    tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(log.clone())
        .init();

    let (source, acme) = (InMemorySource::new(), "acme".parse().unwrap());
    source.set(TenantConfig::new(acme)).unwrap();
    let engine = Engine::builder().source(source);
    let engine = engine.build_without_actors().unwrap();
    let _loaded = engine.tenant_blocking(&"acme".parse().unwrap()).unwrap();
    let gate = Gate::builder(engine).build().unwrap();
    let Outlook::Decided(Entry::Admitted(admission)) = gate.enter_now(&Head) else {
        panic!("refused")
    };
    let span = admission.permit().span();
    span.in_scope(|| tracing::info!("at work"));

    let logged = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let line = logged.lines().find(|line| line.ends_with("at work"));
    assert!(
        line.is_some_and(|line| line.contains(r#"request{tenant=acme source="header"}"#)),
        "{logged}"
    );
}
