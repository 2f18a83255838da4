//! Who has changed what, and when; whoever it was.

use serde_json::json;

use crate::By;
use crate::store::Dialect;
use crate::store::tests::kit::{Kit, acme, alice, id};

on_both!(
    a_history_has_who_when_what,
    a_history_is_read_in_pages_from_the_newest,
    foreign_writes_are_in_the_history,
    a_name_cannot_do_harm,
);

async fn a_history_has_who_when_what(kit: Kit) {
    let kit = kit.migrated().await;
    let first = kit.store.set(&acme(1), &alice()).await.unwrap();
    let second = kit.store.set(&acme(2), &By::new("bob")).await.unwrap();
    let gone = kit
        .store
        .delete(&id("acme"), &alice())
        .await
        .unwrap()
        .unwrap();
    let again = kit.store.set(&acme(3), &By::new("bob")).await.unwrap();
    let history = kit.store.history(&id("acme"), None, 10).await.unwrap();
    assert_eq!(history.next, None);
    let told: Vec<_> = history
        .revisions
        .iter()
        .map(|revision| {
            let config = |snapshot: &Option<crate::Snapshot>| {
                snapshot
                    .as_ref()
                    .map(|snapshot| snapshot.config.clone().unwrap())
            };
            let by = revision.by.as_ref().unwrap().as_str();
            (
                revision.version,
                by,
                config(&revision.before),
                config(&revision.after),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (again, "bob", None, Some(acme(3))),
            (gone, "alice", Some(acme(2)), None),
            (second, "bob", Some(acme(1)), Some(acme(2))),
            (first, "alice", None, Some(acme(1))),
        ]
    );
    let revision = &history.revisions[3];
    assert!(
        revision.at.starts_with("20") && revision.at.ends_with('Z'),
        "{}",
        revision.at
    );
    let row = &revision.after.as_ref().unwrap().row;
    assert_eq!(row["quota_requests_per_minute"], json!(1));
    assert_eq!(row["allowed_models"], json!([]));
    assert_eq!(row["status"], json!("active"));
}

async fn a_history_is_read_in_pages_from_the_newest(kit: Kit) {
    let kit = kit.migrated().await;
    let mut versions = Vec::new();
    for requests in 0..5 {
        versions.insert(0, kit.store.set(&acme(requests), &alice()).await.unwrap());
    }
    let mut read = Vec::new();
    let mut before = None;
    loop {
        let page = kit.store.history(&id("acme"), before, 2).await.unwrap();
        read.extend(page.revisions.iter().map(|revision| revision.version));
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    assert_eq!(read, versions);
}

async fn foreign_writes_are_in_the_history(kit: Kit) {
    let kit = kit.migrated().await;
    kit.store.set(&acme(1), &alice()).await.unwrap();
    for text in [
        "UPDATE tenants SET quota_requests_per_minute = 2, version = 1",
        "UPDATE tenants SET version = version + 1000000000",
        "DELETE FROM tenants",
        "INSERT INTO tenants (id, quota_requests_per_minute, version) VALUES ('acme', 3, 77)",
        "UPDATE tenants SET id = 'acme2'",
        "INSERT INTO tenants (id) VALUES ('acme') ON CONFLICT (id) DO NOTHING",
        "INSERT INTO tenants (id) VALUES ('acme') ON CONFLICT (id) DO UPDATE SET quota_requests_per_minute = 4",
    ] {
        kit.sql(text).await;
    }
    match kit.dialect() {
        Dialect::Sqlite => {
            kit.sql("INSERT OR REPLACE INTO tenants (id) VALUES ('acme')")
                .await;
        }
        Dialect::Postgres => kit.sql("TRUNCATE tenants").await,
    }
    let mut history = kit
        .store
        .history(&id("acme"), None, 100)
        .await
        .unwrap()
        .revisions;
    history.reverse();
    let requests = |snapshot: &Option<crate::Snapshot>| {
        let config = snapshot.as_ref()?.config.clone().unwrap();
        Some(config.quota.requests_per_minute)
    };
    let told: Vec<_> = history
        .iter()
        .map(|revision| (requests(&revision.before), requests(&revision.after)))
        .collect();
    let last = match kit.dialect() {
        Dialect::Sqlite => (Some(4), Some(0)),
        Dialect::Postgres => (Some(4), None),
    };
    assert_eq!(
        told,
        [
            (None, Some(1)),
            (Some(1), Some(2)),
            (Some(2), Some(2)),
            (Some(2), None),
            (None, Some(3)),
            (Some(3), None),
            (None, Some(0)),
            (Some(0), Some(4)),
            last,
        ]
    );
    assert!(
        history
            .windows(2)
            .all(|pair| pair[0].version < pair[1].version)
    );
    assert!(history.iter().skip(1).all(|revision| revision.by.is_none()));
    let renamed = kit
        .store
        .history(&id("acme2"), None, 10)
        .await
        .unwrap()
        .revisions;
    assert_eq!(requests(&renamed.last().unwrap().after), Some(3));
    assert_eq!(renamed.last().unwrap().before, None);
    if kit.dialect() == Dialect::Sqlite {
        let stored = kit.store.get(&id("acme")).await.unwrap().unwrap();
        assert_eq!(stored.version, history.last().unwrap().version);
    }
}

async fn a_name_cannot_do_harm(kit: Kit) {
    let kit = kit.migrated().await;
    let name = "Robert'); DROP TABLE tenants;--\u{0}\n\u{1b}[31m";
    kit.store.set(&acme(1), &By::new(name)).await.unwrap();
    kit.store
        .set(&acme(2), &By::new(&"ü".repeat(1_000)))
        .await
        .unwrap();
    kit.store.set(&acme(3), &By::new("")).await.unwrap();
    let history = kit.store.history(&id("acme"), None, 10).await.unwrap();
    let by: Vec<_> = history
        .revisions
        .iter()
        .map(|revision| revision.by.clone())
        .collect();
    assert_eq!(
        by[2].as_ref().unwrap().as_str(),
        "Robert'); DROP TABLE tenants;--   [31m"
    );
    assert_eq!(by[1].as_ref().unwrap().as_str(), "ü".repeat(255));
    assert_eq!(by[0], None);
}
