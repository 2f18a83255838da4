//! Writes configs: each write is one transaction, and says which version it made.

use tollgate::{TenantConfig, TenantId};

use crate::error::StoreError;
use crate::store::cells::{Cell, placed};
use crate::store::database::{Dialect, Session, Statement, Work};
use crate::store::shape::Shape;
use crate::store::terms::{By, Expected};
use crate::store::{TenantStore, failed};

const SETTING: &str = "setting a tenant's config";
const DELETING: &str = "deleting a tenant";

impl TenantStore {
    /// Adds the tenant, or replaces its config whatever it is; gives the new version.
    ///
    /// In a plain table nobody learns who made the change.
    ///
    /// # Complexity
    /// One transaction of up to five questions. It waits for others who write the same tenant, and on SQLite for all
    /// who write.
    ///
    /// # Errors
    /// [`StoreError::InvalidConfig`] with all problems, [`StoreError::NotMigrated`] for a config that a plain table has
    /// no place for; or the database's failure. Whether the config goes with its parent's is not looked at.
    pub async fn set(&self, config: &TenantConfig, by: &By) -> Result<u64, StoreError> {
        self.write(config, None, by).await
    }

    /// Adds the tenant, or replaces its config, if it is as expected; gives the new version.
    ///
    /// Of any number of calls that expect the same, one succeeds.
    ///
    /// # Errors
    /// As [`set`](Self::set), and [`StoreError::Conflict`]. A plain table has no versions to expect.
    pub async fn set_if(
        &self,
        config: &TenantConfig,
        expected: Expected,
        by: &By,
    ) -> Result<u64, StoreError> {
        self.write(config, Some(expected), by).await
    }

    /// Removes the tenant; gives the version of the removal, or `None` if there was no such tenant.
    ///
    /// # Errors
    /// The database's failure.
    pub async fn delete(&self, id: &TenantId, by: &By) -> Result<Option<u64>, StoreError> {
        self.bounded(DELETING, || async {
            let shape = self.shape(DELETING).await?;
            self.remove(shape, id, None, by).await
        })
        .await
    }

    /// Removes the tenant if it is at this version; gives the version of the removal.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if it is at another, or not there; or the database's failure.
    pub async fn delete_if(&self, id: &TenantId, version: u64, by: &By) -> Result<u64, StoreError> {
        self.bounded(DELETING, || async {
            let shape = self.migrated(DELETING, "an expected version").await?;
            let removed = self.remove(shape, id, Some(version), by).await?;
            removed.ok_or_else(|| StoreError::Conflict {
                tenant: id.clone(),
                expected: Some(version),
                actual: None,
            })
        })
        .await
    }

    async fn write(
        &self,
        config: &TenantConfig,
        expected: Option<Expected>,
        by: &By,
    ) -> Result<u64, StoreError> {
        config
            .compile()
            .map_err(|problems| StoreError::InvalidConfig {
                tenant: config.tenant_id.clone(),
                problems,
            })?;
        self.bounded(SETTING, || async {
            let shape = match expected {
                Some(Expected::Version(_)) => self.migrated(SETTING, "an expected version").await?,
                Some(Expected::Absent) | None => self.shape(SETTING).await?,
            };
            let cells = placed(config, shape)?;
            let mut session = self.session(SETTING).await?;
            let mut work = self.begin(&mut session, shape, by, SETTING).await?;
            let statement = upsert(&config.tenant_id, cells, expected, self.now(shape));
            let written = work.write(statement).await.map_err(failed(SETTING))?;
            let version = version(&mut work, shape, &config.tenant_id, SETTING).await?;
            if let (0, Some(expected)) = (written, expected) {
                work.undo().await.map_err(failed(SETTING))?;
                return Err(StoreError::Conflict {
                    tenant: config.tenant_id.clone(),
                    expected: expected.version(),
                    actual: version.map(|version| self.or_drawn(shape, version)),
                });
            }
            self.finish(work, shape, version, by, SETTING).await
        })
        .await
    }

    async fn remove(
        &self,
        shape: Shape,
        id: &TenantId,
        expected: Option<u64>,
        by: &By,
    ) -> Result<Option<u64>, StoreError> {
        let mut session = self.session(DELETING).await?;
        let mut work = self.begin(&mut session, shape, by, DELETING).await?;
        let statement = match expected {
            None => Statement::new("DELETE FROM tenants WHERE id = $1").text(id.as_str()),
            Some(version) => Statement::new("DELETE FROM tenants WHERE id = $1 AND version = $2")
                .text(id.as_str())
                .int(number(version)),
        };
        if work.write(statement).await.map_err(failed(DELETING))? == 0 {
            let actual = version(&mut work, shape, id, DELETING).await?;
            work.undo().await.map_err(failed(DELETING))?;
            return match actual {
                Some(_) if expected.is_some() => Err(StoreError::Conflict {
                    tenant: id.clone(),
                    expected,
                    actual,
                }),
                Some(_) | None => Ok(None),
            };
        }
        let removal = if shape.migrated {
            let last = "SELECT CAST(max(version) AS TEXT) FROM tenant_changes WHERE tenant_id = $1";
            let rows = work.rows(Statement::new(last).text(id.as_str())).await;
            let rows = rows.map_err(failed(DELETING))?;
            rows.first().and_then(|row| row.number(0))
        } else {
            None
        };
        self.finish(work, shape, removal, by, DELETING)
            .await
            .map(Some)
    }

