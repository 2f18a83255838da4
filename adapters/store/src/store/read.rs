//! Reads configs: one, many at once, page by page.

use std::collections::HashSet;
use std::sync::atomic::Ordering;

use tollgate::{Status, TenantId};

use crate::error::StoreError;
use crate::store::database::{Dialect, Record, Statement};
use crate::store::page::{Filter, Listed, Page, Stored};
use crate::store::row::{self, Tenant};
use crate::store::{TenantStore, failed};

const READING: &str = "reading tenant configs";
const LISTING: &str = "listing tenants";

impl TenantStore {
    /// The tenant's config; `None` says for certain that there is no such tenant.
    ///
    /// # Complexity
    /// One query by the primary key.
    ///
    /// # Errors
    /// [`StoreError::BrokenRow`] if there is a row that is no config; or the database's failure.
    pub async fn get(&self, id: &TenantId) -> Result<Option<Stored>, StoreError> {
        let ids = std::slice::from_ref(id);
        let Some(listed) = self.load_all(ids).await?.pop() else {
            return Ok(None);
        };
        match listed.config {
            Ok(config) => Ok(Some(Stored {
                config,
                version: listed.version,
                created_at: listed.created_at,
                updated_at: listed.updated_at,
            })),
            Err(problem) => Err(StoreError::BrokenRow {
                tenant: listed.tenant,
                problem,
            }),
        }
    }

    /// The configs of these tenants, in one query. Who is missing from the answer is not in the table.
    ///
    /// A row that is no config is an item of its own and fails no other.
    ///
    /// # Errors
    /// The database's failure.
    pub async fn load_all(&self, ids: &[TenantId]) -> Result<Vec<Listed>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        // No id has a comma in it.
        let joined = ids
            .iter()
            .map(TenantId::as_str)
            .collect::<Vec<_>>()
            .join(",");
        let of_them = match self.dialect() {
            Dialect::Postgres => " WHERE id = ANY (string_to_array($1, ','))",
            Dialect::Sqlite => {
                " WHERE id IN (SELECT value FROM json_each('[\"' || replace($1, ',', '\",\"') || '\"]'))"
            }
        };
        let listed = self.bounded(READING, || async {
            let shape = self.shape(READING).await?;
            let text = row::select(shape, self.dialect()) + of_them;
            let statement = Statement::new(text).text(joined.as_str());
            let drawn = self.0.stamps.draw();
            let rows = self.0.database.rows(statement).await;
            let rows = rows.map_err(failed(READING))?;
            let rows = rows.iter().filter_map(|row| Some((Tenant::id(row)?, row)));
            Ok(rows
                .map(|(id, row)| self.listed(id, row, drawn))
                .collect::<Vec<_>>())
        });
        let mut listed = listed.await?;
        // A column that folds case finds more than what was asked for.
        if ids.len() == 1 {
            listed.retain(|found| ids.first() == Some(&found.tenant));
        } else {
            let asked: HashSet<&TenantId> = ids.iter().collect();
            listed.retain(|found| asked.contains(&found.tenant));
        }
        Ok(listed)
    }

    /// Tenants by the order of their ids' bytes, a page at a time.
    ///
    /// Pages that are read one after the other have everybody once who was there all the while, whatever is added or
    /// removed in between. A row that is no config is an item of its own; one whose id is no
    /// [`TenantId`] is left out, with a warning for the first of them.
    ///
    /// # Complexity
    /// A page is a range of an index in a migrated table. A plain one on PostgreSQL is sorted each time.
    ///
    /// # Errors
    /// The database's failure.
    pub async fn list(&self, filter: &Filter) -> Result<Page, StoreError> {
        let listing = self.bounded(LISTING, || async {
            let shape = self.shape(LISTING).await?;
            let drawn = self.0.stamps.draw();
            if !shape.migrated && filter.status == Some(Status::Suspended) {
                return Ok((Rows::default(), drawn));
            }
            let select = row::select(shape, self.dialect());
            let page = self.page(&select, filter, shape.migrated).await?;
            Ok((page, drawn))
        });
        let (page, drawn) = listing.await?;
        let last = page.rows.last().filter(|_| page.more);
        Ok(Page {
            next: last.map(|(id, _)| id.clone()),
            tenants: page
                .rows
                .into_iter()
                .map(|(id, row)| self.listed(id, &row, drawn))
                .collect(),
        })
    }

    /// Gathers a page of those whose ids are tenants', and tells whether there are more rows.
    async fn page(
        &self,
        select: &str,
        filter: &Filter,
        migrated: bool,
    ) -> Result<Rows, StoreError> {
        let most = usize::try_from(filter.most).unwrap_or(usize::MAX);
        let mut page = Rows::default();
        let mut after = filter.after.as_ref().map(|id| id.as_str().into());
        loop {
            let wanted = most - page.rows.len();
            let status = filter.status.filter(|_| migrated);
            let statement = range(self.dialect(), select, filter, status, after, wanted + 1);
            let rows = self.0.database.rows(statement).await;
            let mut rows = rows.map_err(failed(LISTING))?;
            page.more = rows.len() > wanted;
            rows.truncate(wanted);
            after = rows.last().and_then(Tenant::raw_id).map(<[u8]>::to_vec);
            for row in rows {
                match Tenant::id(&row) {
                    Some(id) => page.rows.push((id, row)),
                    None => self.warn_of(Tenant::raw_id(&row)),
                }
            }
            if !page.more || page.rows.len() == most {
                return Ok(page);
            }
        }
    }

    /// The next `most` ids after `after`.
    pub(super) async fn ids(
        &self,
        after: Option<&TenantId>,
        most: u32,
    ) -> Result<Vec<TenantId>, StoreError> {
        let filter = Filter {
            after: after.cloned(),
            ..Filter::default().most(most)
        };
        let page = self.bounded(LISTING, || async {
            self.page("SELECT CAST(id AS TEXT) FROM tenants", &filter, false)
                .await
        });
        let ids = page.await?.rows.into_iter();
        Ok(ids.map(|(id, _)| id).collect())
    }

    pub(super) fn listed(&self, id: TenantId, row: &Record, drawn: u64) -> Listed {
        let tenant = Tenant::read(&id, row);
        let stamped = || self.0.stamps.version(&id, row, drawn);
        Listed {
            version: tenant.version.unwrap_or_else(stamped),
            tenant: id,
            config: tenant.config,
            created_at: tenant.created_at,
            updated_at: tenant.updated_at,
        }
    }

    /// Says once that there is a row that will never be found.
    pub(super) fn warn_of(&self, id: Option<&[u8]>) {
        if !self.0.warned.swap(true, Ordering::Relaxed) {
            let id = String::from_utf8_lossy(id.unwrap_or_default());
            tracing::warn!(
                ?id,
                "table tenants: a row whose id is no tenant id is left out, as all such rows are"
            );
        }
    }
}

