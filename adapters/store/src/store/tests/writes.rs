//! Conditional writes, and versions that grow.

use tollgate::{Status, TenantConfig};

use crate::store::tests::kit::{Kit, acme, alice, id};
use crate::{Expected, StoreError};

on_both!(
    of_those_who_expect_the_same_one_wins,
    of_those_who_expect_nobody_one_wins,
    a_conflict_tells_both_versions,
    versions_grow_over_removals,
    a_config_that_is_not_valid_is_not_written,
    a_broken_row_is_told_and_can_be_repaired,
    upserts_updates_and_removals_from_all_sides_end_well,
);

async fn of_those_who_expect_the_same_one_wins(kit: Kit) {
    let kit = kit.migrated().await;
    let mut version = kit.store.set(&acme(0), &alice()).await.unwrap();
    for round in 1..=5_u64 {
        let attempts = (0..8).map(|task| {
            let store = kit.store.clone();
            tokio::spawn(async move {
                let config = acme(round * 100 + task);
                let written = store
                    .set_if(&config, Expected::Version(version), &alice())
                    .await;
                (config, written)
            })
        });
        let mut won = Vec::new();
        for attempt in attempts.collect::<Vec<_>>() {
            match attempt.await.unwrap() {
                (config, Ok(version)) => won.push((config, version)),
                (_, Err(StoreError::Conflict { .. })) => {}
                (_, Err(other)) => panic!("{other:?}"),
            }
        }
        assert_eq!(won.len(), 1);
        let (config, new) = won.remove(0);
        assert!(new > version);
        version = new;
        let stored = kit.store.get(&id("acme")).await.unwrap().unwrap();
        assert_eq!((stored.config, stored.version), (config, version));
    }
    let history = kit.store.history(&id("acme"), None, 100).await.unwrap();
    assert_eq!(history.revisions.len(), 6);
}

async fn of_those_who_expect_nobody_one_wins(kit: Kit) {
    let kit = kit.migrated().await;
    let attempts = (0..8).map(|task| {
        let store = kit.store.clone();
        tokio::spawn(async move { store.set_if(&acme(task), Expected::Absent, &alice()).await })
    });
    let mut versions = Vec::new();
    for attempt in attempts.collect::<Vec<_>>() {
        versions.extend(attempt.await.unwrap().ok());
    }
    assert_eq!(versions.len(), 1);
    let stored = kit.store.get(&id("acme")).await.unwrap().unwrap();
    assert_eq!(stored.version, versions[0]);
}

async fn a_conflict_tells_both_versions(kit: Kit) {
    let kit = kit.migrated().await;
    let absent = kit
        .store
        .set_if(&acme(1), Expected::Version(5), &alice())
        .await;
    assert_eq!(
        absent.unwrap_err().to_string(),
        "tenant acme: expected version 5, found no such tenant"
    );
    let version = kit.store.set(&acme(1), &alice()).await.unwrap();
    let stale = kit
        .store
        .set_if(&acme(2), Expected::Version(5), &alice())
        .await;
    assert_eq!(
        stale.unwrap_err().to_string(),
        format!("tenant acme: expected version 5, found version {version}")
    );
    let there = kit.store.set_if(&acme(2), Expected::Absent, &alice()).await;
    assert_eq!(
        there.unwrap_err().to_string(),
        format!("tenant acme: expected no such tenant, found version {version}")
    );
    let stale = kit.store.delete_if(&id("acme"), 5, &alice()).await;
    assert_eq!(
        stale.unwrap_err().to_string(),
        format!("tenant acme: expected version 5, found version {version}")
    );
    let gone = kit
        .store
        .delete_if(&id("acme"), version, &alice())
        .await
        .unwrap();
    assert!(gone > version);
    let again = kit.store.delete_if(&id("acme"), version, &alice()).await;
    assert_eq!(
        again.unwrap_err().to_string(),
        format!("tenant acme: expected version {version}, found no such tenant")
    );
}

async fn versions_grow_over_removals(kit: Kit) {
    let kit = kit.migrated().await;
    let mut last = 0;
    for round in 0..5 {
        let set = kit.store.set(&acme(round), &alice()).await.unwrap();
        let gone = kit
            .store
            .delete(&id("acme"), &alice())
            .await
            .unwrap()
            .unwrap();
        assert!(last < set && set < gone);
        last = gone;
    }
    assert_eq!(kit.store.delete(&id("acme"), &alice()).await.unwrap(), None);
}

