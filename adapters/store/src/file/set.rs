//! The tenants of all files together: nobody twice, and every family fits.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

use tollgate::{ConfigError, TenantConfig, TenantId, TenantsConfig};

use crate::file::locate::{Spot, label};
use crate::file::problem::FileProblem;

/// The tenants of each file, in its order.
pub(crate) type Parts<'a> = BTreeMap<&'a Path, &'a [Arc<TenantConfig>]>;

/// Where things are, asked for only if there is a problem.
pub(crate) trait Where {
    /// The tenant at `index` of a file.
    fn tenant(&mut self, file: &Path, index: usize) -> Option<Spot>;
    /// The cause of an error in a file.
    fn error(&mut self, file: &Path, error: &ConfigError) -> Option<Spot>;
}

/// All tenants, parents before their children.
///
/// # Errors
/// Everything that is wrong between the tenants of the files.
pub(crate) fn assemble(
    parts: &Parts<'_>,
    places: &mut impl Where,
) -> Result<Vec<Arc<TenantConfig>>, Vec<FileProblem>> {
    let mut problems = Vec::new();
    let mut owners: HashMap<&TenantId, (&Path, usize)> = HashMap::new();
    let mut all: Vec<&Arc<TenantConfig>> = Vec::new();
    for (file, tenants) in parts {
        for (index, tenant) in tenants.iter().enumerate() {
            if let Some((first, place)) = owners.get(&tenant.tenant_id) {
                problems.push(twice(tenant, (file, index), (first, *place), places));
            } else {
                owners.insert(&tenant.tenant_id, (file, index));
                all.push(tenant);
            }
        }
    }
    let set = all.iter().map(|tenant| TenantConfig::clone(tenant));
    let set: TenantsConfig = set.collect();
    if let Err(errors) = set.compile() {
        let named = owners
            .iter()
            .map(|(id, (file, _))| (label(id.as_str()), *file));
        let files: HashMap<String, &Path> = named.collect();
        for error in &errors {
            // Every error of a set is some tenant's.
            let Some(file) = files.get(&error.tenant) else {
                continue;
            };
            let at = places.error(file, error);
            problems.push(FileProblem::of_config(file, at, error));
        }
    }
    if problems.is_empty() {
        Ok(parents_first(&all))
    } else {
        Err(problems)
    }
}

fn twice(
    tenant: &TenantConfig,
    (file, index): (&Path, usize),
    (first, place): (&Path, usize),
    places: &mut impl Where,
) -> FileProblem {
    let spot = places.tenant(first, place);
    let spot = spot.map_or_else(String::new, |at| format!(":{}:{}", at.line, at.column));
    let problem = format!("given more than once: {}{spot} has it too", first.display());
    FileProblem {
        tenant: tenant.tenant_id.to_string(),
        field: "tenant_id".to_owned(),
        value: format!("{:?}", tenant.tenant_id.as_str()),
        ..FileProblem::of_file(file, places.tenant(file, index), problem)
    }
}

/// In families that have been checked, so that every parent is there and nobody descends from itself.
fn parents_first(all: &[&Arc<TenantConfig>]) -> Vec<Arc<TenantConfig>> {
    let parents: HashMap<&TenantId, &TenantId> = all
        .iter()
        .filter_map(|tenant| Some((&tenant.tenant_id, tenant.parent.as_ref()?)))
        .collect();
    let depth = |tenant: &Arc<TenantConfig>| {
        std::iter::successors(tenant.parent.as_ref(), |id| parents.get(id).copied()).count()
    };
    let mut ordered: Vec<Arc<TenantConfig>> = all.iter().map(|tenant| Arc::clone(tenant)).collect();
    ordered.sort_by_cached_key(depth);
    ordered
}
