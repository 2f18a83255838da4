//! What a config puts in each column, and what a table must be able to hold for that.

use tollgate::{Status, TenantConfig, TenantId};

use crate::error::StoreError;
use crate::store::row::{COLUMNS, width};
use crate::store::shape::Shape;

/// The cells that the table has columns for, if those are enough.
pub(crate) fn placed(
    config: &TenantConfig,
    shape: Shape,
) -> Result<Vec<(&'static str, Cell)>, StoreError> {
    let missing = without_a_place(config);
    if !shape.migrated && !missing.is_empty() {
        let (tenant, missing) = (&config.tenant_id, missing.join(", "));
        let what = format!("tenant {tenant}: {missing}");
        return Err(StoreError::NotMigrated { what });
    }
    let cells = cells(config).map_err(|error| StoreError::Database {
        doing: "writing a config as JSON",
        cause: sqlx::Error::Encode(error.into()),
    })?;
    let most = u64::try_from(shape.most).unwrap_or_default();
    let mut placed = Vec::new();
    for (column, cell) in COLUMNS.into_iter().zip(cells).take(width(shape)) {
        if let Cell::Number(value) = cell
            && value > most
        {
            let tenant = config.tenant_id.clone();
            return Err(StoreError::TooLarge {
                tenant,
                column,
                value,
                most,
            });
        }
        placed.push((column, cell));
    }
    Ok(placed)
}

/// What each of [`COLUMNS`] holds for this config. Lists and maps are written even if they are empty: other programs
/// may not be ready for NULL.
fn cells(config: &TenantConfig) -> Result<[Cell; 11], serde_json::Error> {
    let (quota, policy) = (&config.quota, &config.policy);
    let text = |json: serde_json::Result<String>| json.map(|json| Cell::Text(Some(json)));
    Ok([
        Cell::Number(quota.requests_per_minute),
        Cell::Number(quota.tokens_per_minute),
        text(serde_json::to_string(&policy.allowed_models))?,
        text(serde_json::to_string(&policy.allowed_tools))?,
        text(serde_json::to_string(&config.metadata))?,
        text(serde_json::to_string(&quota.limits))?,
        text(serde_json::to_string(&policy.allowed_methods))?,
        text(serde_json::to_string(&policy.allowed_paths))?,
        text(serde_json::to_string(&policy.features))?,
        Cell::Text(config.parent.as_ref().map(TenantId::to_string)),
        Cell::Text(Some(config.status.as_str().to_owned())),
    ])
}

/// What a column is given.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Cell {
    Number(u64),
    Text(Option<String>),
}

/// What of a config a table without our columns has no place for.
fn without_a_place(config: &TenantConfig) -> Vec<&'static str> {
    let (quota, policy) = (&config.quota, &config.policy);
    let used = [
        ("quota.limits", !quota.limits.is_empty()),
        ("parent", config.parent.is_some()),
        ("status", config.status != Status::Active),
        ("policy.allowed_methods", !policy.allowed_methods.is_empty()),
        ("policy.allowed_paths", !policy.allowed_paths.is_empty()),
        ("policy.features", !policy.features.is_empty()),
    ];
    let used = used.into_iter().filter(|(_, used)| *used);
    used.map(|(name, _)| name).collect()
}
