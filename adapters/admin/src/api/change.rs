//! Changes of tenants: each is judged as the engine will judge it, and written on a condition, so that nothing that
//! somebody else has written meanwhile is lost.

use http::StatusCode;
use tollgate::{ConfigErrors, LookupError, TenantConfig, TenantId};

use super::etag::Conditions;
use crate::admin::Core;
use crate::configs::{ConfigsError, Entry};
use crate::guard::Who;
use crate::problem::Problem;

/// Attempts to change a tenant that others change at the same time.
const ATTEMPTS: usize = 64;

/// What was written.
#[derive(Debug)]
pub(crate) struct Written {
    /// The version before; `None`: there was no such tenant.
    pub(crate) before: Option<u64>,
    pub(crate) entry: Entry,
}

impl Core {
    /// The tenant as its source has it now.
    pub(super) async fn entry(&self, id: &TenantId) -> Result<Entry, Problem> {
        let found = self.configs.get(id).await?;
        found.ok_or_else(|| Problem::not_found(format!("there is no tenant {id}")))
    }

    /// Adds a tenant that is not there yet.
    pub(super) async fn create(
        &self,
        config: &TenantConfig,
        who: &Who,
    ) -> Result<Written, Problem> {
        self.vet(config).await?;
        let id = &config.tenant_id;
        match self.configs.set_if(config, None, &who.name).await {
            Ok(version) => Ok(self.written(config, None, version).await),
            Err(ConfigsError::Conflict { .. }) => {
                let detail = format!("there is a tenant {id} already");
                Err(Problem::new(StatusCode::CONFLICT, "exists", detail))
            }
            Err(error) => Err(refused(error, config)),
        }
    }

    /// Adds the tenant, or replaces all of its config.
    pub(super) async fn replace(
        &self,
        config: &TenantConfig,
        conditions: &Conditions,
        who: &Who,
    ) -> Result<Written, Problem> {
        for _ in 0..ATTEMPTS {
            let found = self.configs.get(&config.tenant_id).await?;
            let version = found.map(|entry| entry.version);
            conditions.allow(version)?;
            if version.is_some() && !conditions.names_a_version() {
                let detail = "the tenant exists: say with If-Match which version is to be replaced, or * for any";
                let status = StatusCode::PRECONDITION_REQUIRED;
                return Err(Problem::new(status, "precondition-required", detail));
            }
            self.vet(config).await?;
            match self.configs.set_if(config, version, &who.name).await {
                Ok(now) => return Ok(self.written(config, version, now).await),
                Err(ConfigsError::Conflict { .. }) => {}
                Err(error) => return Err(refused(error, config)),
            }
        }
        Err(outrun())
    }

    /// Changes the tenant's config, again on top of what others have written if they were quicker.
    pub(super) async fn change(
        &self,
        id: &TenantId,
        conditions: &Conditions,
        who: &Who,
        change: impl Fn(&TenantConfig) -> Result<TenantConfig, Problem>,
    ) -> Result<Written, Problem> {
        for _ in 0..ATTEMPTS {
            let found = self.entry(id).await?;
            conditions.allow(Some(found.version))?;
            let known = found.config.as_ref().map_err(broken)?;
            let config = change(known)?;
            if config == *known {
                // Nothing to write; a version is for a change.
                return Ok(Written {
                    before: Some(found.version),
                    entry: found,
                });
            }
            self.vet(&config).await?;
            let before = Some(found.version);
            match self.configs.set_if(&config, before, &who.name).await {
                Ok(now) => return Ok(self.written(&config, before, now).await),
                Err(ConfigsError::Conflict { .. }) => {}
                Err(error) => return Err(refused(error, &config)),
            }
        }
        Err(outrun())
    }

    /// Removes the tenant; gives the version that it had, and that of its removal.
    pub(super) async fn remove(
        &self,
        id: &TenantId,
        conditions: &Conditions,
        who: &Who,
    ) -> Result<(u64, u64), Problem> {
        for _ in 0..ATTEMPTS {
            let found = self.entry(id).await?;
            conditions.allow(Some(found.version))?;
            match self.configs.delete_if(id, found.version, &who.name).await {
                Ok(now) => return Ok((found.version, now)),
                Err(ConfigsError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(outrun())
    }

    /// What was written, with the times that the source has put on it.
    async fn written(&self, config: &TenantConfig, before: Option<u64>, version: u64) -> Written {
        let found = self.configs.get(&config.tenant_id).await.ok().flatten();
        // By now it may be somebody else's: then the times are not known.
        let entry = found.filter(|entry| entry.version == version);
        let entry = entry.unwrap_or_else(|| Entry {
            tenant: config.tenant_id.clone(),
            config: Ok(config.clone()),
            version,
            created_at: None,
            updated_at: None,
        });
        Written { before, entry }
    }

    /// Whether the engine will put the config in force.
    async fn vet(&self, config: &TenantConfig) -> Result<(), Problem> {
        let wrong = |problems: ConfigErrors| Problem::config(&problems, Some(config));
        config.compile().map_err(wrong)?;
        let parent = match &config.parent {
            None => None,
            Some(parent) => Some(match self.engine.tenant(parent).await {
                Ok(found) => found,
                Err(LookupError::NotFound(_)) => {
                    let detail = "there is no such tenant";
                    return Err(Problem::invalid_field("parent", parent.as_str(), detail));
                }
                Err(error) => return Err(error.into()),
            }),
        };
        self.engine.vet(config, parent.as_ref()).map_err(wrong)
    }
}

/// The source's problems with a config name its limits, and clients want their places.
fn refused(error: ConfigsError, config: &TenantConfig) -> Problem {
    if let ConfigsError::Invalid(problems) = &error {
        return Problem::config(problems, Some(config));
    }
    error.into()
}

/// What is in the source is no config, so no part of it can be changed.
pub(super) fn broken(problem: &String) -> Problem {
    let detail =
        format!("what is stored is no config, and can only be replaced or removed: {problem}");
    Problem::new(StatusCode::CONFLICT, "broken-config", detail)
}

fn outrun() -> Problem {
    Problem::unavailable("others change the tenant again and again", None)
}
