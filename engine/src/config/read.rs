//! From raw values to the typed form: everything that is wrong is reported, then the next field.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::de::{Deserialize, Deserializer, Error};

use crate::config::check::{self, CAPACITY, SHORTHAND, SUB_WINDOWS};
use crate::config::error::{ConfigErrors, Problems};
use crate::config::fields::Fields;
use crate::config::limit::{AlgorithmKind, Enforcement, LimitConfig, MatchConfig, Window};
use crate::config::raw::Raw;
use crate::config::tenant::{PolicyConfig, QuotaConfig, TenantConfig, TenantsConfig};
use crate::dimension::Dimension;
use crate::plan::{Period, Status};
use crate::tenant_id::TenantId;

/// A file of tenants that has been read and not been judged.
///
/// Whatever the format could parse is taken, so that [`validate`](Self::validate) can give every
/// problem as a value of its own.
///
/// # Examples
/// ```
/// use tollgate::RawTenants;
///
/// let text = r#"{"tenants": [{"tenant_id": "acme", "quota": {"requests_per_minute": -1}}]}"#;
/// let raw: RawTenants = serde_json::from_str(text)?;
/// assert_eq!(
///     raw.validate().unwrap_err().to_string(),
///     "tenant acme: quota.requests_per_minute -1: \
///      must be a whole number from 0 (unlimited) to 9007199254740991",
/// );
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct RawTenants(Raw);

impl RawTenants {
    /// The typed form, if all of it could take effect.
    ///
    /// # Errors
    /// [`ConfigErrors`] has every problem of every tenant.
    pub fn validate(self) -> Result<TenantsConfig, ConfigErrors> {
        let mut problems = Problems::new();
        let config = tenants(self.0, &mut problems);
        problems.into_result(config)
    }
}

impl<'de> Deserialize<'de> for RawTenants {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Raw::deserialize(from).map(Self)
    }
}

/// One tenant that has been read and not been judged; see [`RawTenants`].
#[derive(Debug, Clone)]
pub struct RawTenant(Raw);

impl RawTenant {
    /// The typed form, if all of it could take effect.
    ///
    /// # Errors
    /// [`ConfigErrors`] has every problem.
    pub fn validate(self) -> Result<TenantConfig, ConfigErrors> {
        typed(self.0, |raw, problems| tenant(raw, 1, problems))
    }

    /// The same without these fields, which the reader has for itself: a version, say, that stands beside the config.
    #[must_use]
    pub fn without(mut self, fields: &[&str]) -> Self {
        if let Raw::Map(entries) = &mut self.0 {
            entries.retain(|(key, _)| !fields.contains(&key.as_str()));
        }
        self
    }

    /// The same with this id, if it names none.
    #[must_use]
    pub fn or_id(mut self, id: &TenantId) -> Self {
        if let Raw::Map(entries) = &mut self.0
            && !entries.iter().any(|(key, _)| key == "tenant_id")
        {
            let id = Raw::Text(id.as_str().to_owned());
            entries.push(("tenant_id".to_owned(), id));
        }
        self
    }
}

impl<'de> Deserialize<'de> for RawTenant {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Raw::deserialize(from).map(Self)
    }
}

impl<'de> Deserialize<'de> for TenantsConfig {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        deserialized(from, |raw, problems| Some(tenants(raw, problems)))
    }
}

impl<'de> Deserialize<'de> for TenantConfig {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        deserialized(from, |raw, problems| tenant(raw, 1, problems))
    }
}

impl<'de> Deserialize<'de> for QuotaConfig {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        deserialized(from, |raw, problems| Some(quota(raw, problems)))
    }
}

impl<'de> Deserialize<'de> for LimitConfig {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        deserialized(from, |raw, problems| limit(raw, 1, problems))
    }
}

impl<'de> Deserialize<'de> for PolicyConfig {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        deserialized(from, |raw, problems| Some(policy(raw, problems)))
    }
}

fn deserialized<'de, D: Deserializer<'de>, T>(
    from: D,
    read: impl FnOnce(Raw, &mut Problems) -> Option<T>,
) -> Result<T, D::Error> {
    typed(Raw::deserialize(from)?, read).map_err(D::Error::custom)
}

