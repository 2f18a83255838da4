//! Resources in the database. No statement names a tenant: the handle does.

use sqlx::{Postgres, Sqlite};
use tollgate::TenantId;
use tollgate_db::DbError;

use super::{Paging, Resource, Status};
use crate::database::Database;

/// The texts of one database, in which values stand as it wants them.
trait Texts {
    const LIST: &'static str;
    const LIST_BY_STATUS: &'static str;
    const FIND: &'static str;
    const ADD: &'static str;
    const RELATED: &'static str;
    const RELATE: &'static str;
}

/// The same for both, but for the signs of the values.
macro_rules! texts {
    ($db:ty: $one:literal, $two:literal, $three:literal, $four:literal) => {
        impl Texts for $db {
            const LIST: &'static str = concat!(
                "SELECT id, name, status, created_at FROM resources WHERE id > ",
                $one,
                " ORDER BY id LIMIT ",
                $two
            );
            const LIST_BY_STATUS: &'static str = concat!(
                "SELECT id, name, status, created_at FROM resources WHERE status = ",
                $one,
                " AND id > ",
                $two,
                " ORDER BY id LIMIT ",
                $three
            );
            const FIND: &'static str = concat!(
                "SELECT id, name, status, created_at FROM resources WHERE id = ",
                $one
            );
            const ADD: &'static str = concat!(
                "INSERT INTO resources (id, name, status, created_at) VALUES (",
                $one,
                ", ",
                $two,
                ", ",
                $three,
                ", ",
                $four,
                ")"
            );
            const RELATED: &'static str = concat!(
                "SELECT related_id FROM relations WHERE resource_id = ",
                $one,
                " ORDER BY related_id"
            );
            const RELATE: &'static str = concat!(
                "INSERT INTO relations (resource_id, related_id) VALUES (",
                $one,
                ", ",
                $two,
                ")"
            );
        }
    };
}

texts!(Sqlite: "?1", "?2", "?3", "?4");
texts!(Postgres: "$1", "$2", "$3", "$4");

const COUNT: &str = "SELECT status, COUNT(*) FROM resources GROUP BY status ORDER BY status";

/// One block for both kinds of database: as text the same, to the compiler two.
macro_rules! on {
    ($database:expr, $tenant:expr, |$db:ident, $texts:ident| $act:expr) => {
        match $database {
            Database::Sqlite(access) => {
                type $texts = Sqlite;
                let $db = access.tenants.for_tenant($tenant);
                $act
            }
            Database::Postgres(access) => {
                type $texts = Postgres;
                let $db = access.tenants.for_tenant($tenant);
                $act
            }
        }
    };
}

type Row = (String, String, String, String);

impl From<Row> for Resource {
    fn from((id, name, status, created_at): Row) -> Self {
        Self {
            id,
            name,
            status,
            created_at,
            related: Vec::new(),
        }
    }
}

/// Why a resource was not added.
#[derive(Debug)]
pub(super) enum NotAdded {
    /// The tenant has no such resource to relate it to.
    NoSuchRelated(String),
    Database(DbError),
}

impl From<DbError> for NotAdded {
    fn from(error: DbError) -> Self {
        Self::Database(error)
    }
}

impl Database {
    /// A page of the tenant's resources, oldest first, and one more if there is one.
    pub(super) async fn list(
        &self,
        tenant: &impl AsRef<TenantId>,
        status: Option<Status>,
        paging: &Paging,
    ) -> Result<Vec<Resource>, DbError> {
        let after = paging.after.clone();
        let rows: Vec<Row> = on!(self, tenant, |db, Text| {
            let asked = match status {
                None => db.query_as(Text::LIST),
                Some(status) => db.query_as(Text::LIST_BY_STATUS).bind(status.as_str()),
            };
            asked.bind(after).bind(paging.ask_for()).fetch_all().await
        })?;
        Ok(rows.into_iter().map(Resource::from).collect())
    }

    pub(super) async fn find(
        &self,
        tenant: &impl AsRef<TenantId>,
        id: String,
    ) -> Result<Option<Resource>, DbError> {
        on!(self, tenant, |db, Text| {
            let row = db.query_as(Text::FIND).bind(id.clone());
            let row: Option<Row> = row.fetch_optional().await?;
            let Some(row) = row else {
                return Ok(None);
            };
            let related = db.query_scalar(Text::RELATED).bind(id).fetch_all().await?;
            Ok(Some(Resource {
                related,
                ..Resource::from(row)
            }))
        })
    }

    /// The resource and all of its relations, or nothing at all.
    pub(super) async fn add(
        &self,
        tenant: &impl AsRef<TenantId>,
        resource: &Resource,
    ) -> Result<(), NotAdded> {
        on!(self, tenant, |db, Text| {
            let mut tx = db.begin().await?;
            tx.query(Text::ADD)
                .bind(resource.id.clone())
                .bind(resource.name.clone())
                .bind(resource.status.clone())
                .bind(resource.created_at.clone())
                .execute()
                .await?;
            for other in &resource.related {
                let relation = tx.query(Text::RELATE).bind(resource.id.clone());
                let related = relation.bind(other.clone()).execute().await;
                // Whoever leaves here has dropped the transaction, and so rolled it back.
                related.map_err(|error| {
                    if error.is_foreign_key_violation() {
                        NotAdded::NoSuchRelated(other.clone())
                    } else {
                        NotAdded::Database(error)
                    }
                })?;
            }
            Ok(tx.commit().await?)
        })
    }

    /// How many resources the tenant has of each status.
    pub(crate) async fn count(
        &self,
        tenant: &impl AsRef<TenantId>,
    ) -> Result<Vec<(String, i64)>, DbError> {
        match self {
            Self::Sqlite(access) => {
                let db = access.tenants.for_tenant(tenant);
                db.query_as(COUNT).fetch_all().await
            }
            Self::Postgres(access) => {
                let db = access.tenants.for_tenant(tenant);
                db.query_as(COUNT).fetch_all().await
            }
        }
    }
}
