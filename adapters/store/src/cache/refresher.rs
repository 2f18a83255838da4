//! Reads what is cached again before it is too old, in batches: nobody waits for it.
//!
//! The change feed tells of changes long before; this is for what it can't see, as in a plain `tenants` table.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::cache::reads::{BATCH, Why};
use crate::source::shared::Shared;

/// Looks so many times in the life of a config whether it is to be read again.
const LOOKS: u32 = 50;

/// Keeps the cache fresh, for ever.
pub(crate) async fn run(shared: Arc<Shared>) {
    let every = shared.cache.bounds().ttl / LOOKS;
    let every = every.clamp(Duration::from_millis(10), Duration::from_secs(10));
    loop {
        sleep(every).await;
        // Who is due before the next look is read now: while all is well, nobody is served anything old.
        let due = shared.cache.due(Instant::now() + every);
        for batch in due.chunks(BATCH) {
            if shared.pulse.may_ask(Instant::now()).is_err() {
                break;
            }
            let reads = batch.iter().map(|id| shared.reads.want(id, Why::Aged));
            // All in line first, so that they share a query; then one batch at a time, to leave room for requests.
            for read in reads.collect::<Vec<_>>().into_iter().flatten() {
                let _outcome = read.await;
            }
        }
    }
}
