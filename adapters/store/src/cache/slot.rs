//! A tenant's config in the cache, and how old it is.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;
use tollgate::Versioned;

/// A tenant's config in the cache. It is changed in place, so that a refresh is no use that would keep it cached.
#[derive(Debug)]
pub(crate) struct Slot(Mutex<Content>);

#[derive(Debug)]
struct Content {
    versioned: Versioned,
    /// When the database last said so.
    read_at: Instant,
    /// When it is to be read again.
    refresh_at: Instant,
    /// It was read for somebody, and listeners were not told: they may have an older one.
    quiet: bool,
}

impl Slot {
    pub(crate) fn new(versioned: Versioned, read_at: Instant, refresh_at: Instant) -> Self {
        Self(Mutex::new(Content {
            versioned,
            read_at,
            refresh_at,
            quiet: true,
        }))
    }

    pub(crate) fn versioned(&self) -> Versioned {
        self.0.lock().versioned.clone()
    }

    pub(crate) fn version(&self) -> u64 {
        self.0.lock().versioned.version
    }

    /// The config, if the database said so within `most`, and whether it should have been asked again by now.
    pub(crate) fn look(&self, now: Instant, most: Duration) -> Option<(Versioned, bool)> {
        let content = self.0.lock();
        let young = now.saturating_duration_since(content.read_at) <= most;
        young.then(|| (content.versioned.clone(), now > content.refresh_at))
    }

    pub(crate) fn is_due(&self, by: Instant) -> bool {
        self.0.lock().refresh_at <= by
    }

    /// Takes in what was read; says whether it is another config. An equal one stays as it is, under the new version.
    pub(crate) fn put(&self, read: Versioned, read_at: Instant, refresh_at: Instant) -> bool {
        let mut content = self.0.lock();
        let same = content.versioned.config == read.config;
        let config = if same {
            Arc::clone(&content.versioned.config)
        } else {
            read.config
        };
        *content = Content {
            versioned: Versioned {
                config,
                version: read.version,
            },
            read_at,
            refresh_at,
            quiet: content.quiet,
        };
        !same
    }

    /// What listeners have not been told, and are to be told now.
    pub(crate) fn untold(&self) -> Option<Versioned> {
        let content = self.0.lock();
        content.quiet.then(|| content.versioned.clone())
    }

    pub(crate) fn told(&self) {
        self.0.lock().quiet = false;
    }

    /// Leaves what could not be read anew as it is, and as old, until it is to be tried again.
    pub(crate) fn postpone(&self, refresh_at: Instant) {
        self.0.lock().refresh_at = refresh_at;
    }
}
