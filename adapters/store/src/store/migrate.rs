//! Brings a database to what this crate needs, once, whoever asks and how many do.

use std::time::Duration;

use crate::error::{StoreError, is_contention};
use crate::store::TenantStore;
use crate::store::database::{Database, Dialect, Statement, Work};

/// How long all of it may take; a large table may have to be written anew.
const LIMIT: Duration = Duration::from_secs(60);
/// Between two attempts, if others are in the way.
const PAUSE: Duration = Duration::from_millis(20);
const MIGRATING: &str = "migrating";

/// One step, that is done once and never changes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Migration {
    /// Its key in the table `tollgate_migrations`.
    pub(crate) name: &'static str,
    pub(crate) sqlite: &'static str,
    pub(crate) postgres: &'static str,
}

impl Migration {
    fn text(&self, dialect: Dialect) -> &'static str {
        match dialect {
            Dialect::Sqlite => self.sqlite,
            Dialect::Postgres => self.postgres,
        }
    }
}

/// The table of tenants, its versions and its history; then who of them is busiest.
const TENANTS: [Migration; 2] = [
    Migration {
        name: "tenants-1",
        sqlite: include_str!("migrations/tenants.sqlite.sql"),
        postgres: include_str!("migrations/tenants.postgres.sql"),
    },
    Migration {
        name: "busiest-1",
        sqlite: include_str!("migrations/busiest.sqlite.sql"),
        postgres: include_str!("migrations/busiest.postgres.sql"),
    },
];

const DONE_TABLE: &str = "CREATE TABLE IF NOT EXISTS tollgate_migrations \
    (name VARCHAR(64) PRIMARY KEY, applied_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP)";

/// All that follows belongs to the schema that the table is in, or will be; functions that are made keep this path.
const POSTGRES_PATH: &str = "SELECT set_config('search_path', quote_ident(coalesce( \
        (SELECT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
          WHERE c.oid = to_regclass('tenants')), current_schema())::text) || ', pg_temp', true);";

/// No two migrate at once: a number of our own, and a bound on how long others are made to wait behind our
/// wait for a table that is in use. The server's bound on statements is meant for others than these.
const POSTGRES_START: &str = "SET LOCAL lock_timeout = '10s'; SET LOCAL statement_timeout = '60s'; \
    SELECT pg_advisory_xact_lock(8389772276737568102);";

impl TenantStore {
    /// Gives the table `tenants` what it lacks, or makes it. It may be called at every start.
    ///
    /// What it does, in one transaction, is the text of [`migration_sql`]:
    /// - columns `limits`, `allowed_methods`, `allowed_paths`, `features`, `parent`, `status` and `version` are added, and
    ///   indexes for [`list`](Self::list);
    /// - the table `tenant_changes` is made, with an entry for each row that there is, and triggers that number and note
    ///   every write to `tenants`, whoever makes it, and keep `updated_at`;
    /// - the table `tollgate_busiest` is made, for [`SqlSource::keep_busiest`](crate::SqlSource::keep_busiest);
    /// - on PostgreSQL the quota columns become BIGINT, and every write notifies `tollgate_tenants`.
    ///
    /// A service that runs as another role than the one that migrated needs SELECT on `tenant_changes` and
    /// `tollgate_migrations` beside its rights on `tenants`; a program that only writes `tenants` needs nothing more.
    ///
    /// Existing rows keep what they have. Other programs go on reading and writing the columns that they know. The
    /// table `tollgate_migrations` says what was done; it has nothing to do with sqlx's own.
    ///
    /// # Errors
    /// [`StoreError::Migration`], with all undone: for instance if the table has a column of such a name already, or
    /// the user may not alter it. [`StoreError::ColumnsLost`] if it was done to a table that is no more.
    /// [`StoreError::TimedOut`] after 60 s.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        let done = apply(&self.0.database, &TENANTS).await;
        self.0.shape.forget();
        done?;
        match self.bounded(MIGRATING, || self.shape(MIGRATING)).await {
            Ok(shape) if shape.migrated => Ok(()),
            Ok(_) | Err(StoreError::NoTable | StoreError::NoColumn { .. }) => {
                Err(StoreError::ColumnsLost)
            }
            Err(other) => Err(other),
        }
    }
}

