//! Opening the adapter under test: engines, gates and the servers that ask them.

use std::net::TcpListener;
use std::sync::Arc;

use parking_lot::Mutex;
use tollgate::{
    Clock, ConfigSource, Engine, EngineBuilder, InMemorySource, ManualClock, TenantConfig, TenantId,
};

use crate::builder::GateBuilder;
use crate::conformance::demo::Demo;
use crate::conformance::diary::Diary;
use crate::conformance::door::{Door, Need, Room, Site};
use crate::conformance::house::{House, soon, taken};
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
        with: impl FnOnce(EngineBuilder) -> EngineBuilder,
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
