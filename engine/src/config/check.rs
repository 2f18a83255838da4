//! The bounds of every field, each stated once, and what is wrong with a typed config beyond them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use crate::config::error::{Problems, label, quoted};
use crate::config::limit::{AlgorithmKind, Enforcement, LimitConfig, MatchConfig, Window};
use crate::config::tenant::{PolicyConfig, QuotaConfig};
use crate::plan::Limit;
use crate::policy::normalize_path;
use crate::tenant_id::TenantId;

/// The least and the most that a whole number may be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    min: u64,
    max: u64,
}

/// 2^53 − 1: numbers stay exact where they travel as doubles (JSON, Lua).
const MAX_AMOUNT: u64 = 9_007_199_254_740_991;
pub(super) const CAPACITY: Bounds = Bounds {
    min: 1,
    max: MAX_AMOUNT,
};
pub(super) const SHORTHAND: Bounds = Bounds {
    min: 0,
    max: MAX_AMOUNT,
};
pub(super) const SUB_WINDOWS: Bounds = Bounds { min: 1, max: 120 };

/// So that even a 120th of it is more than 1 µs.
const MIN_WINDOW: Duration = Duration::from_millis(1);
const MAX_WINDOW: Duration = Duration::from_hours(400 * 24);
const MAX_LIMITS: usize = 64;
const MAX_LIMIT_NAME: usize = 64;
const MAX_METADATA: usize = 64;
const MAX_METADATA_BYTES: usize = 1_024;
const MAX_LIST: usize = 1_000;
const MAX_LIST_ENTRY: usize = 256;

/// The names of the limits that the shorthand fields make.
pub(super) const REQUESTS_PER_MINUTE: &str = "requests_per_minute";
pub(super) const TOKENS_PER_MINUTE: &str = "tokens_per_minute";

pub(super) const NO_WINDOW: &str = "must not be given for concurrency, which has no window";
pub(super) const ANY_WINDOW: &str = "must be a duration such as \"1500ms\", \"60s\", \"1h\" or \
                                     \"7d\", or for calendar one of minute, hour, day, month";

impl Bounds {
    fn hold(self, value: u64) -> bool {
        (self.min..=self.max).contains(&value)
    }
}

impl fmt::Display for Bounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unlimited = if self.min == 0 { " (unlimited)" } else { "" };
        write!(
            f,
            "must be a whole number from {}{unlimited} to {}",
            self.min, self.max
        )
    }
}

fn number(field: &str, value: u64, bounds: Bounds, problems: &mut Problems) {
    if !bounds.hold(value) {
        problems.report(field, &value.to_string(), bounds.to_string());
    }
}

fn count(field: &str, len: usize, max: usize, problems: &mut Problems) {
    if len > max {
        problems.report(
            field,
            "",
            format!("has {len} entries, must have at most {max}"),
        );
    }
}

/// No two tenants of a set have the same id.
pub(super) fn unique_id(id: &TenantId, seen: &mut BTreeSet<TenantId>, problems: &mut Problems) {
    problems.enter_tenant(id.as_str());
    if !seen.insert(id.clone()) {
        problems.report("tenant_id", &quoted(id.as_str()), "given more than once");
    }
}

pub(super) fn parent(parent: Option<&TenantId>, id: &TenantId, problems: &mut Problems) {
    if parent == Some(id) {
        problems.report("parent", &quoted(id.as_str()), "must be another tenant");
    }
}

pub(super) fn metadata(metadata: &BTreeMap<String, String>, problems: &mut Problems) {
    count("metadata", metadata.len(), MAX_METADATA, problems);
    for (key, value) in metadata {
        let len = key.len().saturating_add(value.len());
        if len > MAX_METADATA_BYTES {
            let problem =
                format!("key and value have {len} bytes, must have at most {MAX_METADATA_BYTES}");
            problems.report(&format!("metadata.{}", label(key)), &quoted(value), problem);
        }
    }
}

