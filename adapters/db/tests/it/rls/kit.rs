//! A database with two tenants' rows, its owner, and a role that serves tenants.

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool};
use throwaway::Postgres;
use tollgate_db::Schema;
use tollgate_db::rls::{self, CheckError, Gap};

/// `events` is partitioned; `old_events` is the partition with all the rows.
const TABLES: &str = "
    CREATE TABLE resources (tenant_id text NOT NULL, id int NOT NULL, name text, PRIMARY KEY (tenant_id, id));
    CREATE TABLE orders (org_id varchar(40) NOT NULL, id int NOT NULL, PRIMARY KEY (org_id, id));
    CREATE TABLE events (tenant_id text NOT NULL, at int NOT NULL) PARTITION BY RANGE (at);
    CREATE TABLE old_events PARTITION OF events FOR VALUES FROM (0) TO (1000);
    CREATE TABLE countries (code text PRIMARY KEY);
    INSERT INTO resources SELECT t, i, t || i FROM unnest(array['acme', 'ACME', 'globex']) t, generate_series(1, 3) i;
    INSERT INTO orders SELECT t, i FROM unnest(array['acme', 'globex']) t, generate_series(1, 2) i;
    INSERT INTO events SELECT t, i FROM unnest(array['acme', 'globex']) t, generate_series(1, 2) i;
    INSERT INTO countries VALUES ('de');
";

pub(super) struct Town {
    /// The superuser.
    pub(super) admin: PgPool,
    /// The role that serves tenants, over a single connection.
    pub(super) app: PgPool,
    pub(super) role: String,
    pub(super) database: String,
}

impl Town {
    /// With the migration run.
    pub(super) async fn new() -> Self {
        let town = Self::open().await;
        town.run(&rls::migration_sql(&schema())).await;
        town
    }

    /// Before the migration.
    pub(super) async fn open() -> Self {
        let url = Postgres::shared().unwrap().create_database().unwrap();
        let admin = PgPoolOptions::new()
            .max_connections(1)
            .connect(&url)
            .await
            .unwrap();
        // Roles belong to all databases of a server.
        let database = url.rsplit('/').next().unwrap().to_owned();
        let role = format!("app_{database}");
        let town = Self {
            app: as_role(&url, &role),
            admin,
            role,
            database,
        };
        town.run(&format!("CREATE ROLE {} LOGIN", town.role)).await;
        town.run(TABLES).await;
        town.run(&format!(
            "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {}",
            town.role
        ))
        .await;
        town
    }

    /// As the superuser; `$role` is the role that serves tenants.
    pub(super) async fn run(&self, sql: &str) {
        let sql = sql.replace("$role", &self.role);
        sqlx::raw_sql(AssertSqlSafe(sql))
            .execute(&self.admin)
            .await
            .unwrap();
    }

    /// All gaps there are.
    pub(super) async fn gaps(&self) -> Vec<Gap> {
        gaps_of(&self.app, &schema()).await
    }

    /// The texts of all gaps, the role called `app`.
    pub(super) async fn told(&self) -> Vec<String> {
        let gaps = self.gaps().await;
        gaps.iter()
            .map(|gap| gap.to_string().replace(&self.role, "app"))
            .collect()
    }

    /// What a tenant sees: the first column of every row.
    pub(super) async fn seen(&self, tenant: Option<&str>, sql: &str) -> Vec<String> {
        self.within(tenant, sql).await.unwrap()
    }

    /// The first column of every row that a statement gives, in a transaction that is committed.
    pub(super) async fn within(
        &self,
        tenant: Option<&str>,
        sql: &str,
    ) -> Result<Vec<String>, sqlx::Error> {
        let mut connection = self.app.acquire().await?;
        within(&mut connection, tenant, sql).await
    }
}

pub(super) async fn within(
    connection: &mut PgConnection,
    tenant: Option<&str>,
    sql: &str,
) -> Result<Vec<String>, sqlx::Error> {
    let mut transaction = connection.begin().await?;
    if let Some(tenant) = tenant {
        sqlx::query("SELECT set_config('app.tenant_id', $1, true)")
            .bind(tenant)
            .persistent(false)
            .execute(&mut *transaction)
            .await?;
    }
    let rows = sqlx::query_scalar(AssertSqlSafe(sql))
        .persistent(false)
        .fetch_all(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(rows)
}

pub(super) fn schema() -> Schema {
    Schema::new()
        .scoped("resources")
        .scoped_by("orders", "org_id")
        .scoped("events")
        .shared("countries")
}

pub(super) async fn gaps_of(pool: &PgPool, schema: &Schema) -> Vec<Gap> {
    match rls::check(pool, schema).await {
        Ok(()) => Vec::new(),
        Err(CheckError::Gaps(gaps)) => gaps.iter().cloned().collect(),
        Err(other) => panic!("{other:?}"),
    }
}

fn as_role(url: &str, role: &str) -> PgPool {
    let options: PgConnectOptions = url.parse().unwrap();
    PgPoolOptions::new()
        .max_connections(1)
        .connect_lazy_with(options.username(role))
}
