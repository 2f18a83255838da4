//! Tells at boot whether the second wall stands: the role, the tables, the policies, the views.

mod tables;
mod views;

use sqlx::postgres::PgRow;
use sqlx::{PgConnection, PgPool};

use super::gap::{Gap, Power, RlsGaps};
use crate::Schema;
use crate::look::Look;
use crate::row::row;

/// Why a check did not end well.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckError {
    /// Row-level security does not hold.
    #[error(transparent)]
    Gaps(#[from] RlsGaps),
    /// The database did not answer, or refused.
    #[error("row-level security could not be checked: the database failed")]
    Database(#[from] sqlx::Error),
}

/// Whether row-level security holds on every scoped table of `schema`, for the role that `pool` connects as.
///
/// Call it at boot, with the pool that serves tenants. It looks into
///
/// - **the role**, and every role that it can `SET ROLE` to: none may be a superuser, have BYPASSRLS or CREATEROLE, touch
///   the server's files, own a scoped table, or be allowed to TRUNCATE one;
/// - **the tables**, and partitions that can be reached on their own: row-level security enabled and forced, and both policies of
///   [`migration_sql`](super::migration_sql) just as the migration makes them. Other policies may stand beside them: they can
///   narrow what a tenant sees, not widen it;
/// - **the views** that the role can reach: none may read a scoped table with the rights of a role that no policy binds;
///   no materialised view may hold a copy of one;
/// - **the setting**: connections start without a tenant.
///
/// What it can't look into: functions. One that is SECURITY DEFINER and belongs to somebody whom no policy binds reads
/// what it likes. Don't declare such functions in the schema, and don't grant them to the role.
///
/// A handful of queries of the catalog, in one transaction that changes nothing. They take longer the more tables, policies
/// and views there are.
///
/// # Errors
/// Everything that is missing, at once; or what the driver said.
///
/// # Examples
/// ```no_run
/// # async fn boot() -> Result<(), Box<dyn std::error::Error>> {
/// use tollgate_db::{Schema, rls};
///
/// let pool = sqlx::PgPool::connect("postgres://app@localhost/service").await?;
/// let schema = Schema::new().scoped("resources").scoped_by("orders", "org_id");
/// rls::check(&pool, &schema).await?;
/// # Ok(())
/// # }
/// ```
pub async fn check(pool: &PgPool, schema: &Schema) -> Result<(), CheckError> {
    let mut look = Look::begin(pool).await?;
    let connection = look.connection();
    let mut gaps = preset(connection).await?;
    as_the_catalog_prints(connection).await?;
    gaps.extend(roles(connection).await?);
    let family = tables::family(connection, schema).await?;
    gaps.extend(tables::gaps(&family, schema));
    gaps.extend(views::gaps(connection, &family, schema).await?);
    look.end().await?;
    leave_out_what_follows(&mut gaps);
    if gaps.is_empty() {
        Ok(())
    } else {
        Err(RlsGaps(gaps).into())
    }
}

/// A superuser owns everything and reaches everything: that it is one says it all.
fn leave_out_what_follows(gaps: &mut Vec<Gap>) {
    let superuser = |gap: &Gap| {
        matches!(
            gap,
            Gap::Power {
                power: Power::Superuser,
                ..
            }
        )
    };
    if gaps.iter().any(superuser) {
        gaps.retain(|gap| {
            !matches!(
                gap,
                Gap::Owner { .. } | Gap::Truncate { .. } | Gap::View { .. } | Gap::Copy { .. }
            )
        });
    }
}

/// A tenant that connections start with.
async fn preset(connection: &mut PgConnection) -> Result<Vec<Gap>, sqlx::Error> {
    let value: Option<String> = sqlx::query_scalar("SELECT current_setting('app.tenant_id', true)")
        .persistent(false)
        .fetch_one(connection)
        .await?;
    Ok(value
        .filter(|value| !value.is_empty())
        .map(|value| Gap::Preset { value })
        .into_iter()
        .collect())
}

/// Has expressions printed the one way that this check compares them with, until the transaction ends.
async fn as_the_catalog_prints(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query(
        "SELECT set_config('search_path', 'pg_catalog', true), set_config('quote_all_identifiers', 'off', true)",
    )
    .persistent(false)
    .execute(connection)
    .await?;
    Ok(())
}

row! {
    PgRow =>
    struct Mighty {
        login: String,
        role: String,
        power: String,
    }
}

async fn roles(connection: &mut PgConnection) -> Result<Vec<Gap>, sqlx::Error> {
    let roles: Vec<Mighty> = sqlx::query_as(include_str!("roles.sql"))
        .persistent(false)
        .fetch_all(connection)
        .await?;
    Ok(roles.into_iter().map(too_mighty).collect())
}

fn too_mighty(role: Mighty) -> Gap {
    let power = match role.power.as_str() {
        "createrole" => Power::CreateRole,
        "files" => Power::ServerFiles,
        "bypassrls" => Power::BypassRls,
        _ => Power::Superuser,
    };
    Gap::Power {
        login: role.login,
        role: role.role,
        power,
    }
}
