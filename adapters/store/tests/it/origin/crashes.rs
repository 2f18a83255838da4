//! PostgreSQL is killed, and comes back.

use std::time::Duration;

use sqlx::PgPool;
use throwaway::Postgres;
use tokio::task::JoinSet;
use tollgate::{Claim, Origin};
use tollgate_store::SqlOrigin;

use super::kit::{account, claim, need, settle};

async fn start(settings: &'static [&'static str]) -> Postgres {
    let start = move || Postgres::start_with(settings).unwrap();
    tokio::task::spawn_blocking(start).await.unwrap()
}

async fn connect(server: &Postgres) -> SqlOrigin {
    let origin = SqlOrigin::postgres(PgPool::connect(&server.url()).await.unwrap());
    origin.migrate().await.unwrap();
    origin
}

/// Without the origin's own word on it, the server would keep these commits in memory for ten seconds.
#[tokio::test(flavor = "multi_thread")]
async fn a_grant_survives_a_crash_even_if_commits_are_asynchronous_by_default() {
    let mut server = start(&["synchronous_commit=off", "wal_writer_delay=10s"]).await;
    let origin = connect(&server).await;
    let control = PgPool::connect(&server.url()).await.unwrap();
    sqlx::raw_sql("CREATE TABLE control (n INT); CHECKPOINT")
        .execute(&control)
        .await
        .unwrap();
    settle(&origin, &need(1, 30)).await;
    let forgotten = sqlx::raw_sql("INSERT INTO control VALUES (1)");
    forgotten.execute(&control).await.unwrap();
    server.kill().unwrap();
    server.restart().unwrap();
    assert_eq!(settle(&origin, &claim(2)).await, account(0, 30));
    let count: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM control")
        .fetch_one(&control)
        .await
        .unwrap();
    assert_eq!(
        count, 0,
        "the server forgets nothing, so that this shows nothing"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exchange_fails_while_the_server_is_away_and_goes_on_when_it_is_back() {
    let mut server = start(&[]).await;
    let origin = connect(&server).await;
    settle(&origin, &need(1, 30)).await;
    server.kill().unwrap();
    origin.exchange(&[need(1, 50)]).await.unwrap_err();
    server.restart().unwrap();
    assert_eq!(settle(&origin, &need(1, 30)).await, account(30, 30));
    assert_eq!(settle(&origin, &need(1, 50)).await, account(50, 50));
}

/// Claims until the last is granted, whatever fails in between; says how much was granted.
async fn spend_through_crashes(origin: SqlOrigin, holder: u64, capacity: u64) -> u64 {
    let mut spent = 0;
    loop {
        let wanted = Claim {
            capacity,
            spent,
            least: spent + 1,
            most: spent + 1,
            ..claim(holder)
        };
        match origin.exchange(&[wanted]).await {
            Ok(accounts) if accounts[0].granted == spent => return spent,
            Ok(accounts) => spent = accounts[0].granted,
            Err(_away) => tokio::time::sleep(Duration::from_millis(5)).await,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn crashes_in_the_middle_lose_no_grant_and_give_none_away() {
    const CAPACITY: u64 = 3000;
    let mut server = start(&[]).await;
    let mut crowd = JoinSet::new();
    for holder in 0..4 {
        let origin = connect(&server).await.with_timeout(Duration::from_secs(2));
        crowd.spawn(spend_through_crashes(origin, holder, CAPACITY));
    }
    let origin = connect(&server).await;
    let mut crashes = 0;
    for _ in 0..3 {
        // Under way, and not done yet.
        let before = settle(&origin, &claim(99)).await.charged;
        while settle(&origin, &claim(99)).await.charged < (before + 100).min(CAPACITY) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        crashes += u32::from(settle(&origin, &claim(99)).await.charged < CAPACITY);
        server.kill().unwrap();
        server.restart().unwrap();
    }
    assert_eq!(crashes, 3, "they were done before the server was killed");
    let spent: u64 = crowd.join_all().await.iter().sum();
    assert_eq!(spent, CAPACITY);
    assert_eq!(settle(&origin, &claim(99)).await.charged, CAPACITY);
}

/// Another session holds the window's row and never lets go.
#[tokio::test(flavor = "multi_thread")]
async fn an_exchange_that_waits_for_a_lock_ends_by_its_timeout_and_leaves_nothing_behind() {
    let server = Postgres::shared().unwrap();
    let url = server.create_database().unwrap();
    let pool = PgPool::connect(&url).await.unwrap();
    let origin = SqlOrigin::postgres(pool.clone()).with_timeout(Duration::from_millis(300));
    origin.migrate().await.unwrap();
    settle(&origin, &need(1, 30)).await;

    let mut other = pool.begin().await.unwrap();
    sqlx::query("SELECT * FROM tollgate_windows FOR UPDATE")
        .fetch_all(&mut *other)
        .await
        .unwrap();
    let error = origin.exchange(&[need(2, 30)]).await.unwrap_err();
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(
        cause,
        "settle durable usage: no answer from the database within 300ms"
    );
    other.rollback().await.unwrap();

    assert_eq!(settle(&origin, &claim(2)).await, account(0, 30));
    assert_eq!(settle(&origin, &need(2, 30)).await, account(30, 60));
}
