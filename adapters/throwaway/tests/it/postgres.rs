//! A PostgreSQL server's life.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use sqlx::{Connection, PgConnection, Row};
use throwaway::Postgres;

use crate::processes_in;

async fn ask(url: &str, sql: &'static str) -> Result<String, sqlx::Error> {
    let mut connection = PgConnection::connect(url).await?;
    let row = sqlx::query(sql).fetch_one(&mut connection).await?;
    row.try_get(0)
}

async fn tell(url: &str, sql: &'static str) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    sqlx::query(sql).execute(&mut connection).await.unwrap();
}

async fn data_of(url: &str) -> PathBuf {
    ask(url, "SHOW data_directory").await.unwrap().into()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_committed_is_there_after_a_crash_and_a_restart() {
    let mut server = Postgres::start().unwrap();
    let url = server.url();
    tell(&url, "CREATE TABLE kept (word TEXT)").await;
    tell(&url, "INSERT INTO kept VALUES ('here')").await;
    let data = data_of(&url).await;
    assert!(processes_in(&data) > 1);

    server.kill().unwrap();
    assert_eq!(processes_in(&data), 0);
    assert!(ask(&url, "SELECT 'alive'").await.is_err());

    server.restart().unwrap();
    assert_eq!(server.url(), url);
    assert_eq!(ask(&url, "SELECT word FROM kept").await.unwrap(), "here");

    server.stop().unwrap();
    assert_eq!(processes_in(&data), 0);
    server.restart().unwrap();
    assert_eq!(ask(&url, "SELECT word FROM kept").await.unwrap(), "here");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_server_leaves_no_process_and_no_folder() {
    let server = Postgres::start().unwrap();
    let url = server.url();
    let data = data_of(&url).await;
    // A connection that is open all the while keeps nothing alive.
    let _open = PgConnection::connect(&url).await.unwrap();
    drop(server);
    assert_eq!(processes_in(&data), 0);
    assert!(!data.parent().unwrap().exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_was_killed_leaves_no_folder_either() {
    let mut server = Postgres::start().unwrap();
    let data = data_of(&server.url()).await;
    server.kill().unwrap();
    drop(server);
    assert!(!data.parent().unwrap().exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn databases_of_one_server_know_nothing_of_each_other() {
    let server = Postgres::shared().unwrap();
    let (one, other) = (
        server.create_database().unwrap(),
        server.create_database().unwrap(),
    );
    assert_ne!(one, other);
    tell(&one, "CREATE TABLE mine ()").await;
    tell(&other, "CREATE TABLE mine ()").await;
    assert_eq!(server.port(), Postgres::shared().unwrap().port());
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_are_taken_and_wrong_ones_explained() {
    let server = Postgres::start_with(&["fsync=on", "work_mem=5MB"]).unwrap();
    assert_eq!(ask(&server.url(), "SHOW fsync").await.unwrap(), "on");
    assert_eq!(ask(&server.url(), "SHOW work_mem").await.unwrap(), "5MB");
    let error = Postgres::start_with(&["no_such_setting=1"]).unwrap_err();
    assert!(error.to_string().contains("no_such_setting"), "{error}");
}

/// The process that the next test kills: this binary itself, told by a variable to play that part.
const PART: &str = "THROWAWAY_TEST_PART";

#[test]
fn a_test_that_is_killed_leaves_no_process_and_no_folder() {
    if std::env::var_os(PART).is_some() {
        let server = Postgres::start().unwrap();
        std::fs::write(std::env::var(PART).unwrap(), server.url()).unwrap();
        loop {
            std::thread::park();
        }
    }
    let note = std::env::temp_dir().join(format!("throwaway-note-{}", std::process::id()));
    let mut victim = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "postgres::a_test_that_is_killed_leaves_no_process_and_no_folder",
        ])
        .env(PART, &note)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let url = poll(|| {
        std::fs::read_to_string(&note)
            .ok()
            .filter(|url| !url.is_empty())
    });
    std::fs::remove_file(&note).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let data = runtime.block_on(data_of(&url));
    victim.kill().unwrap();
    victim.wait().unwrap();
    poll(|| (processes_in(&data) == 0 && !data.parent().unwrap().exists()).then_some(()));
}

/// Other processes give no notice when they are done.
fn poll<T>(mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(start.elapsed() < Duration::from_secs(60), "it never came");
        std::thread::sleep(Duration::from_millis(10));
    }
}
