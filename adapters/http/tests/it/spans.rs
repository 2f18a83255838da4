//! What log lines of a handler are put under.

use std::io;
use std::sync::{Arc, Mutex};

use tracing::subscriber::with_default;
use tracing_subscriber::fmt::MakeWriter;

use crate::kit::{Head, Kit, acme};

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

#[test]
fn a_line_that_a_handler_logs_says_whose_request_it_serves() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(log.clone())
        .finish();
    with_default(subscriber, || {
        let runtime = tokio::runtime::Builder::new_current_thread();
        let admission = { runtime }.enable_all().build().unwrap().block_on(async {
            let kit = Kit::new(acme());
            kit.admitted(&Head::get("/")).await
        });
        admission
            .permit()
            .span()
            .in_scope(|| tracing::info!("at work"));
    });
    let logged = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let line = logged.lines().find(|line| line.ends_with("at work"));
    assert!(
        line.is_some_and(|line| line.contains(r#"request{tenant=acme source="header"}"#)),
        "{logged}"
    );
}
