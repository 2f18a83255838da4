//! The form of a tenant's config: written in code or read by serde, checked, compiled to a plan.
//!
//! The path of a config file: any serde format → [`RawTenants`] → [`RawTenants::validate`] →
//! [`TenantsConfig`] → [`TenantsConfig::compile`]. The typed forms can be read directly, too;
//! the problems are then the lines of the one message that serde has room for.
//!
//! Invariant: every problem is reported, all at once, and a config with a problem is not applied.

mod check;
mod compile;
mod error;
mod family;
mod fields;
mod limit;
mod raw;
mod read;
mod tenant;

pub use error::{ConfigError, ConfigErrors};
pub(crate) use family::{
    Ancestor, keeps_its_parent, needs_origin, needs_store, too_many_ancestors,
    too_many_with_children,
};
pub use limit::{AlgorithmKind, Enforcement, LimitConfig, MatchConfig, Window};
pub use read::{RawTenant, RawTenants};
pub use tenant::{PolicyConfig, QuotaConfig, TenantConfig, TenantsConfig};

#[cfg(test)]
mod tests;
