//! The admin API, put together.

use std::fmt;
use std::sync::Arc;

use axum::Router;
use tokio::sync::Semaphore;
use tollgate::Engine;

use crate::api;
use crate::api::samples::Samples;
use crate::configs::TenantConfigs;
use crate::credential::Credential;
use crate::error::BuildError;
use crate::guard::Guard;
use crate::watch::{Listener, Watch};

/// Streams of events that are open at a time.
const MOST_STREAMS: usize = 64;

/// The admin API of an engine; see the crate's page.
///
/// Clones are the same API: they share what they know of wrong tries.
#[derive(Clone, Debug)]
pub struct Admin(Arc<Core>);

/// What all routes have.
pub(crate) struct Core {
    pub(crate) engine: Engine,
    pub(crate) configs: Arc<dyn TenantConfigs>,
    pub(crate) watch: Watch,
    pub(crate) guard: Guard,
    pub(crate) samples: Arc<Samples>,
    pub(crate) streams: Arc<Semaphore>,
}

impl Admin {
    /// The API of this engine, which is to be, and the source that its configs are in: the same that the engine has.
    pub fn builder(engine: Engine, configs: impl TenantConfigs) -> AdminBuilder {
        AdminBuilder {
            engine,
            configs: Arc::new(configs),
            watch: None,
            credentials: Vec::new(),
        }
    }

    /// The routes, to be mounted where the host likes: `Router::new().nest("/admin", admin.router())`. It is a tower
    /// service, too.
    pub fn router(&self) -> Router {
        api::router(&self.0)
    }

    /// Routes of the host's own, for those who have a credential: asked for as this API's are, and writes only of those
    /// who may write. They can stand beside the API:
    /// `Router::new().nest("/admin", admin.router()).merge(admin.guarded(own))`, with `/admin/…` in their paths.
    pub fn guarded(&self, own: Router) -> Router {
        api::guarded_routes(&self.0, own)
    }

    /// What the routes are, as `OpenAPI` 3.1: the same as `GET /openapi.json`.
    pub fn openapi() -> utoipa::openapi::OpenApi {
        api::openapi()
    }
}

/// An [`Admin`] to be.
#[must_use = "it is no API until it is built"]
pub struct AdminBuilder {
    engine: Engine,
    configs: Arc<dyn TenantConfigs>,
    watch: Option<Watch>,
    credentials: Vec<Credential>,
}

impl AdminBuilder {
    /// What has seen the engine's decisions: the one whose [hooks](Watch::hooks) the engine was given. Without it counts
    /// are 0, and no decisions are known.
    pub fn watch(mut self, watch: Watch) -> Self {
        self.watch = Some(watch);
        self
    }

    /// Adds somebody who may use the API. There must be one.
    pub fn credential(mut self, credential: Credential) -> Self {
        self.credentials.push(credential);
        self
    }

    /// Adds several.
    pub fn credentials(mut self, credentials: impl IntoIterator<Item = Credential>) -> Self {
        self.credentials.extend(credentials);
        self
    }

    /// The API.
    ///
    /// # Errors
    /// There is no credential, or two have one name.
    pub fn build(self) -> Result<Admin, BuildError> {
        let guard = Guard::new(self.credentials)?;
        let watch = self.watch.unwrap_or_default();
        self.configs.subscribe(Arc::new(Listener::of(&watch)));
        Ok(Admin(Arc::new(Core {
            engine: self.engine,
            configs: self.configs,
            watch,
            guard,
            samples: Arc::default(),
            streams: Arc::new(Semaphore::new(MOST_STREAMS)),
        })))
    }
}

impl fmt::Debug for AdminBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AdminBuilder")
            .field("credentials", &self.credentials)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Core {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Core")
            .field("guard", &self.guard)
            .finish_non_exhaustive()
    }
}
