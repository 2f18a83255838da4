//! Several databases, on each of which some of the tenants live.

use sqlx::Sqlite;
use sqlx::sqlite::SqlitePoolOptions;
use tollgate::TenantId;
use tollgate_db::{Schema, ShardError, Shards, TenantDb};

/// A database whose one row, for every tenant that the tests name, says where it is.
async fn database(name: &str) -> TenantDb<Sqlite> {
    let pool = SqlitePoolOptions::new().max_connections(1);
    let pool = pool.connect("sqlite::memory:").await.unwrap();
    let table = "CREATE TABLE places (tenant_id TEXT NOT NULL, name TEXT NOT NULL)";
    sqlx::query(table).execute(&pool).await.unwrap();
    for n in 0..100 {
        let row = "INSERT INTO places VALUES (?, ?)";
        let row = sqlx::query(row).bind(tenant(n).to_string()).bind(name);
        row.execute(&pool).await.unwrap();
    }
    let db = TenantDb::builder(pool, Schema::new().scoped("places"));
    db.build().unwrap()
}

fn tenant(n: u32) -> TenantId {
    TenantId::new(&format!("tenant-{n}")).unwrap()
}

async fn three() -> Shards<Sqlite> {
    let shards = Shards::builder()
        .shard("eu-1", database("eu-1").await)
        .shard("eu-2", database("eu-2").await)
        .weighted("us-1", 2, database("us-1").await);
    shards.build().unwrap()
}

#[tokio::test]
async fn a_tenants_statements_reach_its_own_shard() {
    let shards = three().await;
    let mut seen = std::collections::BTreeSet::new();
    for n in 0..100 {
        let tenant = tenant(n);
        let place = shards
            .for_tenant(&tenant)
            .query_scalar::<String>("SELECT name FROM places");
        let place = place.fetch_one().await.unwrap();
        assert_eq!(shards.shard_of(&tenant).as_ref(), place);
        seen.insert(place);
    }
    assert_eq!(seen.len(), 3, "{seen:?}");
}

#[tokio::test]
async fn a_pin_wins_until_it_is_taken_back() {
    let shards = three().await;
    let tenant = tenant(1);
    let home = shards.shard_of(&tenant);
    let all = shards.shards();
    let (other, _) = all.iter().find(|(name, _)| *name != home).unwrap();

    shards.pin(tenant.clone(), other).unwrap();
    assert_eq!(shards.shard_of(&tenant), *other);
    assert_eq!(
        shards.pins(),
        [(tenant.clone(), std::sync::Arc::clone(other))]
    );
    let refused = shards.remove(other).unwrap_err();
    assert_eq!(
        refused.to_string(),
        format!("shard {other}: tenant tenant-1 is pinned to it")
    );

    shards.unpin(&tenant);
    assert_eq!(shards.shard_of(&tenant), home);
    assert_eq!(shards.pins(), []);
}

#[tokio::test]
async fn a_pin_to_no_shard_names_it_and_those_there_are_and_changes_nothing() {
    let shards = three().await;
    shards.pin(tenant(1), "us-1").unwrap();
    let wrong = [(tenant(2), "eu-1"), (tenant(3), "mars-1")];
    let error = shards.pin_only(wrong).unwrap_err();
    assert_eq!(
        error.to_string(),
        "no shard mars-1: there are eu-1, eu-2, us-1"
    );
    assert_eq!(shards.pins(), [(tenant(1), "us-1".into())]);
    shards.pin_only([(tenant(2), "eu-1")]).unwrap();
    assert_eq!(shards.pins(), [(tenant(2), "eu-1".into())]);

    let builder = Shards::builder().shard("eu-1", database("eu-1").await);
    let error = builder.pin(tenant(1), "mars-1").build().unwrap_err();
    assert_eq!(error.to_string(), "no shard mars-1: there are eu-1");
}

#[tokio::test]
async fn a_shard_that_comes_or_goes_moves_no_tenant_between_the_others() {
    let shards = three().await;
    let places = || {
        (0..100)
            .map(|n| shards.shard_of(&tenant(n)))
            .collect::<Vec<_>>()
    };
    let before = places();
    shards.add("us-2", 1, database("us-2").await).unwrap();
    let with = places();
    let moved = before.iter().zip(&with).filter(|(then, now)| then != now);
    let to: Vec<_> = moved.map(|(_, now)| now.as_ref()).collect();
    assert!((5..40).contains(&to.len()), "{to:?}");
    assert!(to.iter().all(|name| *name == "us-2"), "{to:?}");

    shards.remove("us-2").unwrap();
    assert_eq!(places(), before);
    for name in ["eu-1", "us-1"] {
        shards.remove(name).unwrap();
    }
    assert!(places().iter().all(|name| name.as_ref() == "eu-2"));
    assert_eq!(shards.remove("eu-2"), Err(ShardError::None));
}

#[tokio::test]
async fn shards_that_contradict_each_other_are_refused_with_their_names() {
    let none = Shards::<Sqlite>::builder().build();
    assert_eq!(none.unwrap_err(), ShardError::None);
    let db = database("eu-1").await;
    let twice = Shards::builder()
        .shard("eu-1", db.clone())
        .shard("eu-1", db.clone());
    assert_eq!(
        twice.build().unwrap_err().to_string(),
        "shard eu-1: declared more than once"
    );
    let nameless = Shards::builder().shard("", db.clone()).build();
    assert_eq!(nameless.unwrap_err(), ShardError::Name(String::new()));
    for weight in [0, 101] {
        let error = Shards::builder()
            .weighted("eu-1", weight, db.clone())
            .build();
        let told = format!("shard eu-1: weight {weight}: must be 1 to 100");
        assert_eq!(error.unwrap_err().to_string(), told);
    }
}

#[tokio::test]
async fn readers_see_the_set_before_a_change_or_after_it() {
    let shards = three().await;
    let reader = shards.clone();
    let readings = tokio::task::spawn_blocking(move || {
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..20_000 {
            let pins = reader.pins();
            seen.insert(
                pins.iter()
                    .map(|(_, shard)| shard.to_string())
                    .collect::<Vec<_>>(),
            );
        }
        seen
    });
    while !readings.is_finished() {
        for name in ["eu-1", "us-1"] {
            let both = [(tenant(1), name), (tenant(2), name)];
            shards.pin_only(both).unwrap();
        }
        tokio::task::yield_now().await;
    }
    for pins in readings.await.unwrap() {
        assert!(
            pins.is_empty() || pins.len() == 2 && pins[0] == pins[1],
            "{pins:?}"
        );
    }
}
