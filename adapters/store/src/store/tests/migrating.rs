//! The migration: once, whoever asks.

use crate::store::Dialect;
use crate::store::tests::kit::{Kit, SEED, acme, alice, id};
use crate::{StoreError, migration_sql};

on_both!(
    twice_is_once,
    by_eight_at_once_is_once,
    what_it_prints_is_what_it_does,
    a_column_in_the_way_stops_it_and_nothing_is_done,
    rows_of_all_kinds_survive_it,
    a_table_that_was_made_anew_is_told,
);

async fn twice_is_once(kit: Kit) {
    for _ in 0..3 {
        kit.store.migrate().await.unwrap();
    }
    kit.store.set(&acme(1), &alice()).await.unwrap();
    kit.another().await.migrate().await.unwrap();
    let done = "SELECT CAST(count(*) AS TEXT) FROM tollgate_migrations";
    assert_eq!(kit.cell(done).await, "2");
    let history = kit.store.history(&id("acme"), None, 10).await.unwrap();
    assert_eq!(history.revisions.len(), 1);
}

async fn by_eight_at_once_is_once(kit: Kit) {
    kit.sql(SEED).await;
    kit.sql("INSERT INTO tenants (id, quota_requests_per_minute) VALUES ('acme', 1)")
        .await;
    let mut tasks = Vec::new();
    for _ in 0..8 {
        let store = kit.another().await;
        tasks.push(tokio::spawn(async move { store.migrate().await }));
    }
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    let history = kit.store.history(&id("acme"), None, 10).await.unwrap();
    assert_eq!(history.revisions.len(), 1);
}

async fn what_it_prints_is_what_it_does(kit: Kit) {
    kit.sql(SEED).await;
    kit.sql(&migration_sql(kit.dialect())).await;
    kit.store.migrate().await.unwrap();
    let version = kit.store.set(&acme(1), &alice()).await.unwrap();
    let stored = kit.store.get(&id("acme")).await.unwrap().unwrap();
    assert_eq!(stored.version, version);
}

async fn a_column_in_the_way_stops_it_and_nothing_is_done(kit: Kit) {
    kit.sql(SEED).await;
    kit.sql("ALTER TABLE tenants ADD COLUMN status INT").await;
    let error = kit.store.migrate().await.unwrap_err();
    assert!(
        matches!(
            error,
            StoreError::Migration {
                name: "tenants-1",
                ..
            }
        ),
        "{error}"
    );
    kit.store.set(&acme(1), &alice()).await.unwrap();
    assert_eq!(
        kit.store.get(&id("acme")).await.unwrap().unwrap().config,
        acme(1)
    );
    kit.sql("ALTER TABLE tenants DROP COLUMN status").await;
    kit.store.migrate().await.unwrap();
}

async fn rows_of_all_kinds_survive_it(kit: Kit) {
    kit.sql(SEED).await;
    kit.sql("INSERT INTO tenants (id, allowed_models) VALUES ('broken', '['), ('no tenant', NULL)")
        .await;
    if kit.dialect() == Dialect::Sqlite {
        kit.sql("INSERT INTO tenants (id, metadata) VALUES (NULL, x'ff'), (x'ff', 7)")
            .await;
    }
    kit.store.migrate().await.unwrap();
    assert!(kit.store.get(&id("broken")).await.is_err());
    kit.sql("UPDATE tenants SET metadata = '{}'").await;
    kit.sql("DELETE FROM tenants").await;
    assert_eq!(kit.store.get(&id("broken")).await.unwrap(), None);
}

async fn a_table_that_was_made_anew_is_told(kit: Kit) {
    kit.store.migrate().await.unwrap();
    kit.sql("DROP TABLE tenants").await;
    let gone = kit.store.migrate().await.unwrap_err();
    assert!(matches!(gone, StoreError::ColumnsLost), "{gone}");
    kit.sql(SEED).await;
    let lost = kit.store.migrate().await.unwrap_err();
    assert!(matches!(lost, StoreError::ColumnsLost), "{lost}");
    // It serves as the plain table that it is.
    kit.store.set(&acme(1), &alice()).await.unwrap();
}

/// Another role writes the table and knows nothing of the rest; its session has a time zone and an odd search path.
#[cfg(feature = "postgres")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_may_write_tenants_needs_no_rights_on_the_rest() {
    let kit = Kit::postgres().await;
    let role = kit.cell("SELECT 'writer_' || current_database()").await;
    kit.sql("CREATE SCHEMA app; ALTER DATABASE db_here SET search_path = extra, app, public; CREATE SCHEMA extra"
        .replace("db_here", &kit.cell("SELECT current_database()::text").await)
        .as_str())
        .await;
    kit.sql(&SEED.replace("TABLE tenants", "TABLE app.tenants"))
        .await;
    let store = kit.another().await;
    store.migrate().await.unwrap();
    kit.sql(&format!(
        "CREATE ROLE {role}; GRANT USAGE ON SCHEMA app TO {role}; \
         GRANT SELECT, INSERT, UPDATE, DELETE ON app.tenants TO {role}"
    ))
    .await;
    kit.sql(&format!(
        "SET ROLE {role}; SET TIME ZONE 'Asia/Tokyo'; SET search_path = pg_catalog; \
         CREATE TEMP TABLE tenant_changes (version int); \
         INSERT INTO app.tenants (id, quota_requests_per_minute) VALUES ('acme', 5); \
         UPDATE app.tenants SET quota_requests_per_minute = 6; \
         RESET ROLE; RESET search_path; RESET TIME ZONE; DROP TABLE pg_temp.tenant_changes"
    ))
    .await;
    let stored = store.get(&id("acme")).await.unwrap().unwrap();
    assert_eq!(stored.config, acme(6));
    let history = store
        .history(&id("acme"), None, 10)
        .await
        .unwrap()
        .revisions;
    assert_eq!(history.len(), 2);
    // The times of the row are UTC, as the history's are: they agree to the hour.
    let hour = |time: &str| time.get(..13).unwrap().to_owned();
    let near = [&history[0].at, &history[1].at].map(|at| hour(at));
    assert!(near.contains(&hour(&stored.created_at.unwrap())));
    assert!(near.contains(&hour(&stored.updated_at.unwrap())));
}