/// Runs a reader that reports a problem whenever it gives `None`.
fn typed<T>(
    raw: Raw,
    read: impl FnOnce(Raw, &mut Problems) -> Option<T>,
) -> Result<T, ConfigErrors> {
    let mut problems = Problems::new();
    let value = read(raw, &mut problems);
    match value {
        Some(value) => problems.into_result(value),
        None => Err(problems.into_at_least_one()),
    }
}

fn tenants(raw: Raw, problems: &mut Problems) -> TenantsConfig {
    let mut config = TenantsConfig::default();
    let Some(mut fields) = Fields::open(raw, "config", "", problems) else {
        return config;
    };
    if !fields.has("tenants") {
        fields.report_missing("tenants");
    }
    let entries = fields.list("tenants");
    fields.finish();
    let mut seen = BTreeSet::new();
    for (at, raw) in (1_usize..).zip(entries) {
        let Some(tenant) = tenant(raw, at, problems) else {
            continue;
        };
        check::unique_id(&tenant.tenant_id, &mut seen, problems);
        config.tenants.push(tenant);
    }
    problems.leave_tenant();
    config
}

/// The tenant, if its id can be read; `at` is its place in the file, from 1.
fn tenant(raw: Raw, at: usize, problems: &mut Problems) -> Option<TenantConfig> {
    let place = format!("#{at}");
    problems.enter_tenant(raw.text_at("tenant_id").unwrap_or(&place));
    let mut fields = Fields::open(raw, "tenant", "", problems)?;
    if !fields.has("tenant_id") {
        fields.report_missing("tenant_id");
    }
    let id = |text: &str| text.parse::<TenantId>().map_err(|error| error.to_string());
    let tenant_id = fields.parsed("tenant_id", id);
    let status = fields.word(
        "status",
        &Status::ALL.map(|status| (status.as_str(), status)),
    );
    let parent = fields.parsed("parent", id);
    let quota = fields
        .take("quota")
        .map(|raw| quota(raw, fields.problems()));
    let policy = fields
        .take("policy")
        .map(|raw| policy(raw, fields.problems()));
    let metadata = fields.text_map("metadata");
    fields.finish();
    check::metadata(&metadata, problems);
    let tenant_id = tenant_id?;
    check::parent(parent.as_ref(), &tenant_id, problems);
    Some(TenantConfig {
        tenant_id,
        status: status.unwrap_or_default(),
        parent,
        quota: quota.unwrap_or_default(),
        policy: policy.unwrap_or_default(),
        metadata,
    })
}

fn quota(raw: Raw, problems: &mut Problems) -> QuotaConfig {
    let Some(mut fields) = Fields::open(raw, "quota", "quota.", problems) else {
        return QuotaConfig::default();
    };
    let requests_per_minute = fields.whole("requests_per_minute", SHORTHAND).unwrap_or(0);
    let tokens_per_minute = fields.whole("tokens_per_minute", SHORTHAND).unwrap_or(0);
    let entries = fields.list("limits");
    fields.finish();
    let limits = (1_usize..)
        .zip(entries)
        .filter_map(|(at, raw)| limit(raw, at, problems));
    let limits = limits.collect();
    problems.leave_limit();
    let quota = QuotaConfig {
        requests_per_minute,
        tokens_per_minute,
        limits,
    };
    check::quota(&quota, problems);
    quota
}

/// The limit, with something harmless for each field that is wrong and has been reported.
fn limit(raw: Raw, at: usize, problems: &mut Problems) -> Option<LimitConfig> {
    let place = format!("#{at}");
    problems.at_limit(at.saturating_sub(1));
    problems.enter_limit(raw.text_at("name").unwrap_or(&place));
    let mut fields = Fields::open(raw, "limit", "", problems)?;
    for key in ["name", "dimension", "capacity"] {
        if !fields.has(key) {
            fields.report_missing(key);
        }
    }
    let name = fields.text("name").unwrap_or(place);
    let dimension = fields
        .parsed("dimension", dimension)
        .unwrap_or(Dimension::Requests);
    let capacity = fields.whole("capacity", CAPACITY).unwrap_or(1);
    let algorithm = algorithm(&mut fields);
    let window = window(&mut fields, algorithm);
    let sub_windows = fields.whole("sub_windows", SUB_WINDOWS);
    let burst = fields.whole("burst", CAPACITY);
    let matches = fields
        .take("match")
        .and_then(|raw| matches(raw, fields.problems()));
    let enforcement = [
        ("enforce", Enforcement::Enforce),
        ("shadow", Enforcement::Shadow),
    ];
    let enforcement = fields.word("enforcement", &enforcement).unwrap_or_default();
    let durable = fields.flag("durable").unwrap_or(false);
    let shared = fields.flag("shared");
    fields.finish();
    let mut limit = LimitConfig {
        name,
        dimension,
        capacity,
        window,
        algorithm: algorithm.unwrap_or_default(),
        sub_windows,
        burst,
        matches,
        enforcement,
        durable,
        shared,
    };
    if algorithm.is_none() {
        limit.burst = None; // it may be right for the algorithm that was meant
    }
    check::limit(&limit, problems);
    Some(limit)
}

