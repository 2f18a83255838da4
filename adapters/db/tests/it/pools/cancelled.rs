//! Work that is dropped at any point, on a real PostgreSQL with one or two connections: nothing of it is left.

use sqlx::{Executor, PgPool};
use tollgate_db::{DbError, ScopedDb, TenantDb};

use super::postgres::house;
use super::{drop_after, schema, tenant};

type Pg = ScopedDb<sqlx::Postgres>;

/// How many pieces of work are dropped in each test.
const ROUNDS: u64 = 500;

/// The same numbers every time: splitmix64.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % bound).unwrap()
    }
}

async fn work(kind: usize, scope: Pg) -> Result<(), DbError> {
    let add = "INSERT INTO resources (name, status) VALUES ('new', 5)";
    let all = "SELECT name FROM resources";
    match kind {
        0 => drop(scope.query(all).fetch_all().await?),
        1 => drop(scope.query(all).fetch_optional().await?),
        2 => {
            let mut stream = scope.query(all).fetch();
            drop(stream.next().await.transpose()?);
        }
        3 => {
            // It fails, every time.
            let twice = "INSERT INTO resources (name, status) VALUES ('new', 5), ('new', 6)";
            let failed = scope.query(twice).execute().await;
            assert!(failed.is_err());
        }
        4 => {
            let mut tx = scope.begin().await?;
            tx.query(add).execute().await?;
            let mut part = tx.begin().await?;
            part.query("DELETE FROM resources").execute().await?;
            part.rollback().await?;
            tx.rollback().await?;
        }
        5 => {
            let mut tx = scope.begin().await?;
            tx.query(add).execute().await?;
            let mut stream = tx.query(all).fetch();
            while stream.next().await.transpose()?.is_some() {}
        }
        _ => {
            let mut tx = scope.begin_serializable().await?;
            tx.query("UPDATE resources SET status = status + 1")
                .execute()
                .await?;
            drop(tx.query(all).fetch_one().await?);
        }
    }
    Ok(())
}

/// What the next user of a connection finds on it.
async fn assert_clean(pool: &PgPool, dropped: &str) {
    let mut link = pool.acquire().await.unwrap();
    let sql = "SELECT coalesce(current_setting('app.tenant_id', true), '')";
    let left: String = sqlx::query_scalar(sql).fetch_one(&mut *link).await.unwrap();
    assert_eq!(left, "", "after {dropped}: a tenant was left");
    // There can be none outside of a transaction.
    let savepoint = link.execute("SAVEPOINT here").await.unwrap_err();
    let state = savepoint
        .as_database_error()
        .unwrap()
        .code()
        .unwrap()
        .into_owned();
    assert_eq!(
        state, "25P01",
        "after {dropped}: a transaction was left open"
    );
}

async fn cancel_at_random(url: &str, db: &TenantDb<sqlx::Postgres>, pool: &PgPool, seed: u64) {
    let mut dice = Dice(seed);
    let (mut cut, mut done, mut round) = (0, 0, 0);
    // How many are cut depends on how the machine's load lets wake-ups coincide.
    while round < ROUNDS || cut < ROUNDS / 5 || done < ROUNDS / 20 {
        round += 1;
        assert!(round < 20 * ROUNDS, "{cut} were cut, {done} done");
        let name = super::TENANTS[dice.below(2)];
        let (kind, times) = (dice.below(7), dice.below(12));
        let scope = db.for_tenant(&tenant(name));
        match drop_after(times, work(kind, scope)).await {
            None => cut += 1,
            Some(result) => {
                result.unwrap();
                done += 1;
            }
        }
        let dropped = format!("round {round}: {kind} of {name}, asked {times} times");
        assert_clean(pool, &dropped).await;
        // Whoever comes next sees its own rows, and all of them.
        let other = super::TENANTS[dice.below(2)];
        let rows = db
            .for_tenant(&tenant(other))
            .query_scalar("SELECT name FROM resources ORDER BY name");
        let rows: Vec<String> = rows.fetch_all().await.unwrap();
        let own: Vec<String> = (0..3).map(|n| format!("{other}-{n}")).collect();
        assert_eq!(rows, own, "after {dropped}");
    }
    nothing_hangs_on(url, pool).await;
}

/// On the server's side too: no session is left in a transaction, or with a statement that nobody waits for.
async fn nothing_hangs_on(url: &str, pool: &PgPool) {
    pool.close().await;
    let watcher = house::pool(url, 1).await;
    let others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                  AND pid <> pg_backend_pid() AND backend_type = 'client backend'";
    // A closed connection's server process takes a moment to notice.
    for _ in 0..1000 {
        let left: i64 = sqlx::query_scalar(others)
            .fetch_one(&watcher)
            .await
            .unwrap();
        if left == 0 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("sessions are left on the server");
}

#[tokio::test]
async fn work_dropped_anywhere_leaves_no_transaction_to_the_next_one() {
    for connections in [1, 2] {
        let url = house::filled().await;
        let pool = house::pool(&url, connections).await;
        let db = TenantDb::builder(pool.clone(), schema()).build().unwrap();
        cancel_at_random(&url, &db, &pool, u64::from(connections)).await;
    }
}

#[tokio::test]
async fn with_row_level_security_it_leaves_no_tenant_either() {
    for connections in [1, 2] {
        let url = house::filled().await;
        let pool = house::pool(&url, connections).await;
        let db = TenantDb::builder(pool.clone(), schema()).row_level_security();
        cancel_at_random(
            &url,
            &db.build().unwrap(),
            &pool,
            7 + u64::from(connections),
        )
        .await;
    }
}
