//! A table that the seed's SQL made, before and after it is migrated.

use std::time::Duration;

use tollgate::{Dimension, LimitConfig, Status, TenantConfig};

use crate::store::Dialect;
use crate::store::tests::kit::{Kit, SEED, acme, alice, id};
use crate::{Expected, Filter, StoreError};

on_both!(
    the_seeds_table_is_read_and_written_as_it_stands,
    what_it_has_no_place_for_is_refused,
    versions_grow_with_what_is_seen,
    a_migration_keeps_everything_and_is_noticed,
    a_migration_elsewhere_is_noticed,
    a_database_without_the_table_says_so,
    another_programs_table_says_what_it_lacks,
);

async fn the_seeds_table_is_read_and_written_as_it_stands(kit: Kit) {
    kit.sql(SEED).await;
    kit.sql(
        r#"INSERT INTO tenants (id, quota_requests_per_minute, quota_tokens_per_minute, allowed_models,
           allowed_tools, metadata) VALUES ('acme-corp', 100, 10000, '["gpt-4","gpt-3.5-turbo"]',
           '["search","calculator"]', '{"plan":"pro"}'), ('bare', NULL, NULL, NULL, NULL, NULL), ('empty', 0, 0, '', '', '')"#,
    )
    .await;
    let acme = TenantConfig::new(id("acme-corp"))
        .requests_per_minute(100)
        .tokens_per_minute(10_000)
        .allow_models(["gpt-4", "gpt-3.5-turbo"])
        .allow_tools(["search", "calculator"])
        .metadata("plan", "pro");
    let stored = kit.store.get(&id("acme-corp")).await.unwrap().unwrap();
    assert_eq!(stored.config, acme);
    for name in ["bare", "empty"] {
        let stored = kit.store.get(&id(name)).await.unwrap().unwrap();
        assert_eq!(stored.config, TenantConfig::new(id(name)));
    }

    let more = acme.requests_per_minute(200);
    kit.store.set(&more, &alice()).await.unwrap();
    kit.store
        .set_if(&TenantConfig::new(id("new")), Expected::Absent, &alice())
        .await
        .unwrap();
    let row = "SELECT quota_requests_per_minute || ' ' || allowed_models || ' ' || metadata FROM tenants WHERE id = ";
    assert_eq!(
        kit.cell(&format!("{row}'acme-corp'")).await,
        r#"200 ["gpt-4","gpt-3.5-turbo"] {"plan":"pro"}"#
    );
    assert_eq!(kit.cell(&format!("{row}'new'")).await, "0 [] {}");
    let stored = kit.store.get(&id("acme-corp")).await.unwrap().unwrap();
    assert_eq!(stored.config, more);
    let again = TenantConfig::new(id("new"));
    let conflict = kit.store.set_if(&again, Expected::Absent, &alice()).await;
    assert!(matches!(conflict, Err(StoreError::Conflict { .. })));

    assert!(
        kit.store
            .delete(&id("bare"), &alice())
            .await
            .unwrap()
            .is_some()
    );
    assert_eq!(kit.store.delete(&id("bare"), &alice()).await.unwrap(), None);
    let page = kit.store.list(&Filter::default()).await.unwrap();
    let ids: Vec<_> = page
        .tenants
        .iter()
        .map(|tenant| tenant.tenant.as_str())
        .collect();
    assert_eq!(ids, ["acme-corp", "empty", "new"]);
}

async fn what_it_has_no_place_for_is_refused(kit: Kit) {
    kit.sql(SEED).await;
    let second = Duration::from_secs(1);
    let config = acme(1)
        .limit(LimitConfig::sliding(
            "burst",
            Dimension::Requests,
            1,
            second,
        ))
        .parent(id("parent"))
        .status(Status::Suspended)
        .allow_methods(["GET"])
        .allow_paths(["/"])
        .feature("beta", true);
    let refused = kit.store.set(&config, &alice()).await.unwrap_err();
    assert_eq!(
        refused.to_string(),
        "tenant acme: quota.limits, parent, status, policy.allowed_methods, policy.allowed_paths, policy.features: \
         the table tenants has no columns for that: run TenantStore::migrate"
    );
    let expected = Expected::Version(1);
    let refused = [
        kit.store
            .set_if(&acme(1), expected, &alice())
            .await
            .map(drop),
        kit.store
            .delete_if(&id("acme"), 1, &alice())
            .await
            .map(drop),
        kit.store.history(&id("acme"), None, 10).await.map(drop),
    ];
    for refused in refused {
        let refused = refused.unwrap_err();
        assert!(
            matches!(refused, StoreError::NotMigrated { .. }),
            "{refused}"
        );
    }
    let suspended = Filter::default().status(Status::Suspended);
    assert!(kit.store.list(&suspended).await.unwrap().tenants.is_empty());

    let large = kit.store.set(&acme(3_000_000_000), &alice()).await;
    match kit.dialect() {
        Dialect::Sqlite => drop(large.unwrap()),
        Dialect::Postgres => assert_eq!(
            large.unwrap_err().to_string(),
            "tenant acme: column quota_requests_per_minute holds at most 2147483647, and 3000000000 is more: \
             run TenantStore::migrate"
        ),
    }
    kit.store.migrate().await.unwrap();
    kit.store.set(&acme(3_000_000_000), &alice()).await.unwrap();
}