    /// The time in UTC, as the columns have it.
    fn now(&self, shape: Shape) -> &'static str {
        match self.dialect() {
            Dialect::Sqlite => "strftime('%Y-%m-%d %H:%M:%f', 'now')",
            Dialect::Postgres if shape.zoned => "now()",
            Dialect::Postgres => "(now() AT TIME ZONE 'UTC')",
        }
    }

    async fn session(&self, doing: &'static str) -> Result<Session, StoreError> {
        self.0.database.session().await.map_err(failed(doing))
    }

    /// Begins, and tells PostgreSQL's triggers who it is.
    async fn begin<'s>(
        &self,
        session: &'s mut Session,
        shape: Shape,
        by: &By,
        doing: &'static str,
    ) -> Result<Work<'s>, StoreError> {
        let mut work = session.begin().await.map_err(failed(doing))?;
        if shape.migrated && self.dialect() == Dialect::Postgres {
            let who = "SELECT set_config('tollgate.who', $1, true)";
            let who = work.rows(Statement::new(who).text(by.as_str())).await;
            who.map_err(failed(doing))?;
        }
        Ok(work)
    }

    /// Commits the change that made `version`, and gives that or, in a plain table, a fresh one.
    async fn finish(
        &self,
        mut work: Work<'_>,
        shape: Shape,
        version: Option<u64>,
        by: &By,
        doing: &'static str,
    ) -> Result<u64, StoreError> {
        if let (Dialect::Sqlite, true, Some(version)) = (self.dialect(), shape.migrated, version) {
            let who = "UPDATE tenant_changes SET who = nullif($1, '') WHERE version = $2";
            let who = Statement::new(who).text(by.as_str()).int(number(version));
            work.write(who).await.map_err(failed(doing))?;
        }
        work.commit().await.map_err(failed(doing))?;
        Ok(self.or_drawn(shape, version.unwrap_or_default()))
    }

    /// The version; a fresh one in a plain table.
    fn or_drawn(&self, shape: Shape, version: u64) -> u64 {
        if shape.migrated {
            version
        } else {
            self.0.stamps.draw()
        }
    }
}

/// The version of the tenant as the transaction sees it, and 0 in a plain table; `None` if there is no such tenant.
async fn version(
    work: &mut Work<'_>,
    shape: Shape,
    id: &TenantId,
    doing: &'static str,
) -> Result<Option<u64>, StoreError> {
    let text = if shape.migrated {
        "SELECT CAST(version AS TEXT) FROM tenants WHERE id = $1"
    } else {
        "SELECT '0' FROM tenants WHERE id = $1"
    };
    let rows = work.rows(Statement::new(text).text(id.as_str())).await;
    let rows = rows.map_err(failed(doing))?;
    Ok(rows.first().and_then(|row| row.number(0)))
}

/// Writes a row that is as expected, or none.
fn upsert(
    id: &TenantId,
    cells: Vec<(&'static str, Cell)>,
    expected: Option<Expected>,
    now: &str,
) -> Statement {
    let names: Vec<&str> = cells.iter().map(|(column, _)| *column).collect();
    let places: Vec<String> = (2..names.len() + 2).map(|at| format!("${at}")).collect();
    let assigned: Vec<String> = names
        .iter()
        .zip(&places)
        .map(|(name, place)| format!("{name} = {place}"))
        .collect();
    let (names, places, assigned) = (names.join(", "), places.join(", "), assigned.join(", "));
    let insert = format!(
        "INSERT INTO tenants (id, {names}, created_at, updated_at) \
         VALUES ($1, {places}, {now}, {now})"
    );
    let expects_version = format!(" WHERE id = $1 AND version = ${}", cells.len() + 2);
    let text = match expected {
        None => format!(
            "{insert} ON CONFLICT (id) DO UPDATE SET {assigned}, updated_at = excluded.updated_at"
        ),
        Some(Expected::Absent) => format!("{insert} ON CONFLICT (id) DO NOTHING"),
        Some(Expected::Version(_)) => {
            format!("UPDATE tenants SET {assigned}, updated_at = {now}{expects_version}")
        }
    };
    let mut statement = Statement::new(text).text(id.as_str());
    for (_, cell) in cells {
        statement = match cell {
            Cell::Number(value) => statement.int(number(value)),
            Cell::Text(text) => statement.maybe(text),
        };
    }
    match expected {
        Some(Expected::Version(version)) => statement.int(number(version)),
        Some(Expected::Absent) | None => statement,
    }
}

/// Numbers that are beyond a column were refused before; a version beyond is nobody's.
fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
