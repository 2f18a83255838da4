//! How many wrong credentials came from where, within the minute.

use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use lru::LruCache;
use tokio::time::Instant;

use super::peer::Peer;

/// Wrong tries of one neighbourhood within [`WINDOW`].
const MOST: u32 = 10;
const WINDOW: Duration = Duration::from_secs(60);
/// Neighbourhoods that are counted; who has not tried for longest is forgotten first.
const MOST_PEERS: NonZeroUsize = NonZeroUsize::new(4_096).unwrap();

/// See the module's page.
#[derive(Debug)]
pub(super) struct Tries(Mutex<LruCache<Peer, Spell>>);

#[derive(Debug, Clone, Copy)]
struct Spell {
    since: Instant,
    tries: u32,
}

impl Default for Tries {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(MOST_PEERS)))
    }
}

impl Tries {
    /// Counts a try, before it is known whether it is wrong, so that a hundred at once don't get past the bound. If
    /// there were too many, gives how long there will have been.
    pub(super) fn begin(&self, peer: Peer) -> Result<(), Duration> {
        let now = Instant::now();
        let fresh = || Spell {
            since: now,
            tries: 0,
        };
        let mut spells = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let spell = spells.get_or_insert_mut(peer.neighbourhood(), fresh);
        let end = spell.since + WINDOW;
        if now >= end {
            *spell = fresh();
        }
        if spell.tries >= MOST {
            return Err(end.saturating_duration_since(now));
        }
        spell.tries = spell.tries.saturating_add(1);
        Ok(())
    }

    /// It was right.
    pub(super) fn forgive(&self, peer: Peer) {
        let mut spells = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(spell) = spells.get_mut(&peer.neighbourhood()) {
            spell.tries = spell.tries.saturating_sub(1);
        }
    }
}