/// Rows whose ids are tenants'.
#[derive(Default)]
struct Rows {
    rows: Vec<(TenantId, Record)>,
    /// Whether there are further rows.
    more: bool,
}

/// A range of ids in the order of their bytes, whatever the collation of the column.
fn range(
    dialect: Dialect,
    select: &str,
    filter: &Filter,
    status: Option<Status>,
    after: Option<Vec<u8>>,
    most: usize,
) -> Statement {
    let after = after.unwrap_or_default();
    // In SQLite an id may be no UTF-8, and the page must go on after it all the same.
    let (id, beyond) = match dialect {
        Dialect::Sqlite => ("id COLLATE BINARY", "CAST($2 AS TEXT)"),
        Dialect::Postgres => ("id COLLATE \"C\"", "$2"),
    };
    let of_status = status.map_or("", |_| " AND status = $5");
    let text = format!(
        "{select} WHERE {id} >= $1 AND {id} > {beyond} AND {id} < $3{of_status} \
         ORDER BY {id} LIMIT $4"
    );
    let statement = Statement::new(text).text(filter.prefix.as_str());
    let statement = match dialect {
        Dialect::Sqlite => statement.bytes(after),
        Dialect::Postgres => statement.text(String::from_utf8_lossy(&after)),
    };
    let statement = statement
        .text(end_of(&filter.prefix))
        .int(i64::try_from(most).unwrap_or(i64::MAX));
    match status {
        Some(status) => statement.text(status.as_str()),
        None => statement,
    }
}

/// What in the order of bytes comes after every text that begins so.
fn end_of(prefix: &str) -> String {
    format!("{prefix}{}", char::MAX)
}
