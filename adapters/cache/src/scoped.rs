//! One tenant's cache: everything that can be done with a value.

use std::any::type_name;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tollgate::TenantId;

use crate::backend::Backend;
use crate::bound::Usage;
use crate::cache::Shared;
use crate::error::CacheError;
use crate::key::{self, Key};
use crate::ttl::Ttl;

/// One tenant's cache: a handle that is passed by value. Nothing that it does reaches another tenant.
///
/// Keys are any text of 1 to [`MAX_KEY_LEN`](crate::MAX_KEY_LEN) bytes. Values are whatever serde can write as JSON; the
/// JSON is what lies in Redis, under `tenant:<id>:<key>`. A time to live is [`MIN_TTL`](crate::MIN_TTL) to
/// [`MAX_TTL`](crate::MAX_TTL).
///
/// # Concurrency
/// Any number of tasks may use clones of it. Each call is one step, and seen by every call that begins after it.
///
/// # Errors
/// All calls fail with [`CacheError::Key`] for a key that can't be, and if Redis is out of reach with an error that
/// [is transient](CacheError::is_transient). An embedded cache is always there.
///
/// # Examples
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::time::Duration;
/// use tollgate_cache::TenantCache;
///
/// let acme = TenantCache::embedded().build().for_tenant(&tollgate::TenantId::new("acme")?);
/// let minute = Duration::from_secs(60);
/// acme.set("colours", &["red", "green"], minute).await?;
/// assert_eq!(acme.get::<Vec<String>>("colours").await?.map(|found| found.len()), Some(2));
/// assert_eq!(acme.incr("visits", 1, minute).await?, 1);
/// assert!(acme.delete("colours").await?);
/// acme.clear().await?;
/// assert_eq!(acme.get::<i64>("visits").await?, None);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct ScopedCache {
    pub(crate) shared: Arc<Shared>,
    pub(crate) tenant: TenantId,
}

impl ScopedCache {
    pub(crate) fn new(shared: Arc<Shared>, tenant: TenantId) -> Self {
        Self { shared, tenant }
    }

    /// Whose cache it is.
    pub fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// The value of `key`; `None` if there is none, or if it has expired or was pushed out.
    ///
    /// # Errors
    /// [`CacheError::Decode`] if what is there is no `T`: that is a mistake of a program, and no miss.
    pub async fn get<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, CacheError> {
        let key = Key::new(key)?;
        let value = self.backend().get(&self.tenant, key).await?;
        value.map(|value| self.decode(key, &value)).transpose()
    }

    /// Writes the value of `key`, whatever was there, for as long as `ttl`.
    ///
    /// If the tenant then keeps more than it may, its oldest values go.
    ///
    /// # Errors
    /// [`CacheError::Ttl`] for a time to live that can't be, [`CacheError::TooLarge`] for an entry that is larger than
    /// all that the tenant may keep, [`CacheError::Encode`] for a value that JSON has no form for. Nothing was changed
    /// then.
    pub async fn set<T>(&self, key: &str, value: &T, ttl: Duration) -> Result<(), CacheError>
    where
        T: Serialize + ?Sized,
    {
        let (key, ttl) = (Key::new(key)?, Ttl::new(ttl)?);
        let value = self.encode(key, value)?;
        self.shared.flights.overtake(&self.tenant, key).await;
        self.backend().set(&self.tenant, key, value, ttl).await
    }

    /// Removes `key`, and says whether it was there.
    ///
    /// A load of it that is under way in this process stores nothing any more.
    ///
    /// # Errors
    /// As all calls.
    pub async fn delete(&self, key: &str) -> Result<bool, CacheError> {
        let key = Key::new(key)?;
        self.shared.flights.overtake(&self.tenant, key).await;
        self.backend().delete(&self.tenant, key).await
    }

    /// Adds to a number, in one step, and returns the sum. A number that is not there is 0, and lives for `ttl` from
    /// now on; one that is there expires when it would have.
    ///
    /// # Errors
    /// [`CacheError::NotANumber`] if what is there is no whole number of 64 bits, [`CacheError::Overflow`] if the sum
    /// would be none: nothing was changed then. [`CacheError::Ttl`] and [`CacheError::TooLarge`] as for
    /// [`set`](Self::set).
    pub async fn incr(&self, key: &str, by: i64, ttl: Duration) -> Result<i64, CacheError> {
        let (key, ttl) = (Key::new(key)?, Ttl::new(ttl)?);
        self.shared.flights.overtake(&self.tenant, key).await;
        self.backend().incr(&self.tenant, key, by, ttl).await
    }

    /// For how much longer `key` is there; `None` if it is not.
    ///
    /// # Errors
    /// As all calls.
    pub async fn ttl(&self, key: &str) -> Result<Option<Duration>, CacheError> {
        self.backend().ttl(&self.tenant, Key::new(key)?).await
    }

    /// Removes everything of this tenant, and nothing of another's.
    ///
    /// # Complexity
    /// In Redis as many steps as the tenant has entries, during which it serves nobody else: see the
    /// [guide](crate::guide#redis).
    ///
    /// # Errors
    /// As all calls.
    pub async fn clear(&self) -> Result<(), CacheError> {
        self.shared.flights.overtake_all(&self.tenant).await;
        self.backend().clear(&self.tenant).await
    }

    /// What this tenant keeps now.
    ///
    /// # Errors
    /// As all calls.
    pub async fn usage(&self) -> Result<Usage, CacheError> {
        self.backend().usage(&self.tenant).await
    }

    /// The name under which other programs find the value of `key` in Redis, without a
    /// prefix of the cache's own.
    ///
    /// # Errors
    /// As all calls.
    ///
    /// # Examples
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use tollgate_cache::TenantCache;
    ///
    /// let acme = TenantCache::embedded().build().for_tenant(&tollgate::TenantId::new("acme-corp")?);
    /// assert_eq!(acme.full_key("user-profile")?, "tenant:acme-corp:user-profile");
    /// # Ok(())
    /// # }
    /// ```
    pub fn full_key(&self, key: &str) -> Result<String, CacheError> {
        let key = Key::new(key)?;
        Ok(key::home("", &self.tenant) + key.as_str())
    }

    pub(crate) fn backend(&self) -> &Backend {
        &self.shared.backend
    }

    pub(crate) fn encode<T: Serialize + ?Sized>(
        &self,
        key: Key<'_>,
        value: &T,
    ) -> Result<Arc<[u8]>, CacheError> {
        let json = serde_json::to_vec(value).map_err(|cause| CacheError::Encode {
            tenant: self.tenant.clone(),
            key: key.as_str().to_owned(),
            type_name: type_name::<T>(),
            cause: Arc::new(cause),
        })?;
        Ok(json.into())
    }

    pub(crate) fn decode<T: DeserializeOwned>(
        &self,
        key: Key<'_>,
        value: &[u8],
    ) -> Result<T, CacheError> {
        serde_json::from_slice(value).map_err(|cause| CacheError::Decode {
            tenant: self.tenant.clone(),
            key: key.as_str().to_owned(),
            type_name: type_name::<T>(),
            cause: Arc::new(cause),
        })
    }
}

impl fmt::Debug for ScopedCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScopedCache")
            .field("tenant", &self.tenant)
            .finish_non_exhaustive()
    }
}
