//! How far the feed has come, and whether what it says can be relied on.

use std::collections::HashMap;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::time::Instant;
use tollgate::TenantId;

use crate::backend::{Changed, Changes, Cursor};
use crate::source::health::FeedMode;

/// How far the feed has come. It outlives a feed that panics.
#[derive(Debug)]
pub(crate) struct FeedState {
    progress: Mutex<Progress>,
    begun: watch::Sender<bool>,
}

#[derive(Debug)]
struct Progress {
    mode: FeedMode,
    mode_since: Instant,
    cursor: Option<Cursor>,
    /// What the last answer told, with versions: the next may tell it again. A hash map: nothing depends on its order.
    told: HashMap<TenantId, u64>,
    /// What the parts of the present answer have told so far.
    telling: HashMap<TenantId, u64>,
    /// When the last catch-up that succeeded began.
    caught_up_at: Option<Instant>,
    trusted_for: Duration,
    /// The last answer told of all changes there were.
    complete: bool,
}

impl Default for FeedState {
    fn default() -> Self {
        let progress = Progress {
            mode: FeedMode::Lost,
            mode_since: Instant::now(),
            cursor: None,
            told: HashMap::new(),
            telling: HashMap::new(),
            caught_up_at: None,
            trusted_for: Duration::ZERO,
            complete: false,
        };
        Self {
            progress: Mutex::new(progress),
            begun: watch::Sender::new(false),
        }
    }
}

impl FeedState {
    /// Whether whoever was committed until lately has been told of: the last catch-up succeeded, and is recent.
    pub(crate) fn is_trusted(&self, now: Instant) -> bool {
        let progress = self.progress.lock();
        let recent = |at| now.saturating_duration_since(at) <= progress.trusted_for;
        progress.complete
            && progress.mode != FeedMode::Lost
            && progress.caught_up_at.is_some_and(recent)
    }

    /// Whether the last answer told of all changes that there were.
    pub(crate) fn is_complete(&self) -> bool {
        self.progress.lock().complete
    }

    pub(crate) fn cursor(&self) -> Option<Cursor> {
        self.progress.lock().cursor
    }

    /// What the last answer has not told already; of each tenant the last change.
    pub(crate) fn news(&self, changes: &Changes) -> Vec<Changed> {
        let progress = self.progress.lock();
        let told = |id| progress.told.get(id).copied().unwrap_or_default();
        let mut untold: Vec<Changed> = Vec::new();
        for change in &changes.tenants {
            let told = told(&change.id);
            if told < change.version {
                let first = change.first.max(told.saturating_add(1));
                untold.push(Changed {
                    first,
                    ..change.clone()
                });
            }
        }
        untold.sort_by(|a, b| (&a.id, a.version).cmp(&(&b.id, b.version)));
        let of_one = untold.chunk_by(|a, b| a.id == b.id);
        let merged = of_one.filter_map(|all| {
            let first = all.iter().map(|change| change.first).min()?;
            let last = all.last()?.clone();
            Some(Changed { first, ..last })
        });
        merged.collect()
    }

    /// All of this answer, which was asked for at `asked_at`, has been taken in.
    pub(crate) fn advance(&self, changes: Changes, asked_at: Instant, trusted_for: Duration) {
        let Changes {
            tenants,
            next,
            more,
            complete,
        } = changes;
        let mut progress = self.progress.lock();
        for Changed { id, version, .. } in tenants {
            let latest = progress.telling.entry(id).or_insert(version);
            *latest = version.max(*latest);
        }
        progress.cursor = Some(next);
        if more {
            // Only all parts together are a catch-up.
            return;
        }
        progress.told = std::mem::take(&mut progress.telling);
        progress.complete = complete;
        progress.caught_up_at = Some(asked_at);
        progress.trusted_for = trusted_for;
        drop(progress);
        self.begun.send_replace(true);
    }

    /// Says how changes come in now.
    pub(crate) fn enter(&self, mode: FeedMode) {
        let mut progress = self.progress.lock();
        if progress.mode == mode {
            return;
        }
        match mode {
            FeedMode::Lost => tracing::warn!("changes of tenant configs can't be read"),
            FeedMode::Listening => tracing::info!("changes of tenant configs are heard of"),
            FeedMode::Polling => tracing::info!("changes of tenant configs are polled for"),
        }
        progress.mode = mode;
        progress.mode_since = Instant::now();
    }

    /// How changes come in, since when, and when a catch-up that succeeded began last.
    pub(crate) fn mode(&self) -> (FeedMode, Instant, Option<Instant>) {
        let progress = self.progress.lock();
        (progress.mode, progress.mode_since, progress.caught_up_at)
    }

    /// Waits until there is a cursor: whatever is committed from then on will be told.
    pub(crate) async fn begun(&self) {
        let mut begun = self.begun.subscribe();
        let _begun = begun.wait_for(|&begun| begun).await;
    }
}