async fn a_config_that_is_not_valid_is_not_written(kit: Kit) {
    let kit = kit.migrated().await;
    let mut config = acme(1).allow_methods(["get"]).allow_paths(["api"]);
    config.parent = Some(id("acme"));
    let error = kit.store.set(&config, &alice()).await.unwrap_err();
    let StoreError::InvalidConfig { problems, .. } = error else {
        panic!("{error}");
    };
    assert_eq!(problems.iter().count(), 3, "{problems}");
    assert_eq!(kit.store.get(&id("acme")).await.unwrap(), None);
}

async fn a_broken_row_is_told_and_can_be_repaired(kit: Kit) {
    let kit = kit.migrated().await;
    kit.store.set(&acme(1), &alice()).await.unwrap();
    kit.sql(r"UPDATE tenants SET allowed_models = '[gpt-4]', limits = '{}'")
        .await;
    let error = kit.store.get(&id("acme")).await.unwrap_err();
    let text = error.to_string();
    assert!(
        text.starts_with(
            "tenant acme: column allowed_models \"[gpt-4]\": is not JSON: expected value at line 1 column 2; \
             column limits {}: must be a list"
        ),
        "{text}"
    );
    // The schema itself refuses what would let a tenant pass for what it is not.
    let typo = "UPDATE tenants SET status = 'Suspended' WHERE id = 'acme'";
    assert!(kit.try_sql(typo).await.is_err());
    let fixed = acme(2).status(Status::Suspended);
    kit.store.set(&fixed, &alice()).await.unwrap();
    assert_eq!(
        kit.store.get(&id("acme")).await.unwrap().unwrap().config,
        fixed
    );
}

/// The order of locks of upserts, plain updates, removals and inserts must not make them wait for one another in a
/// circle; and the versions of each tenant are all different.
async fn upserts_updates_and_removals_from_all_sides_end_well(kit: Kit) {
    let kit = kit.migrated().await;
    let tasks = (0..6_u64).map(|task| {
        let store = kit.store.clone();
        tokio::spawn(async move {
            for round in 0..25_u64 {
                let config = TenantConfig::new(id(&format!("t{}", round % 2)));
                let config = config.requests_per_minute(task * 100 + round);
                if task < 4 {
                    store.set(&config, &alice()).await.unwrap();
                } else {
                    store.delete(&config.tenant_id, &alice()).await.unwrap();
                }
            }
        })
    });
    let tasks: Vec<_> = tasks.collect();
    for _ in 0..25 {
        kit.sql("UPDATE tenants SET metadata = '{}' WHERE id = 't1'")
            .await;
    }
    for task in tasks {
        task.await.unwrap();
    }
    for tenant in ["t0", "t1"] {
        let mut revisions = kit
            .store
            .history(&id(tenant), None, 1_000)
            .await
            .unwrap()
            .revisions;
        revisions.reverse();
        // Each change was made to what the one before it left.
        for pair in revisions.windows(2) {
            assert!(pair[0].version < pair[1].version);
            assert_eq!(pair[0].after, pair[1].before);
        }
        let stored = kit.store.get(&id(tenant)).await.unwrap();
        let last = revisions.last().unwrap();
        assert_eq!(
            stored.map(|stored| stored.config),
            last.after
                .as_ref()
                .map(|after| after.config.clone().unwrap())
        );
    }
}

/// Where transactions are stricter than usual, some fail only because others ran beside them.
#[cfg(feature = "postgres")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strict_transactions_are_tried_again() {
    let kit = Kit::postgres().await.migrated().await;
    let database = kit.cell("SELECT current_database()::text").await;
    kit.sql(&format!(
        "ALTER DATABASE {database} SET default_transaction_isolation = 'serializable'"
    ))
    .await;
    let store = kit.another().await;
    let tasks = (0..8_u64).map(|task| {
        let store = store.clone();
        tokio::spawn(async move {
            for round in 0..5 {
                let config = acme(task * 100 + round);
                store.set(&config, &alice()).await.unwrap();
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    let history = store.history(&id("acme"), None, 100).await.unwrap();
    assert_eq!(history.revisions.len(), 40);
}
