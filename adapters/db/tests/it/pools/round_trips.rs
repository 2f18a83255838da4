//! What a statement costs in round trips, counted between the driver and a real PostgreSQL.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use sqlx::postgres::PgPoolOptions;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tollgate_db::{TenantDb, TenantDbBuilder};

use super::postgres::house;
use super::{schema, tenant};

/// Stands between a driver and its server, and counts how often the driver speaks after the server has.
async fn counted(url: &str) -> (String, Arc<AtomicUsize>) {
    let server = url
        .rsplit('@')
        .next()
        .unwrap()
        .split('/')
        .next()
        .unwrap()
        .to_owned();
    let door = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let through = url.replace(&server, &door.local_addr().unwrap().to_string());
    let trips = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&trips);
    let _detached = tokio::spawn(async move {
        while let Ok((driver, _)) = door.accept().await {
            let server = TcpStream::connect(&server).await.unwrap();
            let _detached = tokio::spawn(relay(driver, server, Arc::clone(&counter)));
        }
    });
    (through, trips)
}

async fn relay(mut driver: TcpStream, mut server: TcpStream, trips: Arc<AtomicUsize>) {
    let (mut asked, mut told) = ([0; 8192], [0; 8192]);
    let mut server_spoke = true;
    loop {
        tokio::select! {
            read = driver.read(&mut asked) => {
                let Ok(n @ 1..) = read else { return };
                trips.fetch_add(usize::from(server_spoke), Ordering::SeqCst);
                server_spoke = false;
                server.write_all(&asked[..n]).await.unwrap();
            }
            read = server.read(&mut told) => {
                let Ok(n @ 1..) = read else { return };
                server_spoke = true;
                driver.write_all(&told[..n]).await.unwrap();
            }
        }
    }
}

/// Round trips of one statement, when it is run for the first time and afterwards.
///
/// Without what sqlx's pool does on its own account: it asks whether a connection is alive before it lends it (which can
/// be turned off, as here), and again when it is given back.
async fn trips_of(
    build: impl FnOnce(TenantDbBuilder<sqlx::Postgres>) -> TenantDbBuilder<sqlx::Postgres>,
) -> (usize, usize) {
    let (url, trips) = counted(&house::filled().await).await;
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .test_before_acquire(false);
    let pool = pool.connect(&url).await.unwrap();
    let db = build(TenantDb::builder(pool.clone(), schema()))
        .build()
        .unwrap();
    let acme = db.for_tenant(&tenant("acme"));
    let mut took = Vec::new();
    for _ in 0..3 {
        while pool.num_idle() == 0 {
            tokio::task::yield_now().await;
        }
        let before = trips.load(Ordering::SeqCst);
        let rows = acme.query("SELECT name FROM resources").fetch_all();
        assert_eq!(rows.await.unwrap().len(), 3);
        took.push(trips.load(Ordering::SeqCst) - before);
    }
    assert_eq!(took[1], took[2]);
    (took[0], took[1])
}

#[tokio::test]
async fn a_statement_takes_one_round_trip_and_one_more_to_prepare_it() {
    assert_eq!(trips_of(|db| db).await, (2, 1));
}

#[tokio::test]
async fn with_row_level_security_a_statement_takes_three_round_trips_and_one_more_to_prepare_it() {
    assert_eq!(trips_of(TenantDbBuilder::row_level_security).await, (4, 3));
}

#[tokio::test]
async fn behind_a_transaction_pooler_a_statement_takes_four_round_trips() {
    assert_eq!(trips_of(TenantDbBuilder::transaction_pooling).await, (4, 4));
    let both = |db: TenantDbBuilder<_>| db.row_level_security().transaction_pooling();
    assert_eq!(trips_of(both).await, (4, 4));
}