/// What concerns the limits as a whole; [`limit`] checks each.
pub(super) fn quota(quota: &QuotaConfig, problems: &mut Problems) {
    let shorthand = [
        (REQUESTS_PER_MINUTE, quota.requests_per_minute),
        (TOKENS_PER_MINUTE, quota.tokens_per_minute),
    ];
    for (name, capacity) in shorthand {
        number(&format!("quota.{name}"), capacity, SHORTHAND, problems);
    }
    let used = shorthand
        .iter()
        .filter(|(_, capacity)| *capacity > 0)
        .count();
    let limits = used.saturating_add(quota.limits.len());
    if limits > MAX_LIMITS {
        let problem = format!("makes {limits} limits, must make at most {MAX_LIMITS}");
        problems.report("quota", "", problem);
    }
    let mut seen = BTreeSet::new();
    for (at, limit) in quota.limits.iter().enumerate() {
        let name = limit.name.as_str();
        let problem = if shorthand.iter().any(|(reserved, _)| *reserved == name) {
            "is the name of a shorthand field's limit"
        } else if !seen.insert(name) {
            "must be unique within the tenant"
        } else {
            continue;
        };
        problems.at_limit(at);
        problems.enter_limit(name);
        problems.report("name", &quoted(name), problem);
    }
    problems.leave_limit();
}

/// All that can be said of one limit alone.
pub(super) fn limit(limit: &LimitConfig, problems: &mut Problems) {
    problems.enter_limit(&limit.name);
    let plain = |byte: u8| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\');
    let len = limit.name.len();
    if !(1..=MAX_LIMIT_NAME).contains(&len) || !limit.name.bytes().all(plain) {
        let problem = "must be 1 to 64 bytes of printable ASCII without \" and \\";
        problems.report("name", &quoted(&limit.name), problem);
    }
    number("capacity", limit.capacity, CAPACITY, problems);
    if let Some(problem) = window(limit.algorithm, limit.window) {
        let value = limit.window.map(|window| quoted(&window.to_string()));
        problems.report("window", &value.unwrap_or_default(), problem);
    }
    let (sliding, bucket) = (AlgorithmKind::Sliding, AlgorithmKind::Bucket);
    let sub_windows = limit.sub_windows.map(u64::from);
    number_for(
        "sub_windows",
        sub_windows,
        SUB_WINDOWS,
        sliding,
        limit,
        problems,
    );
    number_for("burst", limit.burst, CAPACITY, bucket, limit, problems);
    if let Some(limited) = &limit.matches {
        matches(limited, problems);
    }
    durable(limit, problems);
    problems.leave_limit();
}

/// A number that only one algorithm has a use for.
fn number_for(
    field: &str,
    value: Option<u64>,
    bounds: Bounds,
    meant: AlgorithmKind,
    limit: &LimitConfig,
    problems: &mut Problems,
) {
    let Some(value) = value else { return };
    if limit.algorithm == meant {
        return number(field, value, bounds, problems);
    }
    let (meant, found) = (meant.as_str(), limit.algorithm.as_str());
    let problem = format!("is only for {meant}, and this limit is {found}");
    problems.report(field, &value.to_string(), problem);
}

/// What is kept outside the process is counted by windows that all processes agree on, and decides.
fn durable(limit: &LimitConfig, problems: &mut Problems) {
    if limit.durable && limit.algorithm != AlgorithmKind::Calendar {
        let found = limit.algorithm.as_str();
        let problem = format!("is only for calendar, and this limit is {found}");
        problems.report("durable", "true", problem);
    }
    if limit.durable && limit.enforcement == Enforcement::Shadow {
        let problem = "is only for limits that are enforced, and this limit is shadow";
        problems.report("durable", "true", problem);
    }
}

/// What nodes share is decided by all of them alike.
pub(super) fn shared(limits: &[Limit], problems: &mut Problems) {
    let asked = limits.iter().filter(|limit| limit.shared == Some(true));
    for limit in asked.filter(|limit| !limit.can_be_shared()) {
        problems.enter_limit(&limit.name);
        let problem = "is not for durable or shadow limits, nor for a bucket whose burst is refilled within 25 ms";
        problems.report("shared", "true", problem);
        problems.leave_limit();
    }
}

/// Which requests a limit is for: at least one entry, and the entries of a policy's lists.
fn matches(matches: &MatchConfig, problems: &mut Problems) {
    let MatchConfig {
        models,
        tools,
        routes,
    } = matches;
    if models.is_empty() && tools.is_empty() && routes.is_empty() {
        problems.report(
            "match",
            "{}",
            "must have models, tools or routes".to_owned(),
        );
    }
    list("match.models", models, name, problems);
    list("match.tools", tools, name, problems);
    list("match.routes", routes, path, problems);
}

