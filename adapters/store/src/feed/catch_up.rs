//! Takes in all that has changed since the last time.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::backend::Changed;
use crate::cache::reads::{BATCH, Failure, Outcome, Why};
use crate::source::shared::Shared;

/// An answer with so many news may not be all there is: it is asked on at once.
const MANY: usize = 500;

/// Asks what has changed and takes it in; the cursor moves on if all of it could be.
pub(super) async fn catch_up(shared: &Arc<Shared>, trusted_for: Duration) -> Result<(), Failure> {
    loop {
        let asked_at = Instant::now();
        let question = shared.backend.changes(shared.feed.cursor());
        let changes = shared.ask("asking for changes", question).await;
        let changes = changes.map_err(Failure::Database)?;
        let news = shared.feed.news(&changes);
        for batch in news.chunks(BATCH) {
            take_in(shared, batch).await?;
        }
        if changes.complete && !shared.feed.is_complete() {
            // So far some were left out, and so may be some in the roster.
            shared.roster.read_anew();
        }
        let more = changes.more;
        shared.feed.advance(changes, asked_at, trusted_for);
        if !more && news.len() < MANY {
            return Ok(());
        }
    }
}

async fn take_in(shared: &Arc<Shared>, batch: &[Changed]) -> Result<(), Failure> {
    let mut reads = Vec::with_capacity(batch.len());
    for Changed {
        id,
        first,
        version,
        removed,
    } in batch
    {
        if *removed {
            shared.removed(id, *version);
        } else if shared.hears_of(id, *first, *version) {
            reads.push(shared.reads.want(id, Why::Changed)?);
        }
    }
    for read in reads {
        match read.await {
            // A broken row has been noted; a tenant that is gone by now is told of by a later change.
            Ok(Outcome::Found(_) | Outcome::Absent | Outcome::Broken(_)) => {}
            Ok(Outcome::Failed(failure)) => return Err(failure),
            Err(_) => return Err(Failure::NoReader),
        }
    }
    Ok(())
}
