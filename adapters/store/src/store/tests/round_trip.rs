//! What is written is what is read, for every form of a config.

use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tokio::runtime::Handle;
use tollgate::{
    Dimension, LimitConfig, MatchConfig, Period, RawTenant, Status, TenantConfig, TenantId,
};

use crate::store::tests::kit::{Kit, acme, alice, id};
use crate::{Filter, StoreError};

on_both!(
    every_config_survives,
    bounds_survive,
    the_form_of_the_guide_survives
);

fn text() -> impl Strategy<Value = String> {
    // Quotes, backslashes, braces, commas, NULs and letters of all kinds: all must stay what they are.
    prop_oneof![
        "[a-z]{1,8}",
        "[\"'\\\\{}\\[\\],:;%_$1\u{0}\n]{1,6}",
        "\\PC{1,10}"
    ]
}

fn limit(at: usize) -> impl Strategy<Value = LimitConfig> {
    let capacity = 1..=9_007_199_254_740_991_u64;
    (0..5_u8, capacity, 1..86_400_000_u64, any::<[bool; 2]>()).prop_map(
        move |(kind, capacity, ms, [matches, shadow])| {
            let (name, window) = (format!("limit '{at}, {{}}"), Duration::from_millis(ms));
            let limit = match kind {
                0 => LimitConfig::sliding(name, Dimension::Tokens, capacity, window).sub_windows(7),
                1 => LimitConfig::bucket(name, Dimension::Requests, capacity, window, capacity),
                2 => LimitConfig::calendar(name, "bytes".parse().unwrap(), capacity, Period::Month),
                _ => LimitConfig::concurrency(name, Dimension::Requests, capacity),
            };
            let limit = match (kind, shadow) {
                (2, false) => durable(limit),
                (_, false) => limit,
                (_, true) => limit.shadow(),
            };
            if matches {
                let mut only = MatchConfig::default();
                only.models = vec!["gpt-4*".into()];
                only.routes = vec!["/api/*".into()];
                limit.only_for(only)
            } else {
                limit
            }
        },
    )
}

fn durable(mut limit: LimitConfig) -> LimitConfig {
    limit.durable = true;
    limit
}

fn config() -> impl Strategy<Value = TenantConfig> {
    let limits = (0..4_usize).prop_flat_map(|n| (0..n).map(limit).collect::<Vec<_>>());
    let id = "[A-Za-z0-9_-][A-Za-z0-9._-]{0,60}";
    let parent = proptest::option::of("[a-z]{1,8}");
    let names = || proptest::collection::vec(text(), 0..4);
    let metadata = proptest::collection::btree_map(text(), text(), 0..4);
    let features = proptest::collection::btree_map(text(), any::<bool>(), 0..3);
    (
        (id, parent, any::<bool>(), limits),
        (0..=9_007_199_254_740_991_u64, any::<u32>()),
        (names(), names(), metadata, features),
    )
        .prop_map(
            |((id, parent, active, limits), (rpm, tpm), (models, tools, metadata, features))| {
                let mut config = TenantConfig::new(id.parse().unwrap())
                    .requests_per_minute(rpm)
                    .tokens_per_minute(tpm.into())
                    .allow_models(models)
                    .allow_tools(tools)
                    .allow_methods(["GET"])
                    .allow_paths(["/api/*", "/"]);
                config.parent = parent.map(|parent| parent.parse::<TenantId>().unwrap());
                if !active {
                    config = config.status(Status::Suspended);
                }
                config.quota.limits = limits;
                config.metadata = metadata;
                config.policy.features = features;
                config
            },
        )
        .prop_filter("only what can be used is stored", |config| {
            config.compile().is_ok()
        })
}

async fn every_config_survives(kit: Kit) {
    let kit = kit.migrated().await;
    let mut runner = TestRunner::new(Config {
        cases: 100,
        failure_persistence: None,
        ..Config::default()
    });
    let survived = runner.run(&config(), |config| {
        let survives = survives(&kit, config);
        tokio::task::block_in_place(|| Handle::current().block_on(survives));
        Ok(())
    });
    survived.unwrap();
}

async fn survives(kit: &Kit, config: TenantConfig) {
    let version = kit.store.set(&config, &alice()).await.unwrap();
    let stored = kit.store.get(&config.tenant_id).await.unwrap().unwrap();
    assert_eq!(stored.config, config);
    assert_eq!(stored.version, version);
    let page = Filter::default().prefix(config.tenant_id.as_str());
    let page = kit.store.list(&page).await.unwrap();
    assert_eq!(page.tenants[0].config, Ok(config.clone()));
    let history = kit.store.history(&config.tenant_id, None, 1).await.unwrap();
    let after = history.revisions[0].after.as_ref().unwrap();
    assert_eq!(after.config, Ok(config));
}

async fn bounds_survive(kit: Kit) {
    let kit = kit.migrated().await;
    let longest = "x".repeat(TenantId::MAX_LEN);
    let largest = TenantConfig::new(id(&longest))
        .requests_per_minute(9_007_199_254_740_991)
        .tokens_per_minute(9_007_199_254_740_991)
        .parent(id(&"y".repeat(TenantId::MAX_LEN)));
    kit.store.set(&largest, &alice()).await.unwrap();
    let stored = kit.store.get(&id(&longest)).await.unwrap().unwrap();
    assert_eq!(stored.config, largest);

    let error = kit.store.set(&acme(u64::MAX), &alice()).await.unwrap_err();
    let StoreError::InvalidConfig { problems, .. } = error else {
        panic!("{error}");
    };
    assert_eq!(
        problems.to_string(),
        "tenant acme: quota.requests_per_minute 18446744073709551615: \
         must be a whole number from 0 (unlimited) to 9007199254740991"
    );
    assert_eq!(kit.store.get(&id("acme")).await.unwrap(), None);
}

async fn the_form_of_the_guide_survives(kit: Kit) {
    let kit = kit.migrated().await;
    let text = r#"{
        "tenant_id": "acme-corp", "status": "active", "parent": null,
        "quota": {
          "requests_per_minute": 100, "tokens_per_minute": 10000,
          "limits": [
            {"name": "day-tokens", "dimension": "tokens", "capacity": 1000000, "window": "day", "algorithm": "calendar"},
            {"name": "gpt4", "dimension": "tokens", "capacity": 2000, "window": "60s", "algorithm": "sliding", "sub_windows": 30,
             "match": {"models": ["gpt-4*"]}, "enforcement": "shadow"},
            {"name": "burst", "dimension": "requests", "capacity": 600, "window": "60s", "algorithm": "bucket", "burst": 20},
            {"name": "in-flight", "dimension": "requests", "capacity": 8, "algorithm": "concurrency"}]},
        "policy": {"allowed_models": ["gpt-4", "gpt-3.5-turbo"], "allowed_tools": ["search"], "allowed_methods": [],
                   "allowed_paths": ["/api/*"], "features": {"beta": true}},
        "metadata": {"plan": "pro"}}"#;
    let raw: RawTenant = serde_json::from_str(text).unwrap();
    let config = raw.validate().unwrap();
    kit.store.set(&config, &alice()).await.unwrap();
    let stored = kit.store.get(&id("acme-corp")).await.unwrap().unwrap();
    assert_eq!(stored.config, config);
}
