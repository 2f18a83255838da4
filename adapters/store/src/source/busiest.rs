//! Has whoever was busiest before a restart in the cache after it.

use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::sleep;
use tollgate::Engine;

use crate::cache::reads::{BATCH, Why};
use crate::error::StoreError;
use crate::source::SqlSource;
use crate::supervisor::supervise;

/// Notes now and then which tenants are the busiest of an engine; see [`SqlSource::keep_busiest`].
///
/// It keeps the engine alive, and ends when it is dropped.
#[derive(Debug)]
#[must_use = "it ends when it is dropped"]
pub struct BusiestKeeper {
    source: SqlSource,
    engine: Engine,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl BusiestKeeper {
    /// Ends it, and notes the busiest a last time: for the end of a service that shuts down in peace.
    ///
    /// # Errors
    /// As [`SqlSource::note_busiest`].
    pub async fn stop(self) -> Result<usize, StoreError> {
        self.stop.send_replace(true);
        // A supervisor does not panic; were it to, there is nothing left to wait for.
        let _ended = self.task.await;
        self.source.note_busiest(&self.engine).await
    }
}

impl SqlSource {
    /// Notes the engine's busiest tenants `every` so often, as many as the cache has room for, until what this gives is
    /// dropped or [stopped](BusiestKeeper::stop). 60 s is a good pause.
    ///
    /// The next [`start`](crate::SqlSourceBuilder::start) over the same database, in this process or another, reads
    /// them before anybody asks. In a table that is not [migrated](crate::TenantStore::migrate) nothing is noted.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn keep_busiest(&self, engine: &Engine, every: Duration) -> BusiestKeeper {
        let stop = watch::Sender::new(false);
        let (source, noted) = (self.clone(), engine.clone());
        let task = supervise("busiest", stop.subscribe(), move || {
            let (source, engine) = (source.clone(), noted.clone());
            async move {
                loop {
                    sleep(every).await;
                    if let Err(problem) = source.note_busiest(&engine).await {
                        let cause: &dyn std::error::Error = &problem;
                        tracing::debug!(cause, "the busiest tenants were not noted");
                    }
                }
            }
        });
        BusiestKeeper {
            source: self.clone(),
            engine: engine.clone(),
            stop,
            task,
        }
    }

    /// Notes the engine's busiest tenants now; gives how many.
    ///
    /// # Complexity
    /// As [`Engine::busiest`], on a thread for such things; and one transaction.
    ///
    /// # Errors
    /// [`StoreError::NotMigrated`] in a plain table; or the database's failure.
    pub async fn note_busiest(&self, engine: &Engine) -> Result<usize, StoreError> {
        let size = self.cached.shared().cache.bounds().size;
        let most = usize::try_from(size).unwrap_or(usize::MAX);
        let engine = engine.clone();
        let busiest = tokio::task::spawn_blocking(move || engine.busiest(most)).await;
        // It does not panic; were it to, there is nothing to note.
        let busiest = busiest.unwrap_or_default();
        self.store.note_busiest(&busiest).await?;
        Ok(busiest.len())
    }

    /// Reads those who were noted last into the cache, the busiest first.
    pub(super) async fn warm_up(&self) {
        let shared = self.cached.shared();
        // Not through `ask`: a table that is missing says nothing of the database.
        let busiest = match self.store.busiest(shared.cache.bounds().size).await {
            Ok(busiest) => busiest,
            Err(problem) => {
                let cause: &dyn std::error::Error = &problem;
                tracing::warn!(cause, "nobody is cached before being asked for");
                return;
            }
        };
        for batch in busiest.chunks(BATCH) {
            let reads = batch.iter().map(|id| shared.reads.want(id, Why::Wanted));
            for read in reads.collect::<Vec<_>>().into_iter().flatten() {
                let _outcome = read.await;
            }
        }
        tracing::debug!(tenants = busiest.len(), "the busiest tenants are cached");
    }
}
