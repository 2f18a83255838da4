//! An embedded multi-tenant quota engine: may this tenant spend this cost now?
//!
//! The answer takes tens of nanoseconds, is right under any interleaving of threads, covers several
//! limits at once all or none, and can be settled later at the true cost.
//!
//! ```
//! use tollgate::{Clock, Cost, Decision, Tenant, TenantConfig};
//!
//! let config = TenantConfig::new("acme-corp".parse()?)
//!     .requests_per_minute(100)
//!     .tokens_per_minute(10_000);
//! let tenant = Tenant::new(&config, Clock::default())?;
//!
//! match tenant.try_acquire(&Cost::request().and_tokens(500)) {
//!     Decision::Admitted(permit) => {
//!         // … serve the request, then say what it really cost:
//!         drop(permit.settle(&Cost::tokens(420)));
//!     }
//!     Decision::Denied(denial) => eprintln!("{denial}"),
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Start with the [guide], and read the [limitations] before you rely on it; what it costs is in [performance]; why
//! it is right, in [internals]. When something is not as it should be: [troubleshooting].
//! [`Engine`] looks tenants up by id and loads them from a [`ConfigSource`]; the crates `tollgate-tower` and
//! its siblings put it in front of an HTTP service.
#![cfg_attr(
    not(test),
    warn(
        clippy::arithmetic_side_effects,
        clippy::float_arithmetic,
        clippy::integer_division
    )
)]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::panic,
        clippy::indexing_slicing,
        reason = "a test that fails may panic"
    )
)]

mod admission;
mod budget;
mod chain;
mod clock;
pub mod cluster;
mod config;
mod cost;
mod decision;
mod deny_word;
mod dimension;
mod directory;
mod engine;
#[cfg(feature = "actors")]
mod errand;
mod error;
mod events;
mod explanation;
mod flights;
mod hooks;
mod lease_word;
mod ledger;
mod memo;
mod meter;
mod origin;
mod outage;
mod permit;
mod plan;
mod plan_in_force;
mod plans;
mod policy;
mod scope;
mod shared;
mod sharing;
mod source;
mod state;
mod stripes;
mod sync;
mod tenant;
mod tenant_id;
mod usage;

#[cfg(feature = "actors")]
mod actor;
#[cfg(feature = "actors")]
mod exchanges;
#[cfg(feature = "actors")]
mod waiters;

#[doc = include_str!("../docs/guide.md")]
pub mod guide {}
#[doc = include_str!("../docs/internals.md")]
pub mod internals {}
#[doc = include_str!("../docs/limitations.md")]
pub mod limitations {}
#[doc = include_str!("../docs/performance.md")]
pub mod performance {}
#[doc = include_str!("../docs/troubleshooting.md")]
pub mod troubleshooting {}

pub use self::clock::{Clock, ManualClock, TimeSource, Timestamp};
pub use self::config::{
    AlgorithmKind, ConfigError, ConfigErrors, Enforcement, LimitConfig, MatchConfig, PolicyConfig,
    QuotaConfig, RawTenant, RawTenants, TenantConfig, TenantsConfig, Window,
};
pub use self::cost::Cost;
pub use self::decision::{Decision, Denial, DenialReason};
pub use self::dimension::{Dimension, DimensionName, InvalidDimension};
pub use self::engine::{Engine, EngineBuilder};
pub use self::error::{BuildError, Conflict, LookupError, ReconfigureError, SetError, SourceError};
pub use self::events::Events;
#[cfg(feature = "actors")]
pub use self::exchanges::Exchanges;
pub use self::explanation::{Explanation, LimitAnswer};
pub use self::hooks::{
    Event, FinishEvent, Hooks, PolicyEvent, QuotaEvent, ResolveEvent, SettleEvent,
};
pub use self::origin::{Account, Claim, Exchanging, InMemoryOrigin, Origin, OriginError, Tally};
pub use self::outage::Outage;
pub use self::permit::{OnDrop, Permit, Slot};
pub use self::plan::{Algorithm, Limit, Period, Plan, Status};
pub use self::policy::{Access, InvalidPath, Policy, PolicyDenial, normalize_path};
pub use self::scope::Scope;
pub use self::sharing::Sharing;
pub use self::source::{Change, ChangeListener, ConfigSource, InMemorySource, Loading, Versioned};
pub use self::tenant::Tenant;
pub use self::tenant_id::{InvalidTenantId, TenantId};
pub use self::usage::{LimitUsage, Usage};
#[cfg(feature = "actors")]
pub use self::waiters::Acquire;