/// What is wrong with a window (`None`: none that could be read) for this algorithm.
pub(super) fn window(algorithm: AlgorithmKind, window: Option<Window>) -> Option<String> {
    let name = algorithm.as_str();
    match (algorithm, window) {
        (AlgorithmKind::Concurrency, None) | (AlgorithmKind::Calendar, Some(Window::Period(_))) => {
            None
        }
        (AlgorithmKind::Concurrency, Some(_)) => Some(NO_WINDOW.to_owned()),
        (AlgorithmKind::Calendar, _) => Some(format!(
            "must be one of minute, hour, day, month for {name}"
        )),
        (AlgorithmKind::Sliding | AlgorithmKind::Bucket, Some(Window::Duration(duration))) => {
            length(duration).map(str::to_owned)
        }
        (AlgorithmKind::Sliding | AlgorithmKind::Bucket, Some(Window::Period(period))) => {
            Some(format!(
                "must be a duration such as \"1500ms\", \"60s\", \"1h\" or \"7d\" for {name}; {period} needs algorithm calendar"
            ))
        }
        (AlgorithmKind::Sliding | AlgorithmKind::Bucket, _) => Some(format!(
            "must be a duration such as \"1500ms\", \"60s\", \"1h\" or \"7d\" for {name}"
        )),
    }
}

fn length(window: Duration) -> Option<&'static str> {
    if window.is_zero() {
        Some("must be > 0")
    } else if window < MIN_WINDOW {
        Some("must be at least 1ms")
    } else if window > MAX_WINDOW {
        Some("must be at most 400d")
    } else {
        None
    }
}

pub(super) fn policy(policy: &PolicyConfig, problems: &mut Problems) {
    list(
        "policy.allowed_models",
        &policy.allowed_models,
        name,
        problems,
    );
    list(
        "policy.allowed_tools",
        &policy.allowed_tools,
        name,
        problems,
    );
    list(
        "policy.allowed_methods",
        &policy.allowed_methods,
        method,
        problems,
    );
    list(
        "policy.allowed_paths",
        &policy.allowed_paths,
        path,
        problems,
    );
    count("policy.features", policy.features.len(), MAX_LIST, problems);
    for name in policy.features.keys() {
        if let Some(problem) = entry_len(name) {
            problems.report("policy.features", &quoted(name), problem);
        }
    }
}

fn list(
    field: &str,
    entries: &[String],
    check: impl Fn(&str) -> Option<String>,
    problems: &mut Problems,
) {
    count(field, entries.len(), MAX_LIST, problems);
    for (at, entry) in entries.iter().enumerate() {
        if let Some(problem) = entry_len(entry).or_else(|| check(entry)) {
            problems.report(&format!("{field}[{at}]"), &quoted(entry), problem);
        }
    }
}

fn entry_len(entry: &str) -> Option<String> {
    let len = entry.len();
    (!(1..=MAX_LIST_ENTRY).contains(&len))
        .then(|| format!("has {len} bytes, must have 1 to {MAX_LIST_ENTRY}"))
}

fn name(entry: &str) -> Option<String> {
    let stem = entry.strip_suffix('*').unwrap_or(entry);
    stem.contains('*')
        .then(|| "may have * only at its end".to_owned())
}

/// A token of RFC 9110, §5.6.2, without lower-case letters: methods are case-sensitive.
fn method(entry: &str) -> Option<String> {
    let token = |byte: u8| {
        byte.is_ascii_uppercase() || byte.is_ascii_digit() || b"!#$%&'*+-.^_`|~".contains(&byte)
    };
    (!entry.bytes().all(token)).then(|| "must be an HTTP method in upper case".to_owned())
}

fn path(entry: &str) -> Option<String> {
    if !entry.starts_with('/') {
        return Some("must start with /".to_owned());
    }
    let base = entry.strip_suffix("/*").unwrap_or(entry);
    if base.contains('*') {
        return Some("may have * only as a last segment of its own, as in /api/*".to_owned());
    }
    if base.is_empty() {
        return None;
    }
    match normalize_path(base) {
        Err(invalid) => Some(invalid.to_string()),
        Ok(normal) if normal == base && (base != "/" || base == entry) => None,
        Ok(normal) => Some(format!("must be in normal form, which is {normal:?}")),
    }
}
