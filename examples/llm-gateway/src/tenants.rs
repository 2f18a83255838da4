//! Reads the tenants file.

use tollgate::{InMemorySource, RawTenants};

/// A source of the tenants that a file in JSON has.
///
/// # Errors
/// Everything that is wrong with it.
pub(crate) fn from_json(text: &str) -> Result<InMemorySource, String> {
    let raw: RawTenants = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let file = raw.validate().map_err(|errors| errors.to_string())?;
    if file.tenants.is_empty() {
        return Err("tenants: must have at least one".to_owned());
    }
    // Checked together: a parent must be among them.
    file.compile().map_err(|errors| errors.to_string())?;
    let source = InMemorySource::new();
    for tenant in file.tenants {
        source.set(tenant).map_err(|errors| errors.to_string())?;
    }
    Ok(source)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::ApiKeys;

    #[test]
    fn the_files_in_the_readme_are_good() {
        let readme = include_str!("../README.md");
        let blocks = readme.split("```json\n").skip(1);
        let blocks: Vec<_> = blocks
            .map(|block| block.split("```").next().unwrap())
            .collect();
        let [tenants, keys] = blocks[..] else {
            panic!("there are {} blocks", blocks.len())
        };
        assert_eq!(from_json(tenants).unwrap().ids().len(), 1);
        let keys = ApiKeys::from_json(keys).unwrap();
        assert_eq!(keys.tenant("sk-1").unwrap().as_str(), "acme");
    }

    #[test]
    fn the_demo_s_tenants_are_good() {
        let source = from_json(include_str!("demo/tenants.json")).unwrap();
        assert_eq!(source.ids().len(), 4);
    }

    #[test]
    fn every_problem_of_a_file_is_told() {
        let two =
            r#"{"tenants": [{"tenant_id": "a b"}, {"tenant_id": "c", "quota": {"requests": 1}}]}"#;
        let problems = from_json(two).unwrap_err();
        assert!(
            problems.contains("a b") && problems.contains("requests"),
            "{problems}"
        );
    }
}
