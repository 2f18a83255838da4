//! Config sources that are down, or slow.

use std::sync::Arc;

use tokio::sync::Semaphore;
use tollgate::{ChangeListener, ConfigSource, InMemorySource, Loading, SourceError, TenantId};

/// A config source that is down.
pub(super) struct Down;

impl ConfigSource for Down {
    fn load<'s>(&'s self, _: &'s TenantId) -> Loading<'s> {
        Box::pin(async { Err(SourceError::new("connection refused by db-7.internal")) })
    }

    fn subscribe(&self, _: Arc<dyn ChangeListener>) {}
}

/// A config source that answers only when it is let.
#[derive(Clone)]
pub(super) struct Slow {
    configs: InMemorySource,
    asked: Arc<Semaphore>,
    may_answer: Arc<Semaphore>,
}

impl Slow {
    pub(super) fn new(configs: InMemorySource) -> Self {
        Self {
            configs,
            asked: Arc::new(Semaphore::new(0)),
            may_answer: Arc::new(Semaphore::new(0)),
        }
    }

    /// Waits until it is asked for a config.
    pub(super) async fn asked(&self) {
        self.asked.acquire().await.expect("never closed").forget();
    }

    /// Lets it answer once.
    pub(super) fn answer(&self) {
        self.may_answer.add_permits(1);
    }
}

impl ConfigSource for Slow {
    fn load<'s>(&'s self, id: &'s TenantId) -> Loading<'s> {
        Box::pin(async move {
            self.asked.add_permits(1);
            self.may_answer
                .acquire()
                .await
                .expect("never closed")
                .forget();
            self.configs.load(id).await
        })
    }

    fn subscribe(&self, listener: Arc<dyn ChangeListener>) {
        self.configs.subscribe(listener);
    }
}
