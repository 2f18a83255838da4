//! Tenants files, and configs within a log: read whole, refused with every problem at once.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::Path;

use serde_json::value::RawValue;
use tollgate::{RawTenant, RawTenants, TenantsConfig};

use crate::problem::Problem;

/// The tenants of a file: JSON if it begins with a brace, which TOML never does; else TOML.
pub(crate) fn read(path: &Path) -> Result<TenantsConfig, Problem> {
    let problem = |problem: &dyn fmt::Display| Problem::of_file(path, problem);
    let text = fs::read_to_string(path).map_err(|error| problem(&error))?;
    let raw: RawTenants = if text.trim_start().starts_with('{') {
        serde_json::from_str(&text).map_err(|error| problem(&error))?
    } else {
        toml::from_str(&text).map_err(|error| problem(&error))?
    };
    raw.validate().map_err(|errors| problem(&errors))
}

/// The tenants of a `config` in a log: a tenants file in JSON, or one tenant's config.
pub(crate) fn inline(text: &str) -> Result<TenantsConfig, String> {
    let keys: Result<BTreeMap<String, &RawValue>, _> = serde_json::from_str(text);
    if keys.is_ok_and(|keys| keys.contains_key("tenant_id")) {
        let raw: RawTenant = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let tenant = raw.validate().map_err(|errors| errors.to_string())?;
        return Ok(TenantsConfig::from_iter([tenant]));
    }
    let raw: RawTenants = serde_json::from_str(text).map_err(|error| error.to_string())?;
    raw.validate().map_err(|errors| errors.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_config_in_a_log_is_a_file_or_one_tenant() {
        let one = r#"{"tenant_id": "acme", "quota": {"requests_per_minute": 1}}"#;
        let file = format!(r#"{{"tenants": [{one}]}}"#);
        assert_eq!(inline(one).unwrap(), inline(&file).unwrap());
    }

    #[test]
    fn neither_is_told_so() {
        for (text, problem) in [
            ("7", "config 7"),
            ("{}", "tenants: must be given"),
            (r#"{"tenant_id": "a", "quotas": 1}"#, "quotas"),
            (r#"{"tenants": [{"tenant_id": "a b"}]}"#, "a b"),
        ] {
            let problems = inline(text).unwrap_err();
            assert!(problems.contains(problem), "{problems}");
        }
    }
}
