//! The ids that are known to be nobody's.

use std::fmt;
use std::num::NonZeroUsize;
use std::time::Duration;

use lru::LruCache;

use super::Hasher;
use crate::clock::Timestamp;
use crate::sync::Mutex;
use crate::tenant_id::TenantId;

/// Ids that the config source does not know, remembered for a while: at most so many, for so long.
///
/// A flood of random ids pushes the oldest out and takes no more room.
pub(crate) struct UnknownIds {
    until: Mutex<LruCache<TenantId, Timestamp, Hasher>>,
    ttl: Duration,
}

impl UnknownIds {
    pub(crate) fn new(most: NonZeroUsize, ttl: Duration) -> Self {
        let known = LruCache::with_hasher(most, Hasher::default());
        Self {
            until: Mutex::new(known),
            ttl,
        }
    }

    pub(crate) fn contains(&self, id: &TenantId, now: Timestamp) -> bool {
        let mut known = self.until.lock();
        match known.peek(id) {
            Some(&until) if now < until => true,
            Some(_) => {
                known.pop(id);
                false
            }
            None => false,
        }
    }

    pub(crate) fn insert(&self, id: &TenantId, now: Timestamp) {
        if !self.ttl.is_zero() {
            self.until
                .lock()
                .put(id.clone(), now.saturating_add(self.ttl));
        }
    }

    pub(crate) fn remove(&self, id: &TenantId) {
        self.until.lock().pop(id);
    }

    pub(crate) fn len(&self) -> usize {
        self.until.lock().len()
    }
}

impl fmt::Debug for UnknownIds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnknownIds")
            .field("ids", &self.len())
            .finish_non_exhaustive()
    }
}
