//! Tenants held in memory: no times, and no history.

use std::future::ready;

use tollgate::{InMemorySource, SetError, TenantConfig, TenantId, Versioned};

use super::{Answer, ConfigsError, Entry, Filter, Page, SourceHealth, TenantConfigs};

/// Tenants that are looked at in one go, under the source's lock, while a page is filled.
const CHUNK: usize = 1_000;

impl TenantConfigs for InMemorySource {
    fn get<'a>(&'a self, id: &'a TenantId) -> Answer<'a, Option<Entry>> {
        Box::pin(ready(Ok(self.versioned(id).as_ref().map(entry))))
    }

    fn list<'a>(&'a self, filter: &'a Filter) -> Answer<'a, Page> {
        Box::pin(ready(Ok(list(self, filter))))
    }

    fn set_if<'a>(
        &'a self,
        config: &'a TenantConfig,
        expected: Option<u64>,
        _who: &'a str,
    ) -> Answer<'a, u64> {
        let set = Self::set_if(self, config.clone(), expected);
        Box::pin(ready(set.map_err(refused)))
    }

    fn delete_if<'a>(&'a self, id: &'a TenantId, version: u64, _who: &'a str) -> Answer<'a, u64> {
        let removed = self.remove_if(id, version);
        Box::pin(ready(removed.map_err(|conflict| ConfigsError::Conflict {
            actual: conflict.actual,
        })))
    }

    fn health(&self) -> SourceHealth {
        SourceHealth {
            kind: "memory".to_owned(),
            ..SourceHealth::default()
        }
    }
}

fn list(source: &InMemorySource, filter: &Filter) -> Page {
    let most = usize::try_from(filter.most.clamp(1, Filter::MOST)).unwrap_or(CHUNK);
    let mut tenants = Vec::new();
    let mut after = filter.after.clone();
    loop {
        let chunk = source.page(&filter.prefix, after.as_ref(), CHUNK);
        after = chunk.last().map(|found| found.config.tenant_id.clone());
        let whole = chunk.len() < CHUNK;
        let fits = |found: &&Versioned| filter.status.is_none_or(|it| it == found.config.status);
        tenants.extend(chunk.iter().filter(fits).map(entry));
        // One more than fits says that there is a next page.
        if whole || tenants.len() > most {
            break;
        }
    }
    let more = tenants.len() > most;
    tenants.truncate(most);
    let last = tenants.last().filter(|_| more);
    Page {
        next: last.map(|last| last.tenant.clone()),
        tenants,
    }
}

fn entry(found: &Versioned) -> Entry {
    let config = TenantConfig::clone(&found.config);
    Entry {
        tenant: config.tenant_id.clone(),
        config: Ok(config),
        version: found.version,
        created_at: None,
        updated_at: None,
    }
}

fn refused(error: SetError) -> ConfigsError {
    match error {
        SetError::InvalidConfig(problems) => ConfigsError::Invalid(problems),
        SetError::Conflict(conflict) => ConfigsError::Conflict {
            actual: conflict.actual,
        },
        other => ConfigsError::NoPlace(other.to_string()),
    }
}
