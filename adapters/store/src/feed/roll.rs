//! Reads the roster: the ids of all tenants, page by page.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use crate::error::StoreError;
use crate::jitter::Jitter;
use crate::roster::Phase;
use crate::source::shared::Shared;

/// Ids in a page.
const PAGE: u32 = 10_000;
/// The pause after a failure.
const PAUSE: Duration = Duration::from_secs(1);

/// Reads the roster once the feed has a cursor, and again whenever that is asked for.
pub(crate) async fn run(shared: Arc<Shared>) {
    let jitter = Jitter::default();
    shared.feed.begun().await;
    loop {
        while shared.roster.phase() == Phase::Incomplete {
            if read(&shared).await.is_err() {
                // It is in the log already, and in health.
                sleep(jitter.around(PAUSE)).await;
            }
        }
        if shared.roster.phase() == Phase::Off {
            return;
        }
        shared.roster.unread().await;
    }
}

async fn read(shared: &Shared) -> Result<(), Arc<StoreError>> {
    let edition = shared.roster.begin();
    let mut last = None;
    loop {
        let question = shared.backend.ids(last.as_ref(), PAGE);
        let page = shared
            .ask("reading the ids of all tenants", question)
            .await?;
        let fits = shared.roster.add_page(edition, &page);
        let Some(end) = page.into_iter().next_back() else {
            shared.roster.completed(edition);
            return Ok(());
        };
        if !fits {
            return Ok(());
        }
        last = Some(end);
    }
}
