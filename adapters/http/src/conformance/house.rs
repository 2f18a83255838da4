//! A server under test: an engine on a clock that the case moves, a gate, a handler, and the way in.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tollgate::{
    Algorithm, Clock, ConfigSource, Engine, InMemorySource, ManualClock, Tenant, TenantConfig,
    TenantId,
};

use crate::builder::GateBuilder;
use crate::conformance::answer::{Answer, Chunks, Failure, Tap, stream};
use crate::conformance::client::{Ask, Line, Seen};
use crate::conformance::demo::{Before, Demo, Visit};
use crate::conformance::diary::Diary;
use crate::conformance::door::{Door, Need, Room, Serving, Site};
use crate::gate::Gate;

/// The adapter under test, and what was opened with it.
#[derive(Clone)]
pub(super) struct Doors {
    door: Arc<dyn Door>,
    opened: Arc<Mutex<Vec<(Diary, Engine)>>>,
}

/// An engine that nobody serves yet.
pub(super) struct Plot {
    doors: Doors,
    pub(super) clock: ManualClock,
    pub(super) source: InMemorySource,
    pub(super) diary: Diary,
    pub(super) engine: Engine,
}

/// An engine, and the server that asks it.
pub(super) struct House {
    pub(super) clock: ManualClock,
    pub(super) source: InMemorySource,
    pub(super) diary: Diary,
    pub(super) engine: Engine,
    demo: Demo,
    address: SocketAddr,
    _serving: Serving,
}

impl Doors {
    pub(super) fn new(door: Arc<dyn Door>) -> Self {
        Self {
            door,
            opened: Arc::default(),
        }
    }

    pub(super) fn hear_hang_ups(&self) -> bool {
        self.door.hears_hang_ups()
    }

    /// A server for this tenant, behind a gate with the usual settings.
    pub(super) fn house(&self, config: TenantConfig) -> House {
        self.house_with(config, |gate| gate)
    }

    /// A server for this tenant.
    pub(super) fn house_with(
        &self,
        config: TenantConfig,
        set_up: impl FnOnce(GateBuilder) -> GateBuilder,
    ) -> House {
        let plot = self.plot(config);
        let gate = plot.gate(set_up);
        plot.open(vec![room("", gate)])
    }

    pub(super) fn plot(&self, config: TenantConfig) -> Plot {
        let source = InMemorySource::new();
        source.set(config).expect("a config");
        self.plot_on(source.clone(), source)
    }

    /// An engine on `port`, whose configs `source` can change.
    pub(super) fn plot_on(&self, port: impl ConfigSource, source: InMemorySource) -> Plot {
        let diary = Diary::default();
        let plot = self.plot_made(port, source, diary.clone(), |builder| {
            builder.hooks_inline(diary.clone())
        });
        let opened = (plot.diary.clone(), plot.engine.clone());
        self.opened.lock().push(opened);
        plot
    }

    /// An engine without hooks, as most services have it; nobody counts what becomes of its requests.
    pub(super) fn deaf_plot(&self, config: TenantConfig) -> Plot {
        let source = InMemorySource::new();
        source.set(config).expect("a config");
        self.plot_made(source.clone(), source, Diary::default(), |builder| builder)
    }

    fn plot_made(
        &self,
        port: impl ConfigSource,
        source: InMemorySource,
        diary: Diary,
        with: impl FnOnce(tollgate::EngineBuilder) -> tollgate::EngineBuilder,
    ) -> Plot {
        let clock = ManualClock::new();
        let builder = Engine::builder().source(port).clock(Clock::manual(&clock));
        Plot {
            doors: self.clone(),
            engine: with(builder).build().expect("an engine"),
            clock,
            source,
            diary,
        }
    }

    /// Waits until every request that was admitted has ended, and checks that nothing is left of any.
    pub(super) async fn audit(&self) {
        let opened = std::mem::take(&mut *self.opened.lock());
        for (diary, engine) in opened {
            soon(
                || diary.counts().add_up(),
                || format!("{:?}", diary.counts()),
            )
            .await;
            for tenant in ["acme", "other", "umbrella"] {
                if let Some(tenant) = engine.get(&id(tenant)) {
                    assert_eq!(
                        taken(&tenant),
                        0,
                        "slots of {} are still taken",
                        tenant.id()
                    );
                }
            }
        }
    }
}

impl Plot {
    pub(super) fn gate(&self, set_up: impl FnOnce(GateBuilder) -> GateBuilder) -> Gate {
        set_up(Gate::builder(self.engine.clone()))
            .build()
            .expect("a gate")
    }

    pub(super) fn open(self, rooms: Vec<Room>) -> House {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.set_nonblocking(true).expect("a socket");
        let address = listener.local_addr().expect("an address");
        let demo = Demo::default();
        let site = Site {
            rooms,
            demo: demo.clone(),
        };
        House {
            _serving: self.doors.door.open(listener, site),
            clock: self.clock,
            source: self.source,
            diary: self.diary,
            engine: self.engine,
            demo,
            address,
        }
    }
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

/// A route whose handler insists on nothing.
pub(super) fn room(path: &'static str, gate: Gate) -> Room {
    Room {
        path,
        gate: Some(gate),
        need: Need::Nothing,
    }
}

pub(super) fn id(tenant: &str) -> TenantId {
    tenant.parse().expect("an id")
}

pub(super) fn acme() -> TenantConfig {
    TenantConfig::new(id("acme"))
}

fn taken(tenant: &Tenant) -> u64 {
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
