//! Reads the tenants file.

use tollgate::{InMemorySource, RawTenants};

/// A source of the tenants that a file in JSON has.
///
/// # Errors
/// Everything that is wrong with it.
pub(crate) fn from_json(text: &str) -> Result<InMemorySource, String> {
    let raw: RawTenants = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let file = raw.validate().map_err(|errors| errors.to_string())?;
    // Checked together: a parent must be among them.
    file.compile().map_err(|errors| errors.to_string())?;
    let source = InMemorySource::new();
    for tenant in file.tenants {
        source.set(tenant).map_err(|errors| errors.to_string())?;
    }
    Ok(source)
}
