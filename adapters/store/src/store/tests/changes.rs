//! The feed of changes: nothing that was committed is missed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tollgate::{TenantConfig, TenantId};

use crate::backend::{Backend, Changed, Cursor};
use crate::store::TenantStore;
use crate::store::tests::kit::{Kit, SEED, acme, alice, id};

on_both!(
    changes_are_told_from_where_one_left_off,
    of_many_changes_the_last_is_told,
    what_others_write_is_told,
    a_cursor_of_another_database_tells_everything,
    nothing_is_missed_beside_many_writers,
    many_changes_are_told_in_parts,
    a_plain_table_tells_what_it_can,
    a_plain_table_that_was_loaded_at_once_is_not_told_as_a_whole,
    a_cursor_survives_the_migration,
);

async fn now(store: &TenantStore) -> Cursor {
    let changes = Backend::changes(store, None).await.unwrap();
    assert!(changes.tenants.is_empty());
    changes.next
}

async fn told(store: &TenantStore, since: Cursor) -> (BTreeMap<TenantId, Changed>, Cursor) {
    let changes = Backend::changes(store, Some(since)).await.unwrap();
    let tenants = changes.tenants.into_iter();
    (
        tenants
            .map(|changed| (changed.id.clone(), changed))
            .collect(),
        changes.next,
    )
}

/// Where to go on once nothing is told any more: other tests' transactions on the same server may still run.
async fn told_no_more(store: &TenantStore, mut since: Cursor) -> Cursor {
    for _ in 0..2_000 {
        let (changed, next) = told(store, since).await;
        if changed.is_empty() {
            return next;
        }
        since = next;
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("the same changes are told for ever");
}

async fn changes_are_told_from_where_one_left_off(kit: Kit) {
    let kit = kit.migrated().await;
    kit.store.set(&acme(1), &alice()).await.unwrap();
    let next = told_no_more(&kit.store, now(&kit.store).await).await;
    let version = kit.store.set(&acme(2), &alice()).await.unwrap();
    let (changed, next) = told(&kit.store, next).await;
    assert_eq!((changed.len(), changed[&id("acme")].version), (1, version));
    assert!(!changed[&id("acme")].removed);
    let gone = kit
        .store
        .delete(&id("acme"), &alice())
        .await
        .unwrap()
        .unwrap();
    let (changed, next) = told(&kit.store, next).await;
    assert!(changed[&id("acme")].removed && changed[&id("acme")].version == gone);
    told_no_more(&kit.store, next).await;
}

async fn of_many_changes_the_last_is_told(kit: Kit) {
    let kit = kit.migrated().await;
    let start = now(&kit.store).await;
    let first = kit.store.set(&acme(1), &alice()).await.unwrap();
    kit.store.delete(&id("acme"), &alice()).await.unwrap();
    let last = kit.store.set(&acme(2), &alice()).await.unwrap();
    let changes = kit.store.changes_since(Some(start)).await.unwrap();
    assert_eq!(changes.tenants.len(), 1);
    assert_eq!(changes.tenants[0].version, last);
    assert_eq!(changes.tenants[0].first, first);
    assert!(changes.complete && !changes.tenants[0].removed);
}

async fn what_others_write_is_told(kit: Kit) {
    let kit = kit.migrated().await;
    let start = now(&kit.store).await;
    kit.sql("INSERT INTO tenants (id) VALUES ('a'), ('b'), ('c'), ('no tenant')")
        .await;
    kit.sql("UPDATE tenants SET quota_requests_per_minute = 5 WHERE id = 'a'")
        .await;
    kit.sql("DELETE FROM tenants WHERE id = 'b'").await;
    kit.sql("UPDATE tenants SET id = 'd' WHERE id = 'c'").await;
    let (changed, _) = told(&kit.store, start).await;
    let told: Vec<_> = changed
        .values()
        .map(|changed| (changed.id.as_str(), changed.removed))
        .collect();
    assert_eq!(told, [("a", false), ("b", true), ("c", true), ("d", false)]);
    let loaded = kit.store.get(&id("a")).await.unwrap().unwrap();
    assert_eq!(loaded.version, changed[&id("a")].version);
}

async fn a_cursor_of_another_database_tells_everything(kit: Kit) {
    let kit = kit.migrated().await;
    let version = kit.store.set(&acme(1), &alice()).await.unwrap();
    for at in [u64::MAX, u64::from(u32::MAX) << 31] {
        let (changed, next) = told(&kit.store, Cursor::at(at, at)).await;
        assert_eq!(changed[&id("acme")].version, version);
        told_no_more(&kit.store, next).await;
    }
}

async fn nothing_is_missed_beside_many_writers(kit: Kit) {
    let kit = kit.migrated().await;
    let done = Arc::new(AtomicBool::new(false));
    let reader = {
        let (store, done) = (kit.another().await, Arc::clone(&done));
        let mut cursor = now(&store).await;
        tokio::spawn(async move {
            let mut seen = BTreeMap::new();
            loop {
                let last = done.load(Ordering::Acquire);
                let (changed, next) = told(&store, cursor).await;
                cursor = next;
                for (id, changed) in changed {
                    let version = seen.entry(id).or_insert(0);
                    *version = std::cmp::max(*version, changed.version);
                }
                if last {
                    return seen;
                }
            }
        })
    };
    let writers = (0..6_u64).map(|task| {
        let store = kit.store.clone();
        tokio::spawn(async move {
            let mut versions = BTreeMap::new();
            for round in 0..30_u64 {
                let config = TenantConfig::new(id(&format!("t{task}-{}", round % 10)));
                let config = config.requests_per_minute(round);
                let version = store.set(&config, &alice()).await.unwrap();
                versions.insert(config.tenant_id, version);
            }
            versions
        })
    });
    let mut written = BTreeMap::new();
    for writer in writers.collect::<Vec<_>>() {
        written.append(&mut writer.await.unwrap());
    }
    done.store(true, Ordering::Release);
    assert_eq!(reader.await.unwrap(), written);
}

async fn many_changes_are_told_in_parts(kit: Kit) {
    let kit = kit.migrated().await;
    let mut cursor = now(&kit.store).await;
    kit.sql(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 12000)
        INSERT INTO tenants (id) SELECT 't' || i FROM n",
    )
    .await;
    kit.sql("DELETE FROM tenants WHERE id = 't1'").await;
    let last = kit.store.set(&acme(1), &alice()).await.unwrap();
    let mut seen = BTreeMap::new();
    let mut parts = 0;
    loop {
        let changes = Backend::changes(&kit.store, Some(cursor)).await.unwrap();
        assert!(changes.tenants.len() <= 5_000, "so that it takes no longer");
        for changed in changes.tenants {
            seen.insert(changed.id.clone(), changed);
        }
        parts += 1;
        cursor = changes.next;
        if !changes.more {
            break;
        }
        // Between two parts others write.
        kit.sql("UPDATE tenants SET quota_requests_per_minute = 7 WHERE id = 't2'")
            .await;
    }
    assert_eq!((seen.len(), parts), (12_001, 3));
    assert!(seen[&id("t1")].removed);
    assert_eq!(seen[&id("acme")].version, last);
    let (late, _) = told(&kit.store, cursor).await;
    let t2 = kit.store.get(&id("t2")).await.unwrap().unwrap().version;
    let told = seen[&id("t2")]
        .version
        .max(late.get(&id("t2")).map_or(0, |late| late.version));
    assert_eq!(told, t2);
}

