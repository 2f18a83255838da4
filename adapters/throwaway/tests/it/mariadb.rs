//! A MariaDB server's life.

use std::path::PathBuf;

use sqlx::{ConnectOptions, MySqlConnection};
use throwaway::MariaDb;

use crate::processes_in;

async fn connect(url: &str) -> MySqlConnection {
    let options: sqlx::mysql::MySqlConnectOptions = url.parse().unwrap();
    options.connect().await.unwrap()
}

async fn data_of(url: &str) -> PathBuf {
    let query = sqlx::query_scalar("SELECT @@datadir");
    let folder: String = query.fetch_one(&mut connect(url).await).await.unwrap();
    folder.trim_end_matches('/').into()
}

#[tokio::test]
async fn each_database_of_a_server_is_empty() {
    let server = MariaDb::shared().unwrap();
    let (one, other) = (
        server.create_database().unwrap(),
        server.create_database().unwrap(),
    );
    assert_ne!(one, other);
    let create = || sqlx::query("CREATE TABLE t (a int)");
    create().execute(&mut connect(&one).await).await.unwrap();
    create().execute(&mut connect(&other).await).await.unwrap();
}

#[tokio::test]
async fn a_dropped_server_leaves_no_process_and_no_folder() {
    let server = MariaDb::start().unwrap();
    let url = server.create_database().unwrap();
    let data = data_of(&url).await;
    assert_eq!(processes_in(&data), 1);
    drop(server);
    assert_eq!(processes_in(&data), 0);
    assert!(!data.exists());
    assert!(!data.parent().unwrap().exists());
}