fn dimension(text: &str) -> Result<Dimension, String> {
    let problem = "must be requests, tokens, or a name of 1 to 64 bytes of a-z 0-9 _";
    text.parse().map_err(|_| problem.to_owned())
}

/// The algorithm; `None` if it is wrong, which has been reported.
fn algorithm(fields: &mut Fields<'_>) -> Option<AlgorithmKind> {
    let given = fields.has("algorithm");
    let found = fields.word(
        "algorithm",
        &AlgorithmKind::ALL.map(|kind| (kind.as_str(), kind)),
    );
    if given {
        found
    } else {
        Some(AlgorithmKind::default())
    }
}

/// The window, or one that suits the algorithm if it is wrong, which has been reported.
fn window(fields: &mut Fields<'_>, algorithm: Option<AlgorithmKind>) -> Option<Window> {
    let minute = Some(Window::Duration(Duration::from_mins(1)));
    let Some(raw) = fields.take("window") else {
        return if algorithm.is_none() { minute } else { None };
    };
    let found = if let Raw::Text(text) = &raw {
        window_of(text)
    } else {
        None
    };
    let problem = match algorithm {
        None => found.is_none().then(|| check::ANY_WINDOW.to_owned()),
        Some(AlgorithmKind::Concurrency) => Some(check::NO_WINDOW.to_owned()),
        Some(algorithm) => check::window(algorithm, found),
    };
    let right = problem.is_none();
    if let Some(problem) = problem {
        fields.report("window", &raw.to_string(), problem);
    }
    match algorithm {
        None if matches!(found, Some(Window::Duration(_))) => found,
        Some(_) if right => found,
        None | Some(AlgorithmKind::Sliding | AlgorithmKind::Bucket) => minute,
        Some(AlgorithmKind::Calendar) => Some(Window::Period(Period::Day)),
        Some(AlgorithmKind::Concurrency) => None,
    }
}

fn window_of(text: &str) -> Option<Window> {
    let period = Period::ALL
        .into_iter()
        .find(|period| period.as_str() == text)
        .map(Window::Period);
    let duration = || humantime::parse_duration(text).ok().map(Window::Duration);
    period.or_else(|| {
        if has_vague_unit(text) {
            None
        } else {
            duration()
        }
    })
}

/// Whether a unit has no fixed length. humantime counts `1M` as 30.44 days, where most who write it
/// mean a minute.
fn has_vague_unit(text: &str) -> bool {
    let mut units = text.split(|char: char| !char.is_alphabetic());
    units.any(|unit| matches!(unit, "M" | "month" | "months" | "y" | "year" | "years"))
}

fn matches(raw: Raw, problems: &mut Problems) -> Option<MatchConfig> {
    let mut fields = Fields::open(raw, "match", "match.", problems)?;
    let matches = MatchConfig {
        models: fields.texts("models", "x"),
        tools: fields.texts("tools", "x"),
        routes: fields.texts("routes", "/"),
    };
    fields.finish();
    Some(matches)
}

fn policy(raw: Raw, problems: &mut Problems) -> PolicyConfig {
    let Some(mut fields) = Fields::open(raw, "policy", "policy.", problems) else {
        return PolicyConfig::default();
    };
    let policy = PolicyConfig {
        allowed_models: fields.texts("allowed_models", "x"),
        allowed_tools: fields.texts("allowed_tools", "x"),
        allowed_methods: fields.texts("allowed_methods", "GET"),
        allowed_paths: fields.texts("allowed_paths", "/"),
        features: fields.flag_map("features"),
    };
    fields.finish();
    check::policy(&policy, problems);
    policy
}