async fn versions_grow_with_what_is_seen(kit: Kit) {
    kit.sql(SEED).await;
    let version = async || kit.store.get(&id("acme")).await.unwrap().unwrap().version;
    let written = kit.store.set(&acme(1), &alice()).await.unwrap();
    let first = version().await;
    assert!(first >= written);
    assert_eq!(version().await, first);
    // Nothing but the content tells that this one was here.
    kit.sql("UPDATE tenants SET quota_requests_per_minute = 2")
        .await;
    let second = version().await;
    assert!(second > first);
    let gone = kit
        .store
        .delete(&id("acme"), &alice())
        .await
        .unwrap()
        .unwrap();
    assert!(gone > second);
    assert!(kit.store.set(&acme(2), &alice()).await.unwrap() > gone);
    kit.store.migrate().await.unwrap();
    let migrated = version().await;
    assert!(migrated > gone);
    assert!(kit.store.set(&acme(3), &alice()).await.unwrap() > migrated);
}

async fn a_migration_keeps_everything_and_is_noticed(kit: Kit) {
    kit.sql(SEED).await;
    kit.sql(
        r#"INSERT INTO tenants (id, quota_requests_per_minute, allowed_models, created_at, updated_at)
           VALUES ('acme', 7, '["gpt-4"]', '2026-01-02 03:04:05', '2026-02-03 04:05:06'), ('bare', NULL, NULL, NULL, NULL)"#,
    )
    .await;
    let before = kit.store.list(&Filter::default()).await.unwrap().tenants;
    kit.store.migrate().await.unwrap();
    let after = kit.store.list(&Filter::default()).await.unwrap().tenants;
    assert_eq!(before.len(), 2);
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(before.config, after.config);
        assert_eq!(before.created_at, after.created_at);
        assert_eq!(before.updated_at, after.updated_at);
        assert!(after.version > before.version);
        let history = kit.store.history(&after.tenant, None, 10).await.unwrap();
        assert_eq!(history.revisions.len(), 1);
        assert_eq!(history.revisions[0].version, after.version);
        assert_eq!(history.revisions[0].before, None);
        assert_eq!(
            history.revisions[0].after.as_ref().unwrap().config,
            after.config
        );
    }
    assert!(
        after[0]
            .created_at
            .as_ref()
            .unwrap()
            .starts_with("2026-01-02T03:04:05.000")
    );

    // The program that made the table goes on with what it knows.
    kit.sql("INSERT INTO tenants (id, quota_requests_per_minute) VALUES ('new', 9)")
        .await;
    kit.sql("UPDATE tenants SET quota_requests_per_minute = 8 WHERE id = 'bare'")
        .await;
    let new = kit.store.get(&id("new")).await.unwrap().unwrap();
    assert_eq!(
        new.config,
        TenantConfig::new(id("new")).requests_per_minute(9)
    );
    assert!(new.created_at.is_some() && new.version > after[1].version);
    let bare = kit.store.get(&id("bare")).await.unwrap().unwrap();
    assert!(bare.version > new.version && bare.updated_at.is_some());
}

async fn a_migration_elsewhere_is_noticed(kit: Kit) {
    kit.sql(SEED).await;
    kit.store.set(&acme(1), &alice()).await.unwrap();
    let elsewhere = kit.another().await;
    elsewhere.migrate().await.unwrap();
    elsewhere
        .set(&acme(1).status(Status::Suspended), &alice())
        .await
        .unwrap();
    tokio::time::sleep(Duration::from_millis(1_050)).await;
    let stored = kit.store.get(&id("acme")).await.unwrap().unwrap();
    assert_eq!(stored.config.status, Status::Suspended);
}

async fn a_database_without_the_table_says_so(kit: Kit) {
    let error = kit.store.get(&id("acme")).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the database has no table tenants: run TenantStore::migrate"
    );
    kit.store.migrate().await.unwrap();
    assert_eq!(kit.store.get(&id("acme")).await.unwrap(), None);
}

async fn another_programs_table_says_what_it_lacks(kit: Kit) {
    kit.sql("CREATE TABLE tenants (id VARCHAR(255) PRIMARY KEY, name TEXT)")
        .await;
    let error = kit.store.get(&id("acme")).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the table tenants has no column quota_requests_per_minute"
    );
}
