//! Tenants in SQLite or PostgreSQL, with their times and their history.

use std::collections::BTreeMap;

use serde_json::json;
use tollgate::{TenantConfig, TenantId};
use tollgate_store::{
    By, Dialect, Expected, FeedMode, Listed, Snapshot, SqlSource, StoreError, Stored,
};

use super::{
    Answer, ConfigsError, Entry, Filter, History, Page, Revision, SourceHealth, TenantConfigs,
};

impl TenantConfigs for SqlSource {
    fn get<'a>(&'a self, id: &'a TenantId) -> Answer<'a, Option<Entry>> {
        Box::pin(async {
            match Self::get(self, id).await {
                Ok(found) => Ok(found.map(stored)),
                // A row that can't be read can still be replaced or removed, and for that its version is needed.
                Err(StoreError::BrokenRow { .. }) => broken(self, id).await,
                Err(error) => Err(failed(error)),
            }
        })
    }

    fn list<'a>(&'a self, filter: &'a Filter) -> Answer<'a, Page> {
        Box::pin(async {
            let mut wanted = tollgate_store::Filter::default()
                .prefix(filter.prefix.as_str())
                .most(filter.most);
            if let Some(status) = filter.status {
                wanted = wanted.status(status);
            }
            if let Some(after) = &filter.after {
                wanted = wanted.after(after.clone());
            }
            let page = Self::list(self, &wanted).await.map_err(failed)?;
            Ok(Page {
                tenants: page.tenants.into_iter().map(listed).collect(),
                next: page.next,
            })
        })
    }

    fn set_if<'a>(
        &'a self,
        config: &'a TenantConfig,
        expected: Option<u64>,
        who: &'a str,
    ) -> Answer<'a, u64> {
        let expected = expected.map_or(Expected::Absent, Expected::Version);
        Box::pin(async move {
            let set = Self::set_if(self, config, expected, &By::new(who)).await;
            set.map_err(failed)
        })
    }

    fn delete_if<'a>(&'a self, id: &'a TenantId, version: u64, who: &'a str) -> Answer<'a, u64> {
        Box::pin(async move {
            let removed = Self::delete_if(self, id, version, &By::new(who)).await;
            removed.map_err(failed)
        })
    }

    fn history<'a>(
        &'a self,
        id: &'a TenantId,
        before: Option<u64>,
        most: u32,
    ) -> Answer<'a, Option<History>> {
        Box::pin(async move {
            match Self::history(self, id, before, most).await {
                Ok(history) => Ok(Some(History {
                    revisions: history.revisions.into_iter().map(revision).collect(),
                    next: history.next,
                })),
                Err(StoreError::NotMigrated { .. }) => Ok(None),
                Err(error) => Err(failed(error)),
            }
        })
    }

    fn health(&self) -> SourceHealth {
        let health = Self::health(self);
        let kind = match self.store().dialect() {
            Dialect::Sqlite => "sqlite",
            Dialect::Postgres => "postgres",
            _ => "sql",
        };
        let down = health
            .down
            .as_ref()
            .map(|down| format!("no answer for {:?}: {}", down.lasting, down.cause));
        let lost = (health.feed == FeedMode::Lost)
            .then(|| "changes that others make are not heard of".to_owned());
        let feed = match health.feed {
            FeedMode::Listening => "listening",
            FeedMode::Polling => "polling",
            FeedMode::Lost => "lost",
            other => return unknown_feed(kind, &format!("{other:?}")),
        };
        let figures = [
            ("feed", json!(feed)),
            ("feed_for_seconds", json!(health.feed_for.as_secs())),
            (
                "behind_seconds",
                json!(health.behind.map(|behind| behind.as_secs_f64())),
            ),
            ("cached", json!(health.cached)),
            ("unknown", json!(health.unknown)),
            ("roster", json!(health.roster)),
            ("stale_served", json!(health.stale_served)),
            ("queries", json!(health.queries)),
        ];
        SourceHealth {
            kind: kind.to_owned(),
            problem: down.or(lost),
            broken: health.broken,
            figures: figures
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
        }
    }
}

fn unknown_feed(kind: &str, feed: &str) -> SourceHealth {
    SourceHealth {
        kind: kind.to_owned(),
        figures: BTreeMap::from([("feed".to_owned(), json!(feed))]),
        ..SourceHealth::default()
    }
}

/// A row that is no config, as the list has it: the first of those whose ids begin with this one.
async fn broken(source: &SqlSource, id: &TenantId) -> Result<Option<Entry>, ConfigsError> {
    let alike = tollgate_store::Filter::default()
        .prefix(id.as_str())
        .most(1);
    let page = source.list(&alike).await.map_err(failed)?;
    let found = page.tenants.into_iter().next().map(listed);
    Ok(found.filter(|entry| entry.tenant == *id))
}

fn stored(stored: Stored) -> Entry {
    Entry {
        tenant: stored.config.tenant_id.clone(),
        config: Ok(stored.config),
        version: stored.version,
        created_at: stored.created_at,
        updated_at: stored.updated_at,
    }
}

fn listed(listed: Listed) -> Entry {
    Entry {
        tenant: listed.tenant,
        config: listed.config,
        version: listed.version,
        created_at: listed.created_at,
        updated_at: listed.updated_at,
    }
}

fn revision(revision: tollgate_store::Revision) -> Revision {
    let config = |snapshot: Snapshot| snapshot.config;
    Revision {
        version: revision.version,
        at: revision.at,
        by: revision.by.map(|by| by.as_str().to_owned()),
        before: revision.before.map(config),
        after: revision.after.map(config),
    }
}

fn failed(error: StoreError) -> ConfigsError {
    match error {
        StoreError::Conflict { actual, .. } => ConfigsError::Conflict { actual },
        StoreError::InvalidConfig { problems, .. } => ConfigsError::Invalid(problems),
        StoreError::TooLarge { .. } | StoreError::NotMigrated { .. } => {
            ConfigsError::NoPlace(error.to_string())
        }
        StoreError::Database { .. }
        | StoreError::TimedOut { .. }
        | StoreError::BrokenRow { .. }
        | StoreError::NoTable
        | StoreError::NoColumn { .. }
        | StoreError::Migration { .. }
        | StoreError::ColumnsLost
        | StoreError::Url { .. }
        | _ => ConfigsError::Unavailable {
            message: error.to_string(),
            retry_after: None,
        },
    }
}
