//! `TenantDb` behind a pgbouncer with one connection to the server: both walls, transactions, and futures that are
//! dropped wherever they are.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use sqlx::postgres::PgPoolOptions;
use sqlx::{PgPool, Postgres};
use tollgate::TenantId;
use tollgate_db::{DbError, ScopedDb, TenantDb};

use super::kit::{Town, schema, within};
use super::random::Random;

/// What each of the three who take turns does.
const ROUNDS: u64 = 400;

const WRITES: [&str; 3] = [
    "INSERT INTO resources (id, name) VALUES ($1, $2)
     ON CONFLICT (tenant_id, id) DO UPDATE SET name = excluded.name",
    "UPDATE resources SET name = $2 WHERE id = $1 OR id > 5",
    "DELETE FROM resources WHERE id = $1 OR name = $2",
];

#[tokio::test]
async fn tenants_share_one_connection_to_the_server_and_are_cut_off_anywhere_and_see_their_own_rows_only()
 {
    let town = Town::new().await;
    let server = throwaway::Postgres::shared().unwrap();
    let one = ["default_pool_size=1", "server_login_retry=0"];
    let bouncer = throwaway::PgBouncer::before(server, &[&town.role], &one).unwrap();
    let pool = PgPoolOptions::new()
        .max_connections(3)
        .connect(&bouncer.url_of(&town.role, &town.database))
        .await
        .unwrap();
    let db = TenantDb::builder(pool.clone(), schema())
        .row_level_security()
        .transaction_pooling()
        .build()
        .unwrap();
    let (acme, globex, ()) = tokio::join!(
        work(&db, "acme", 1),
        work(&db, "globex", 2),
        look_without_a_tenant(&pool),
    );
    for tally in [acme, globex] {
        assert!(tally.cut_off >= ROUNDS / 3 / 12, "{tally:?}");
        assert!(tally.rows_seen > 500, "{tally:?}");
    }
    let strangers: i64 =
        sqlx::query_scalar("SELECT count(*) FROM resources WHERE NOT starts_with(name, tenant_id)")
            .fetch_one(&town.admin)
            .await
            .unwrap();
    assert_eq!(strangers, 0);
    let untouched = "SELECT name FROM resources ORDER BY name";
    assert_eq!(
        town.seen(Some("ACME"), untouched).await,
        ["ACME1", "ACME2", "ACME3"]
    );
}

#[derive(Debug, Default)]
struct Tally {
    cut_off: u64,
    rows_seen: u64,
}

async fn work(db: &TenantDb<Postgres>, tenant: &str, seed: u64) -> Tally {
    let tenant: TenantId = tenant.parse().unwrap();
    let scoped = db.for_tenant(&tenant);
    let mut random = Random(seed);
    let mut tally = Tally::default();
    for round in 0..ROUNDS {
        let draws = Random(random.below(u64::MAX));
        let act = one_act(&scoped, draws, round);
        // Every third is dropped at whatever it waits for then.
        let polls = match round % 3 {
            0 => 1 + random.below(12),
            _ => u64::MAX,
        };
        match cut_off_after(polls, act).await {
            Some(done) => done.unwrap(),
            None => tally.cut_off += 1,
        }
        let rows: Vec<(i32, String)> = scoped
            .query_as("SELECT id, name FROM resources WHERE id > -1 OR name = 'globex1'")
            .fetch_all()
            .await
            .unwrap();
        for (id, name) in rows {
            assert!(
                name.starts_with(tenant.as_str()),
                "{tenant} sees {id} {name} in round {round}"
            );
            tally.rows_seen += 1;
        }
    }
    tally
}

/// What becomes of a future that is asked so many times whether it is done: `None` if it is not.
async fn cut_off_after<T>(polls: u64, future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    let mut left = polls;
    poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(done) => Poll::Ready(Some(done)),
        Poll::Pending => {
            left -= 1;
            if left == 0 {
                Poll::Ready(None)
            } else {
                Poll::Pending
            }
        }
    })
    .await
}

/// A write, a transaction with a savepoint in it, or the first rows of a stream.
async fn one_act(
    scoped: &ScopedDb<Postgres>,
    mut random: Random,
    round: u64,
) -> Result<(), DbError> {
    let id = i32::try_from(random.below(10)).unwrap();
    let name = format!("{} {round}", scoped.tenant());
    let sql = WRITES[usize::try_from(random.below(3)).unwrap()];
    match random.below(3) {
        0 => scoped
            .query(sql)
            .bind(id)
            .bind(name)
            .execute()
            .await
            .map(drop),
        1 => {
            let mut whole = scoped.begin().await?;
            whole.query(sql).bind(id).bind(&name).execute().await?;
            let mut part = whole.begin().await?;
            part.query(WRITES[0]).bind(id).bind(&name).execute().await?;
            match random.below(3) {
                0 => part.commit().await?,
                1 => part.rollback().await?,
                _ => drop(part),
            }
            match random.below(3) {
                0 => whole.rollback().await,
                1 => whole.commit().await,
                _ => Ok(()),
            }
        }
        _ => {
            let mut rows = scoped
                .query("SELECT name FROM resources ORDER BY id")
                .fetch();
            rows.next().await.transpose().map(drop)
        }
    }
}

/// Whoever has no tenant finds none in the setting, and no rows.
async fn look_without_a_tenant(pool: &PgPool) {
    for _ in 0..ROUNDS {
        let mut connection = pool.acquire().await.unwrap();
        let setting = "SELECT coalesce(current_setting('app.tenant_id', true), '')";
        assert_eq!(within(&mut connection, None, setting).await.unwrap(), [""]);
        let rows = within(&mut connection, None, "SELECT name FROM resources")
            .await
            .unwrap();
        assert!(rows.is_empty(), "{rows:?}");
    }
}
