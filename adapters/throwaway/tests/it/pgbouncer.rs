//! A pgbouncer's life.

use std::path::PathBuf;

use sqlx::{Connection, PgConnection};
use throwaway::{PgBouncer, Postgres};

async fn pid_of_server(connection: &mut PgConnection) -> i32 {
    sqlx::query_scalar("SELECT pg_backend_pid()")
        .persistent(false)
        .fetch_one(connection)
        .await
        .unwrap()
}

#[tokio::test]
async fn clients_take_turns_on_one_connection_and_nothing_is_left_when_it_is_dropped() {
    let server = Postgres::shared().unwrap();
    let bouncer = PgBouncer::before(server, &["postgres"], &["default_pool_size=1"]).unwrap();
    let url = bouncer.url_of("postgres", "postgres");
    let mut one = PgConnection::connect(&url).await.unwrap();
    let mut other = PgConnection::connect(&url).await.unwrap();
    assert_eq!(
        pid_of_server(&mut one).await,
        pid_of_server(&mut other).await
    );
    assert!(
        PgConnection::connect(&bouncer.url_of("stranger", "postgres"))
            .await
            .is_err()
    );

    let folder = folder_of(&url);
    drop(bouncer);
    assert!(PgConnection::connect(&url).await.is_err());
    assert!(!folder.exists(), "{folder:?}");
}

/// The one whose settings name the port of this URL.
fn folder_of(url: &str) -> PathBuf {
    let port = url.rsplit([':', '/']).nth(1).unwrap();
    let listens = format!("listen_port={port}\n");
    std::fs::read_dir(std::env::temp_dir())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|folder| {
            std::fs::read_to_string(folder.join("pgbouncer.ini"))
                .is_ok_and(|text| text.contains(&listens))
        })
        .unwrap()
}

#[test]
fn wrong_settings_are_explained() {
    let server = Postgres::shared().unwrap();
    let error = PgBouncer::before(server, &[], &["pool_mode=nonsense"]).unwrap_err();
    assert!(error.to_string().contains("pool_mode"), "{error}");
}