async fn a_plain_table_tells_what_it_can(kit: Kit) {
    kit.sql(SEED).await;
    kit.sql("INSERT INTO tenants (id, updated_at) VALUES ('old', '2020-01-01 00:00:00')")
        .await;
    kit.store.set(&acme(1), &alice()).await.unwrap();
    let start = now(&kit.store).await;
    kit.store.set(&acme(2), &alice()).await.unwrap();
    let (changed, next) = told(&kit.store, start).await;
    assert_eq!(changed.keys().collect::<Vec<_>>(), [&id("acme")]);
    let stored = kit.store.get(&id("acme")).await.unwrap().unwrap();
    assert_eq!(stored.version, changed[&id("acme")].version);
    // A clock that is far ahead must not hide what comes after.
    kit.sql("INSERT INTO tenants (id, updated_at) VALUES ('ahead', '2120-01-01 00:00:00')")
        .await;
    let (_, next) = told(&kit.store, next).await;
    kit.store.set(&acme(3), &alice()).await.unwrap();
    let (changed, _) = told(&kit.store, next).await;
    assert!(changed.contains_key(&id("acme")) && changed.contains_key(&id("ahead")));
}

async fn a_plain_table_that_was_loaded_at_once_is_not_told_as_a_whole(kit: Kit) {
    kit.sql(SEED).await;
    kit.sql(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 6000)
        INSERT INTO tenants (id, updated_at) SELECT 't' || i, '2020-01-01 00:00:00' FROM n",
    )
    .await;
    let start = now(&kit.store).await;
    let (changed, next) = told(&kit.store, start).await;
    assert_eq!(changed.len(), 5_000);
    kit.store.set(&acme(1), &alice()).await.unwrap();
    let (changed, _) = told(&kit.store, next).await;
    assert!(
        changed.contains_key(&id("acme")),
        "the latest are told first"
    );
}

async fn a_cursor_survives_the_migration(kit: Kit) {
    kit.sql(SEED).await;
    kit.store.set(&acme(1), &alice()).await.unwrap();
    let plain = now(&kit.store).await;
    kit.store.migrate().await.unwrap();
    let (changed, next) = told(&kit.store, plain).await;
    assert!(changed.contains_key(&id("acme")));
    told_no_more(&kit.store, next).await;
}

