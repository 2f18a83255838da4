//! A server under test: an engine on a clock that the case moves, a gate, a handler, and the way in.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tollgate::{Algorithm, Engine, InMemorySource, ManualClock, Tenant};

use crate::conformance::answer::{Answer, Chunks, Failure, Tap, stream};
use crate::conformance::ask::Ask;
use crate::conformance::client::{Line, Seen};
use crate::conformance::demo::{Before, Demo, Visit};
use crate::conformance::diary::Diary;
use crate::conformance::door::Serving;
use crate::conformance::doors::id;

/// An engine, and the server that asks it.
pub(super) struct House {
    pub(super) clock: ManualClock,
    pub(super) source: InMemorySource,
    pub(super) diary: Diary,
    pub(super) engine: Engine,
    pub(super) demo: Demo,
    pub(super) address: SocketAddr,
    pub(super) _serving: Serving,
}

impl House {
    pub(super) async fn line(&self) -> Line {
        Line::connect(self.address).await
    }

    /// Sends a request on a connection of its own.
    pub(super) async fn ask(&self, ask: Ask) -> Seen {
        self.line().await.ask(&ask).await
    }

    /// Sends a request that is served.
    pub(super) async fn served(&self, ask: Ask) -> Seen {
        let seen = self.ask(ask).await;
        assert_eq!(seen.status(), 200, "{seen:?}");
        assert!(seen.whole, "{seen:?}");
        seen
    }

    /// Sends a request that is refused, with a problem that no cache keeps, and before the handler hears of it.
    pub(super) async fn refused(&self, ask: Ask, status: u16, code: &str) -> Seen {
        let visits = self.demo.visits();
        let seen = self.ask(ask).await;
        assert_eq!(seen.status(), status, "{seen:?}");
        let body = seen.json();
        assert_eq!(
            (&body["status"], &body["code"]),
            (&status.into(), &code.into())
        );
        assert!(!body["detail"].as_str().expect("a detail").is_empty());
        assert_eq!(
            seen.header("content-type"),
            Some("application/problem+json")
        );
        assert_eq!(seen.header("cache-control"), Some("no-store"));
        let told_when = seen.header("retry-after").is_some();
        assert_eq!(
            told_when,
            status == 503 || code == "tenant_quota_exceeded",
            "{seen:?}"
        );
        assert_eq!(seen.header("www-authenticate").is_some(), status == 401);
        assert_eq!(self.demo.visits(), visits, "the handler was asked");
        seen
    }

    /// A part for the handler to play; says what to send in `X-Act`.
    pub(super) fn act<P>(&self, script: impl Fn(Visit) -> P + Send + Sync + 'static) -> String
    where
        P: Future<Output = Result<Answer, Failure>> + Send + 'static,
    {
        self.demo.add(Before::default(), script)
    }

    /// A part that answers with what `answer` makes.
    pub(super) fn answering(&self, answer: impl Fn() -> Answer + Send + Sync + 'static) -> String {
        self.act(move |_| {
            let answer = answer();
            async { Ok(answer) }
        })
    }

    /// A part that answers with a stream; the case's end of each such stream comes out of the receiver.
    pub(super) fn streaming(
        &self,
        answer: impl Fn(Chunks) -> Answer + Send + Sync + 'static,
    ) -> (String, UnboundedReceiver<Tap>) {
        let (send, taps) = unbounded_channel();
        let act = self.answering(move || {
            let (tap, chunks) = stream();
            send.send(tap).expect("the case waits for it");
            answer(chunks)
        });
        (act, taps)
    }

    /// A request that a layer before the gate adds something to; the handler says who asks.
    pub(super) fn prepared(&self, before: Before) -> String {
        self.demo
            .add(before, |visit| async move { Ok(visit.introduced()) })
    }

    /// How many requests have reached the handler.
    pub(super) fn visits(&self) -> usize {
        self.demo.visits()
    }

    /// The handle of `acme`, loaded if it is not.
    pub(super) async fn acme(&self) -> Tenant {
        self.engine.tenant(&id("acme")).await.expect("acme")
    }

    /// What a limit of `acme` has left.
    pub(super) async fn left(&self, limit: &str) -> u64 {
        let usage = self.acme().await.usage();
        usage.get(limit).expect("a limit of this name").remaining
    }

    /// How many slots of `acme` are taken.
    pub(super) async fn taken(&self) -> u64 {
        taken(&self.acme().await)
    }

    /// Waits until no slot of `acme` is taken any more.
    pub(super) async fn freed(&self) {
        let acme = self.acme().await;
        soon(|| taken(&acme) == 0, || "a slot is still taken".to_owned()).await;
    }

    /// Waits until every request that was admitted has ended.
    pub(super) async fn quiet(&self) {
        let adds_up = || self.diary.counts().add_up();
        soon(adds_up, || format!("{:?}", self.diary.counts())).await;
    }
}

pub(super) fn taken(tenant: &Tenant) -> u64 {
    let usage = tenant.usage();
    let slots = usage
        .iter()
        .filter(|level| *level.limit.algorithm() == Algorithm::Concurrency);
    slots.map(|level| level.used).sum()
}

/// Waits until it is so: what a socket's other end does takes its time.
pub(super) async fn soon(is_so: impl Fn() -> bool, what: impl Fn() -> String) {
    const STEP: Duration = Duration::from_millis(2);
    for _ in 0..5_000 {
        if is_so() {
            return;
        }
        tokio::time::sleep(STEP).await;
    }
    panic!("not in ten seconds: {}", what());
}
