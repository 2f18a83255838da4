//! The serde form of a tenant and of a file of tenants, and setters for those written in code.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::config::limit::LimitConfig;
use crate::plan::Status;
use crate::tenant_id::TenantId;

/// A file of tenants: `{"tenants": [...]}`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TenantsConfig {
    /// The tenants; no two have the same id.
    pub tenants: Vec<TenantConfig>,
}

impl FromIterator<TenantConfig> for TenantsConfig {
    fn from_iter<I: IntoIterator<Item = TenantConfig>>(tenants: I) -> Self {
        Self {
            tenants: tenants.into_iter().collect(),
        }
    }
}

/// All that is configured for one tenant.
///
/// Reading one through serde reports every problem of form and bound at once, one a line; it
/// needs a format that describes itself (JSON, TOML, YAML). One made in code is checked by
/// [`compile`](Self::compile).
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use tollgate::{Dimension, LimitConfig, TenantConfig};
///
/// let config = TenantConfig::new("acme-corp".parse()?)
///     .requests_per_minute(100)
///     .tokens_per_minute(10_000)
///     .allow_models(["gpt-4", "gpt-3.5-turbo"])
///     .allow_tools(["search", "calculator"])
///     .limit(LimitConfig::sliding("burst", Dimension::Requests, 20, Duration::from_secs(1)));
/// let plan = config.compile()?;
/// assert_eq!(plan.limits().len(), 3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TenantConfig {
    /// Who it is for.
    pub tenant_id: TenantId,
    /// Whether it is admitted at all. Default: active.
    pub status: Status,
    /// The tenant that whatever this one spends is charged to as well, and in turn its parent: up to three.
    /// Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<TenantId>,
    /// What it may spend. Default: no limit.
    pub quota: QuotaConfig,
    /// What it may use. Default: everything, but no features.
    pub policy: PolicyConfig,
    /// Notes for the config's author: up to 64 of up to 1 KiB. Default: none.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
}

impl TenantConfig {
    /// An active tenant without limits that may use everything.
    #[must_use]
    pub fn new(tenant_id: TenantId) -> Self {
        Self {
            tenant_id,
            status: Status::Active,
            parent: None,
            quota: QuotaConfig::default(),
            policy: PolicyConfig::default(),
            metadata: BTreeMap::new(),
        }
    }

    /// Below another tenant: whatever it spends is charged to that one as well.
    #[must_use]
    pub fn parent(mut self, parent: TenantId) -> Self {
        self.parent = Some(parent);
        self
    }

    /// At most so many requests in every 60 s. Default: 0, unlimited.
    #[must_use]
    pub fn requests_per_minute(mut self, requests: u64) -> Self {
        self.quota.requests_per_minute = requests;
        self
    }

    /// At most so many tokens in every 60 s. Default: 0, unlimited.
    #[must_use]
    pub fn tokens_per_minute(mut self, tokens: u64) -> Self {
        self.quota.tokens_per_minute = tokens;
        self
    }

    /// Adds a limit. Default: none but those of the two setters above.
    #[must_use]
    pub fn limit(mut self, limit: LimitConfig) -> Self {
        self.quota.limits.push(limit);
        self
    }

    /// Adds models that it may use, by name or as `prefix*`. Default: all.
    #[must_use]
    pub fn allow_models<S: Into<String>>(mut self, models: impl IntoIterator<Item = S>) -> Self {
        self.policy
            .allowed_models
            .extend(models.into_iter().map(Into::into));
        self
    }

    /// Adds tools that it may use, by name or as `prefix*`. Default: all.
    #[must_use]
    pub fn allow_tools<S: Into<String>>(mut self, tools: impl IntoIterator<Item = S>) -> Self {
        self.policy
            .allowed_tools
            .extend(tools.into_iter().map(Into::into));
        self
    }

    /// Adds HTTP methods that it may use, in upper case. Default: all.
    #[must_use]
    pub fn allow_methods<S: Into<String>>(mut self, methods: impl IntoIterator<Item = S>) -> Self {
        self.policy
            .allowed_methods
            .extend(methods.into_iter().map(Into::into));
        self
    }

    /// Adds paths that it may use, as they are or as `/prefix/*`. Default: all.
    #[must_use]
    pub fn allow_paths<S: Into<String>>(mut self, paths: impl IntoIterator<Item = S>) -> Self {
        self.policy
            .allowed_paths
            .extend(paths.into_iter().map(Into::into));
        self
    }

    /// Turns a feature on or off. Default: off.
    #[must_use]
    pub fn feature(mut self, name: impl Into<String>, on: bool) -> Self {
        self.policy.features.insert(name.into(), on);
        self
    }

    /// Sets whether it is admitted at all. Default: active.
    #[must_use]
    pub fn status(mut self, status: Status) -> Self {
        self.status = status;
        self
    }

    /// Notes something that the engine never reads. Default: nothing.
    #[must_use]
    pub fn metadata(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.metadata.insert(key.into(), value.into());
        self
    }
}

/// What a tenant may spend: two limits in short, and any others. At most 64 together.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct QuotaConfig {
    /// Makes a sliding limit of 60 s that is named as this field. Default: 0, unlimited.
    pub requests_per_minute: u64,
    /// Makes a sliding limit of 60 s that is named as this field. Default: 0, unlimited.
    pub tokens_per_minute: u64,
    /// Further limits. Default: none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub limits: Vec<LimitConfig>,
}

/// What a tenant may use. An empty list allows all; a list has up to 1000 entries of 1–256 bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PolicyConfig {
    /// Models, by name or as `prefix*`; case matters. Default: all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allowed_models: Vec<String>,
    /// Tools, by name or as `prefix*`; case matters. Default: all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allowed_tools: Vec<String>,
    /// HTTP methods in upper case. Default: all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allowed_methods: Vec<String>,
    /// Paths in normal form, as they are or as `/prefix/*`. Default: all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allowed_paths: Vec<String>,
    /// Features, on or off. Default: all off.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub features: BTreeMap<String, bool>,
}
