//! Values that are loaded when they are not cached, by one for all who wait.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::CacheError;
use crate::flights::Flight;
use crate::key::Key;
use crate::scoped::ScopedCache;
use crate::ttl::Ttl;

impl ScopedCache {
    /// The value of `key`; if there is none, what `load` returns, which is then kept for `ttl`.
    ///
    /// However many ask for one key of one tenant at once, in this process one of them loads, and the others get what it
    /// got: the value, or the error. Errors are not cached. If the one that loads is cancelled or panics, the next
    /// one loads in its place.
    ///
    /// A load that was overtaken by a write or a [`delete`](Self::delete) of its key through this process is handed to those who waited
    /// for it, and not kept: what was true before the write is never read after it.
    ///
    /// If the cache can't be reached, `load` is asked; and a value that can't be kept (it is too large, or Redis went away
    /// meanwhile) is returned all the same, with a warning in the log. Redis out of reach thus costs one
    /// timeout at the most.
    ///
    /// # Errors
    /// [`CacheError::Load`] with what `load` said; [`CacheError::Decode`] if what is cached, or what another one loaded,
    /// is no `T`; [`CacheError::Encode`] and [`CacheError::Ttl`] as for [`set`](Self::set). A Redis that refuses for good, as one
    /// with another password does, is an error too, and `load` is not asked.
    ///
    /// # Deadlocks
    /// A `load` that asks for its own key waits for itself, for ever.
    ///
    /// # Examples
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use std::time::Duration;
    /// use tollgate_cache::TenantCache;
    ///
    /// let acme = TenantCache::embedded().build().for_tenant(&tollgate::TenantId::new("acme")?);
    /// for _ in 0..2 {
    ///     let length = acme
    ///         .get_or_insert_with("length", Duration::from_secs(60), || async {
    ///             std::fs::read_to_string("Cargo.toml").map(|text| text.len())
    ///         })
    ///         .await?;
    ///     assert!(length > 0); // the file was read once
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn get_or_insert_with<T, E, F, L>(
        &self,
        key: &str,
        ttl: Duration,
        load: F,
    ) -> Result<T, CacheError>
    where
        T: Serialize + DeserializeOwned,
        E: Into<Box<dyn Error + Send + Sync>>,
        F: FnOnce() -> L,
        L: Future<Output = Result<T, E>>,
    {
        let (key, ttl) = (Key::new(key)?, Ttl::new(ttl)?);
        let reached = match self.backend().get(&self.tenant, key).await {
            Ok(Some(value)) => return self.decode(key, &value),
            Ok(None) => true,
            Err(error) if error.is_transient() => {
                tracing::debug!(tenant = %self.tenant, %error, "loading past the cache");
                false
            }
            Err(error) => return Err(error),
        };
        let seat = self.shared.flights.board(&self.tenant, key);
        let mut own = None;
        let outcome = seat
            .flight()
            .outcome
            .get_or_init(|| async {
                // Whoever loaded before us may have come down between our look at the cache and now.
                if reached && let Ok(Some(value)) = self.backend().get(&self.tenant, key).await {
                    return Ok(value);
                }
                let value = load().await.map_err(|error| self.load_failed(key, error))?;
                let bytes = self.encode(key, &value)?;
                if reached {
                    self.keep(seat.flight(), key, &bytes, ttl).await;
                }
                own = Some(value);
                Ok(bytes)
            })
            .await;
        match (own, outcome) {
            (Some(value), _) => Ok(value),
            (None, Ok(bytes)) => self.decode(key, bytes),
            (None, Err(error)) => Err(error.clone()),
        }
    }

    /// Stores what was loaded, unless it was overtaken. Whoever overtakes it now waits until it is stored.
    async fn keep(&self, flight: &Flight, key: Key<'_>, value: &Arc<[u8]>, ttl: Ttl) {
        let overtaken = flight.overtaken.lock().await;
        if *overtaken {
            return;
        }
        let kept = self
            .backend()
            .set(&self.tenant, key, Arc::clone(value), ttl)
            .await;
        if let Err(error) = kept {
            let error: &dyn Error = &error;
            tracing::warn!(tenant = %self.tenant, error, "a loaded value is not cached");
        }
    }

    fn load_failed(
        &self,
        key: Key<'_>,
        error: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> CacheError {
        CacheError::Load {
            tenant: self.tenant.clone(),
            key: key.as_str().to_owned(),
            cause: error.into().into(),
        }
    }
}
