//! Config sources that count, wait, fail, panic and hang on command.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::sync::Semaphore;
use tollgate::{
    Change, ChangeListener, ConfigSource, Dimension, InMemorySource, LimitConfig, Loading,
    SourceError, TenantConfig, TenantId, Versioned,
};

use crate::world::{id, secs};

/// What the next load does, once it has looked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    Answer,
    /// Answers what it saw when it was asked, once the gate lets it.
    AnswerLate,
    Fail,
    Panic,
    PanicBefore,
    Hang,
}

/// A source with a script: the first load of the list, then the next, then plain answers.
#[derive(Clone)]
pub(crate) struct Scripted(Arc<Shared>);

struct Shared {
    configs: InMemorySource,
    script: Mutex<VecDeque<Act>>,
    /// Answers that are not from the in-memory source: what another process wrote, valid or not.
    foreign: Mutex<HashMap<TenantId, Versioned>>,
    loads: AtomicUsize,
    gate: Semaphore,
}

impl Scripted {
    pub(crate) fn new(script: impl IntoIterator<Item = Act>) -> Self {
        Self(Arc::new(Shared {
            configs: InMemorySource::new(),
            script: Mutex::new(script.into_iter().collect()),
            foreign: Mutex::default(),
            loads: AtomicUsize::new(0),
            gate: Semaphore::new(0),
        }))
    }

    pub(crate) fn configs(&self) -> &InMemorySource {
        &self.0.configs
    }

    pub(crate) fn loads(&self) -> usize {
        self.0.loads.load(Ordering::SeqCst)
    }

    /// Lets `loads` of the late ones answer.
    pub(crate) fn open(&self, loads: usize) {
        self.0.gate.add_permits(loads);
    }

    /// Answers this from now on, and tells nobody.
    pub(crate) fn put(&self, config: TenantConfig, version: u64) {
        let (id, config) = (config.tenant_id.clone(), Arc::new(config));
        let mut foreign = self.0.foreign.lock().unwrap();
        foreign.insert(id, Versioned { config, version });
    }

    /// Answers `config` to whoever asks for `asked`.
    pub(crate) fn put_as(&self, asked: &str, config: TenantConfig) {
        let config = Arc::new(config);
        let mut foreign = self.0.foreign.lock().unwrap();
        foreign.insert(id(asked), Versioned { config, version: 1 });
    }

    async fn load(&self, id: TenantId) -> Result<Option<Versioned>, SourceError> {
        let act = self.0.script.lock().unwrap().pop_front();
        let foreign = self.0.foreign.lock().unwrap().get(&id).cloned();
        let found = match foreign {
            Some(found) => Ok(Some(found)),
            None => self.0.configs.load(&id).await,
        };
        match act.unwrap_or(Act::Answer) {
            Act::Answer => tokio::task::yield_now().await,
            Act::AnswerLate => self.0.gate.acquire().await.unwrap().forget(),
            Act::Fail => return Err(SourceError::new("it is down")),
            Act::Panic | Act::PanicBefore => panic!("a source that panics"),
            Act::Hang => std::future::pending().await,
        }
        found
    }
}

impl ConfigSource for Scripted {
    fn load<'s>(&'s self, id: &'s TenantId) -> Loading<'s> {
        self.0.loads.fetch_add(1, Ordering::SeqCst);
        let first = self.0.script.lock().unwrap().front().copied();
        assert_ne!(
            first,
            Some(Act::PanicBefore),
            "a source that panics at once"
        );
        Box::pin(self.load(id.clone()))
    }

    fn subscribe(&self, listener: Arc<dyn ChangeListener>) {
        self.0.configs.subscribe(listener);
    }
}

/// A source that answers at once, without ever yielding, and counts.
#[derive(Clone, Default)]
pub(crate) struct Instant(Arc<(InMemorySource, AtomicUsize)>);

impl Instant {
    pub(crate) fn configs(&self) -> &InMemorySource {
        &self.0.0
    }

    pub(crate) fn loads(&self) -> usize {
        self.0.1.load(Ordering::SeqCst)
    }
}

impl ConfigSource for Instant {
    fn load<'s>(&'s self, id: &'s TenantId) -> Loading<'s> {
        self.0.1.fetch_add(1, Ordering::SeqCst);
        self.0.0.load(id)
    }

    fn subscribe(&self, listener: Arc<dyn ChangeListener>) {
        self.0.0.subscribe(listener);
    }
}

/// A listener's view of a source, for sources that announce by hand.
#[derive(Clone, Default)]
pub(crate) struct ByHand(Arc<Mutex<Told>>);

type Told = (Option<Versioned>, Vec<Arc<dyn ChangeListener>>);

impl ByHand {
    pub(crate) fn now(&self, found: Option<Versioned>) {
        self.0.lock().unwrap().0 = found;
    }

    pub(crate) fn announce(&self, id: &TenantId, change: &Change) {
        let listeners = self.0.lock().unwrap().1.clone();
        for listener in listeners {
            listener.changed(id, change);
        }
    }
}

impl ConfigSource for ByHand {
    fn load<'s>(&'s self, _id: &'s TenantId) -> Loading<'s> {
        let found = self.0.lock().unwrap().0.clone();
        Box::pin(std::future::ready(Ok(found)))
    }

    fn subscribe(&self, listener: Arc<dyn ChangeListener>) {
        self.0.lock().unwrap().1.push(listener);
    }
}

/// A config of `name` with so many requests a minute.
pub(crate) fn minute(name: &str, requests: u64) -> TenantConfig {
    let limit = LimitConfig::sliding("l", Dimension::Requests, requests, secs(60));
    TenantConfig::new(id(name)).limit(limit)
}