/// The order of commits is not that of the numbers: the transaction that took the lower ones ends last.
#[cfg(feature = "postgres")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_that_commits_late_is_not_missed() {
    use sqlx::Executor;

    // Others' transactions would have changes told again that would be missed without them.
    let (kit, _server) = Kit::postgres_alone().await;
    let kit = kit.migrated().await;
    let pool = sqlx::PgPool::connect(&kit.url).await.unwrap();
    let start = now(&kit.store).await;
    let mut late = pool.begin().await.unwrap();
    late.execute("INSERT INTO tenants (id) VALUES ('late')")
        .await
        .unwrap();
    let early = kit.store.set(&acme(1), &alice()).await.unwrap();

    let (changed, next) = told(&kit.store, start).await;
    assert_eq!(changed[&id("acme")].version, early);
    assert!(!changed.contains_key(&id("late")));
    // More transactions come and go, and the cursor is told each time.
    kit.store.set(&acme(2), &alice()).await.unwrap();
    let (_, next) = told(&kit.store, next).await;

    late.commit().await.unwrap();
    let (changed, next) = told(&kit.store, next).await;
    assert!(
        changed[&id("late")].version < early,
        "the test means what it says"
    );
    told_no_more(&kit.store, next).await;
}

/// A tenant that is removed by one transaction and added by another, which waits for the first.
#[cfg(feature = "postgres")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tenant_added_behind_its_removal_has_the_higher_version() {
    use sqlx::Executor;

    let kit = Kit::postgres().await.migrated().await;
    kit.store.set(&acme(1), &alice()).await.unwrap();
    let pool = sqlx::PgPool::connect(&kit.url).await.unwrap();
    let mut removal = pool.begin().await.unwrap();
    let lock = "SELECT 1 FROM tenants WHERE id = 'acme' FOR UPDATE";
    removal.execute(lock).await.unwrap();
    let adding = {
        let store = kit.another().await;
        tokio::spawn(async move { store.set(&acme(2), &alice()).await.unwrap() })
    };
    // Until the other one waits for us.
    let waiting = "SELECT count(*)::text FROM pg_locks WHERE NOT granted";
    while kit.cell(waiting).await == "0" {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    removal
        .execute("DELETE FROM tenants WHERE id = 'acme'")
        .await
        .unwrap();
    removal.commit().await.unwrap();
    let added = adding.await.unwrap();
    let history = kit
        .store
        .history(&id("acme"), None, 10)
        .await
        .unwrap()
        .revisions;
    let ends: Vec<_> = history
        .iter()
        .map(|revision| revision.after.is_some())
        .collect();
    assert_eq!(ends, [true, false, true]);
    assert_eq!(history[0].version, added);
    assert_eq!(
        kit.store.get(&id("acme")).await.unwrap().unwrap().version,
        added
    );
}

/// As a backup brings it along that was made on an older server.
#[cfg(feature = "postgres")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_backup_brought_along_is_not_told_for_ever() {
    let kit = Kit::postgres().await.migrated().await;
    let start = now(&kit.store).await;
    kit.sql(
        "INSERT INTO tenant_changes (version, tenant_id, transaction_id) VALUES (1, 'old', '9000000000')",
    )
    .await;
    let next = told_no_more(&kit.store, start).await;
    kit.store.set(&acme(1), &alice()).await.unwrap();
    let (changed, _) = told(&kit.store, next).await;
    assert_eq!(changed.keys().collect::<Vec<_>>(), [&id("acme")]);
    // Who comes from the older server itself is told all.
    let (changed, _) = told(&kit.store, Cursor::at(9_000_000_001, u64::MAX)).await;
    assert_eq!(changed.len(), 2);
}

/// After a crash PostgreSQL goes on with the last number of a transaction that it had written down.
#[cfg(feature = "postgres")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_is_told_whose_transaction_has_a_number_of_before_a_crash() {
    let kit = Kit::postgres().await.migrated().await;
    kit.store.set(&acme(1), &alice()).await.unwrap();
    let before = now(&kit.store).await;
    kit.store.set(&acme(2), &alice()).await.unwrap();
    // As if the number of this transaction had been given away before the cursor was taken.
    let after = told_no_more(&kit.store, before).await;
    let cursor = Cursor::at(after.at, before.version);
    let (changed, next) = told(&kit.store, cursor).await;
    assert_eq!(changed.keys().collect::<Vec<_>>(), [&id("acme")]);
    told_no_more(&kit.store, next).await;
}

#[cfg(feature = "postgres")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_committed_write_notifies_once_and_one_that_is_undone_does_not() {
    let kit = Kit::postgres().await.migrated().await;
    let mut listener = sqlx::postgres::PgListener::connect(&kit.url).await.unwrap();
    listener.listen("tollgate_tenants").await.unwrap();
    kit.sql("BEGIN; INSERT INTO tenants (id) VALUES ('undone'); ROLLBACK")
        .await;
    kit.sql("INSERT INTO tenants (id) VALUES ('a'), ('b'), ('c')")
        .await;
    kit.sql("DELETE FROM tenants").await;
    kit.sql("NOTIFY tollgate_tenants, 'end'").await;
    let mut told = Vec::new();
    while told.last().is_none_or(|last| last != "end") {
        told.push(listener.recv().await.unwrap().payload().to_owned());
    }
    assert_eq!(told, ["public", "public", "end"]);
}
