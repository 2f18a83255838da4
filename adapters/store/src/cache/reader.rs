//! Reads tenants from the database: many in one query, few queries at a time.
//!
//! The first that is wanted is read at once. Whoever is wanted while a query is under way waits for it to end, and
//! is then read together with all others that do; if it takes longer than [`PATIENCE`], or if there are enough of them,
//! they don't wait for it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};
use tollgate::TenantId;

use crate::backend::Row;
use crate::cache::reads::{BATCH, Failure, Outcome};
use crate::error::StoreError;
use crate::source::shared::Shared;

/// Queries under way at most.
const MOST_QUERIES: usize = 2;
/// A query that takes longer is not waited for with the next.
const PATIENCE: Duration = Duration::from_millis(5);

type Batch = (Vec<TenantId>, Result<Vec<Row>, Arc<StoreError>>);

/// Reads whoever is wanted, for ever.
pub(crate) async fn run(shared: Arc<Shared>) {
    // A predecessor that panicked has left some that nobody reads.
    shared.reads.clear();
    let mut queries: JoinSet<Batch> = JoinSet::new();
    let mut patient_until = Instant::now();
    loop {
        let in_line = loop {
            let in_line = shared.reads.in_line();
            let late = Instant::now() >= patient_until || in_line >= BATCH;
            let room = queries.is_empty() || (late && queries.len() < MOST_QUERIES);
            if in_line == 0 || !room {
                break in_line;
            }
            let ids = shared.reads.next_batch();
            patient_until = Instant::now() + PATIENCE;
            let shared = Arc::clone(&shared);
            queries.spawn(async move {
                let question = shared.backend.load(&ids);
                let answer = shared.ask("reading tenants", question).await;
                (ids, answer)
            });
        };
        let room = queries.len() < MOST_QUERIES;
        tokio::select! {
            Some(done) = queries.join_next() => match done {
                Ok(batch) => finish(&shared, batch),
                // The supervisor says so, and whoever waits is told by the next reader.
                Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
            },
            () = shared.reads.work(), if room => {}
            () = sleep_until(patient_until), if room && in_line > 0 => {}
        }
    }
}

fn finish(shared: &Shared, (ids, answer): Batch) {
    let rows = match answer {
        Ok(rows) => rows,
        Err(cause) => {
            let failure = Failure::Database(cause);
            for id in &ids {
                shared.reads.finish(id, &Outcome::Failed(failure.clone()));
            }
            return shared.reads.fail_line(&failure);
        }
    };
    let mut rows: HashMap<_, _> = rows.into_iter().map(|row| (row.id.clone(), row)).collect();
    for id in &ids {
        if let Some(outcome) = shared.take_in(id, rows.remove(id)) {
            shared.reads.finish(id, &outcome);
        }
    }
}
