//! One connection to the server for everybody: whose transaction comes next sees nothing of the one before.

use std::collections::BTreeMap;

use sqlx::postgres::PgPoolOptions;
use sqlx::{Connection, PgConnection, Row};
use throwaway::{PgBouncer, Postgres};
use tollgate_db::catalog;

use super::kit::{Town, gaps_of, schema};
use super::random::Random;

/// Statements of each of the three who take turns.
const ROUNDS: u64 = 1_000;

#[tokio::test]
async fn tenants_who_take_turns_on_one_connection_to_the_server_each_see_their_own_rows_only() {
    let town = Town::new().await;
    let server = Postgres::shared().unwrap();
    let bouncer = PgBouncer::before(
        server,
        &[&town.role],
        &["default_pool_size=1", "min_pool_size=1"],
    )
    .unwrap();
    let url = bouncer.url_of(&town.role, &town.database);
    let (acme, globex, nobody) = tokio::join!(
        Client::work(&url, Some("acme"), 1),
        Client::work(&url, Some("globex"), 2),
        Client::work(&url, None, 3),
    );
    assert_ne!((acme.len(), globex.len()), (0, 0), "they have written");
    assert!(nobody.is_empty());
    let all: i64 = sqlx::query_scalar("SELECT count(*) FROM resources")
        .fetch_one(&town.admin)
        .await
        .unwrap();
    let strangers = 3;
    assert_eq!(
        usize::try_from(all).unwrap(),
        acme.len() + globex.len() + strangers
    );
}

#[tokio::test]
async fn the_checks_at_boot_work_behind_it_and_leave_nothing_behind() {
    let town = Town::new().await;
    let server = Postgres::shared().unwrap();
    // Two, so that statements outside a transaction would meet now one, now the other.
    let bouncer = PgBouncer::before(
        server,
        &[&town.role],
        &["default_pool_size=2", "server_round_robin=1"],
    )
    .unwrap();
    let options = bouncer.url_of(&town.role, &town.database);
    let pool = PgPoolOptions::new()
        .max_connections(3)
        .connect_lazy(&options)
        .unwrap();
    for _ in 0..20 {
        assert_eq!(gaps_of(&pool, &schema()).await, []);
        let report = catalog::check(&pool, &schema()).await.unwrap();
        assert_eq!((report.errors(), report.warnings()), (&[][..], &[][..]));
        let path: String = sqlx::query_scalar("SHOW search_path")
            .persistent(false)
            .fetch_one(&mut *pool.begin().await.unwrap())
            .await
            .unwrap();
        assert_eq!(path, "\"$user\", public");
    }
}

/// Somebody who knows what rows it should have.
struct Client<'c> {
    url: &'c str,
    connection: PgConnection,
    tenant: Option<&'c str>,
    rows: BTreeMap<i32, String>,
    random: Random,
}

impl<'c> Client<'c> {
    async fn work(url: &'c str, tenant: Option<&'c str>, seed: u64) -> BTreeMap<i32, String> {
        let name = tenant.unwrap_or_default();
        let mut client = Self {
            url,
            connection: PgConnection::connect(url).await.unwrap(),
            tenant,
            rows: (1..=3)
                .filter(|_| tenant.is_some())
                .map(|id| (id, format!("{name}{id}")))
                .collect(),
            random: Random(seed),
        };
        for round in 0..ROUNDS {
            client.transaction(round).await;
        }
        client.rows
    }

    /// A write and a look at all that there is; one in four is rolled back, one in sixteen is cut off.
    async fn transaction(&mut self, round: u64) {
        let (id, act, end) = (
            self.random.below(8),
            self.random.below(3),
            self.random.below(16),
        );
        let name = format!("{} {round}", self.tenant.unwrap_or("nobody"));
        let mut after = self.rows.clone();
        let mut open = self.connection.begin().await.unwrap();
        if let Some(tenant) = self.tenant {
            sqlx::query("SELECT set_config('app.tenant_id', $1, true)")
                .bind(tenant)
                .persistent(false)
                .execute(&mut *open)
                .await
                .unwrap();
        }
        let key = i32::try_from(id).unwrap();
        let sql = match act {
            0 => {
                if self.tenant.is_some() {
                    after.insert(key, name.clone());
                    "INSERT INTO resources VALUES (NULLIF(current_setting('app.tenant_id', true), ''), $1, $2)
                     ON CONFLICT (tenant_id, id) DO UPDATE SET name = $2"
                } else {
                    // It would be forbidden, which would end the transaction.
                    "SELECT $1::int, $2::text"
                }
            }
            1 => {
                after.entry(key).and_modify(|old| old.clone_from(&name));
                "UPDATE resources SET name = $2 WHERE id = $1"
            }
            _ => {
                after.remove(&key);
                "DELETE FROM resources WHERE id = $1 OR name = $2"
            }
        };
        sqlx::query(sql)
            .bind(key)
            .bind(name)
            .persistent(false)
            .execute(&mut *open)
            .await
            .unwrap();
        let seen: BTreeMap<i32, String> = sqlx::query("SELECT id, name FROM resources")
            .persistent(false)
            .fetch_all(&mut *open)
            .await
            .unwrap()
            .iter()
            .map(|row| (row.get(0), row.get(1)))
            .collect();
        assert_eq!(seen, after, "{:?} in round {round}", self.tenant);
        match end {
            0 => {
                std::mem::forget(open);
                let fresh = PgConnection::connect(self.url).await.unwrap();
                drop(std::mem::replace(&mut self.connection, fresh));
            }
            1..=4 => open.rollback().await.unwrap(),
            _ => {
                open.commit().await.unwrap();
                self.rows = after;
            }
        }
    }
}
