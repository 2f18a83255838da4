//! A database that is slow, locked or gone: every call ends, and says what happened.

use std::time::{Duration, Instant};

use crate::store::tests::kit::{Kit, acme, alice, id};
use crate::{StoreError, TenantStore};

/// Far more than any bound in these tests, and far less than what a hang would be.
const SOON: Duration = Duration::from_secs(20);

on_both!(
    a_lock_that_is_held_ends_in_time_and_harms_nobody_after,
    eight_may_open_and_migrate_a_new_database_at_once,
);

async fn a_lock_that_is_held_ends_in_time_and_harms_nobody_after(kit: Kit) {
    let kit = kit.migrated().await;
    kit.store.set(&acme(1), &alice()).await.unwrap();
    let impatient = kit.another().await.with_timeout(Duration::from_millis(200));
    let holder = kit.another().await;
    let mut session = holder.database().session().await.unwrap();
    let mut work = session.begin().await.unwrap();
    let lock = crate::store::database::Statement::new("UPDATE tenants SET metadata = '{}'");
    work.write(lock).await.unwrap();

    let begun = Instant::now();
    // More often than there are connections: none may be lost.
    for _ in 0..10 {
        let error = impatient.set(&acme(2), &alice()).await.unwrap_err();
        assert!(error.is_transient(), "{error:?}");
        assert!(
            matches!(
                error,
                StoreError::TimedOut {
                    doing: "setting a tenant's config",
                    ..
                }
            ),
            "{error:?}"
        );
    }
    assert!(begun.elapsed() < SOON);
    let stored = impatient
        .with_timeout(SOON)
        .get(&id("acme"))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(stored.config, acme(1));
    work.undo().await.unwrap();
    drop(session);
    kit.store.set(&acme(3), &alice()).await.unwrap();
    let stored = kit.store.get(&id("acme")).await.unwrap().unwrap();
    assert_eq!(stored.config, acme(3));
}

#[cfg(feature = "postgres")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_was_killed_is_an_error_until_it_is_back() {
    let mut server = tokio::task::spawn_blocking(|| throwaway::Postgres::start().unwrap())
        .await
        .unwrap();
    let store = TenantStore::connect(&server.url()).await.unwrap();
    store.migrate().await.unwrap();
    let version = store.set(&acme(1), &alice()).await.unwrap();
    let mut server = tokio::task::spawn_blocking(move || {
        server.kill().unwrap();
        server
    })
    .await
    .unwrap();
    let begun = Instant::now();
    for _ in 0..5 {
        let error = store.get(&id("acme")).await.unwrap_err();
        assert!(error.is_transient(), "{error:?}");
    }
    assert!(begun.elapsed() < SOON);
    let _server = tokio::task::spawn_blocking(move || {
        server.restart().unwrap();
        server
    })
    .await
    .unwrap();
    let begun = Instant::now();
    let stored = loop {
        match store.get(&id("acme")).await {
            Ok(stored) => break stored.unwrap(),
            Err(error) => assert!(error.is_transient() && begun.elapsed() < SOON, "{error:?}"),
        }
    };
    assert_eq!((stored.config, stored.version), (acme(1), version));
}

#[tokio::test]
async fn a_url_that_leads_nowhere_is_an_error_without_its_password() {
    for url in [
        "",
        "mysql://u:secret@h/d",
        "tenants.db",
        "postgres//u:secret@h",
        "sqlite:",
        "sqlite://",
    ] {
        let error = TenantStore::connect(url).await.unwrap_err();
        assert!(matches!(error, StoreError::Url { .. }), "{error:?}");
        assert!(!format!("{error} {error:?}").contains("secret"));
    }
    #[cfg(feature = "postgres")]
    {
        let error = TenantStore::connect("postgres://u:secret@127.0.0.1:1/d")
            .await
            .unwrap_err();
        assert!(error.is_transient(), "{error:?}");
        assert!(!format!("{error} {error:?}").contains("secret"));
    }
    #[cfg(feature = "sqlite")]
    {
        let error = TenantStore::connect("sqlite:/nowhere/at/all.db")
            .await
            .unwrap_err();
        assert!(matches!(error, StoreError::Database { .. }), "{error:?}");
    }
}

async fn eight_may_open_and_migrate_a_new_database_at_once(kit: Kit) {
    // SQLite: the file has been opened, but in another mode than the one that the eight want.
    if kit.dialect() == crate::Dialect::Sqlite {
        kit.sql("PRAGMA journal_mode = DELETE").await;
    }
    let opening = (0..8_u64).map(|task| {
        let url = kit.url.clone();
        tokio::spawn(async move {
            let store = TenantStore::connect_within(&url, SOON).await.unwrap();
            store.migrate().await.unwrap();
            store.set(&acme(task), &alice()).await.unwrap()
        })
    });
    let mut versions = Vec::new();
    for task in opening.collect::<Vec<_>>() {
        versions.push(task.await.unwrap());
    }
    versions.sort_unstable();
    versions.dedup();
    assert_eq!(versions.len(), 8);
}