/// What [`TenantStore::migrate`] does, for those who let nobody but themselves alter a database: run as one
/// transaction, it leaves `migrate` nothing to do.
///
/// # Examples
/// ```
/// use tollgate_store::{Dialect, migration_sql};
///
/// let text = migration_sql(Dialect::Postgres);
/// assert!(text.contains("CREATE TABLE tenant_changes"));
/// ```
pub fn migration_sql(dialect: Dialect) -> String {
    let steps = TENANTS.iter().map(|migration| {
        let (text, name) = (migration.text(dialect), migration.name);
        format!("{text}\nINSERT INTO tollgate_migrations (name) VALUES ('{name}');\n")
    });
    format!(
        "BEGIN;\n{DONE_TABLE};\n\n{}COMMIT;\n",
        steps.collect::<String>()
    )
}

/// Does those of the steps that were not done yet, in their order, each with its entry in `tollgate_migrations`;
/// all of them or none.
pub(crate) async fn apply(database: &Database, steps: &[Migration]) -> Result<(), StoreError> {
    let attempts = async {
        loop {
            match attempt(database, steps).await {
                Err(StoreError::Database { cause, .. }) if is_contention(&cause) => {
                    tokio::time::sleep(PAUSE).await;
                }
                done => return done,
            }
        }
    };
    match tokio::time::timeout(LIMIT, attempts).await {
        Ok(done) => done,
        Err(_) => Err(StoreError::TimedOut {
            doing: MIGRATING,
            limit: LIMIT,
        }),
    }
}

async fn attempt(database: &Database, steps: &[Migration]) -> Result<(), StoreError> {
    let failed = crate::store::failed(MIGRATING);
    let dialect = database.dialect();
    let mut session = database.session().await.map_err(&failed)?;
    // Whoever may only read and write rows must be able to start, too.
    let exists = match dialect {
        Dialect::Sqlite => {
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'tollgate_migrations'"
        }
        Dialect::Postgres => {
            "SELECT 'x' FROM pg_class WHERE oid = to_regclass('tollgate_migrations')"
        }
    };
    let exists = session
        .rows(Statement::new(exists))
        .await
        .map_err(&failed)?;
    if !exists.is_empty() {
        let done = session.rows(done_steps()).await.map_err(&failed)?;
        let is_done = |step: &Migration| done.iter().any(|row| row.text(0) == Some(step.name));
        if steps.iter().all(is_done) {
            return Ok(());
        }
    }
    let mut work = session.begin().await.map_err(&failed)?;
    if dialect == Dialect::Postgres {
        work.script(POSTGRES_START).await.map_err(&failed)?;
        work.script(POSTGRES_PATH).await.map_err(&failed)?;
    }
    work.script(DONE_TABLE).await.map_err(&failed)?;
    let done = work.rows(done_steps()).await.map_err(&failed)?;
    for step in steps {
        if done.iter().any(|row| row.text(0) == Some(step.name)) {
            continue;
        }
        let applied = applied(&mut work, step, dialect).await;
        applied.map_err(|cause| StoreError::Migration {
            name: step.name,
            cause,
        })?;
    }
    work.commit().await.map_err(&failed)
}

fn done_steps() -> Statement {
    Statement::new("SELECT CAST(name AS TEXT) FROM tollgate_migrations")
}

async fn applied(
    work: &mut Work<'_>,
    step: &Migration,
    dialect: Dialect,
) -> Result<(), sqlx::Error> {
    work.script(step.text(dialect)).await?;
    let done = "INSERT INTO tollgate_migrations (name) VALUES ($1)";
    work.write(Statement::new(done).text(step.name)).await?;
    Ok(())
}
