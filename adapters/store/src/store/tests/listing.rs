//! Pages: complete, in the order of bytes, and indifferent to rows that are no configs.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tollgate::{Status, TenantConfig, TenantId};
use tracing::span::{self, Attributes, Id};
use tracing::{Event, Level, Metadata, Subscriber};

use crate::Filter;
use crate::backend::Backend;
use crate::store::Dialect;
use crate::store::tests::kit::{Kit, SEED, acme, alice, id};

on_both!(
    pages_have_everybody_once_in_the_order_of_bytes,
    pages_stay_right_while_tenants_come_and_go,
    a_prefix_means_itself,
    a_status_is_found,
    a_broken_row_is_an_item_of_its_own,
    an_id_that_is_none_is_left_out_and_hides_nobody,
    many_are_loaded_by_one_query,
    a_page_is_a_range_of_an_index,
);

async fn ids(kit: &Kit, filter: Filter) -> Vec<String> {
    let mut ids = Vec::new();
    let mut filter = filter;
    loop {
        let page = kit.store.list(&filter).await.unwrap();
        ids.extend(page.tenants.iter().map(|tenant| tenant.tenant.to_string()));
        match page.next {
            None => return ids,
            Some(next) => filter = filter.after(next),
        }
    }
}

async fn add(kit: &Kit, ids: &[&str]) {
    for name in ids {
        kit.store
            .set(&TenantConfig::new(id(name)), &alice())
            .await
            .unwrap();
    }
}

/// Letters that languages sort otherwise than bytes.
const IN_ORDER: [&str; 9] = ["-x", ".a", "0", "B", "_", "a", "a-b", "a.b", "ab"];

async fn pages_have_everybody_once_in_the_order_of_bytes(kit: Kit) {
    let language = match kit.dialect() {
        Dialect::Sqlite => "NOCASE",
        Dialect::Postgres => "\"en-x-icu\"",
    };
    let seed = SEED.replace("PRIMARY KEY", &format!("COLLATE {language} PRIMARY KEY"));
    kit.sql(&seed).await;
    for migrated in [false, true] {
        if migrated {
            kit.store.migrate().await.unwrap();
        }
        add(&kit, &["ab", "B", "a.b", "-x", "a", "_", "0", ".a", "a-b"]).await;
        for most in [1, 2, 4, 9, 10, 100] {
            assert_eq!(ids(&kit, Filter::default().most(most)).await, IN_ORDER);
        }
        let two = Backend::ids(&kit.store, Some(&id("0")), 2).await.unwrap();
        assert_eq!(two, [id("B"), id("_")]);
    }
}

async fn pages_stay_right_while_tenants_come_and_go(kit: Kit) {
    let kit = kit.migrated().await;
    add(&kit, &["b", "d", "f", "h"]).await;
    let first = kit.store.list(&Filter::default().most(2)).await.unwrap();
    let next = first.next.clone().unwrap();
    assert_eq!(next, id("d"));
    kit.store.delete(&id("d"), &alice()).await.unwrap();
    add(&kit, &["a", "g"]).await;
    assert_eq!(
        ids(&kit, Filter::default().most(1).after(next)).await,
        ["f", "g", "h"]
    );
}

async fn a_prefix_means_itself(kit: Kit) {
    let kit = kit.migrated().await;
    add(&kit, &["a", "a_b", "a_c", "aXb", "A_b", "b"]).await;
    let with = async |prefix: &str| ids(&kit, Filter::default().prefix(prefix)).await;
    assert_eq!(with("a_").await, ["a_b", "a_c"]);
    assert_eq!(with("a").await, ["a", "aXb", "a_b", "a_c"]);
    assert_eq!(with("a_b").await, ["a_b"]);
    for nobody in ["%", "a%", "\\", "a\\_", "'", "ä", "a\u{0}"] {
        if nobody.contains('\0') && kit.dialect() == Dialect::Postgres {
            continue; // no text of PostgreSQL has a NUL: it refuses the question
        }
        assert!(with(nobody).await.is_empty(), "{nobody}");
    }
    assert_eq!(with("").await.len(), 6);
}

async fn a_status_is_found(kit: Kit) {
    let kit = kit.migrated().await;
    add(&kit, &["a", "b", "c"]).await;
    let suspended = TenantConfig::new(id("b")).status(Status::Suspended);
    kit.store.set(&suspended, &alice()).await.unwrap();
    let of = async |status| ids(&kit, Filter::default().most(1).status(status)).await;
    assert_eq!(of(Status::Suspended).await, ["b"]);
    assert_eq!(of(Status::Active).await, ["a", "c"]);
}

async fn a_broken_row_is_an_item_of_its_own(kit: Kit) {
    let kit = kit.migrated().await;
    add(&kit, &["a", "b", "c"]).await;
    kit.sql("UPDATE tenants SET metadata = '[1' WHERE id = 'b'")
        .await;
    let page = kit.store.list(&Filter::default()).await.unwrap();
    let broken = page.tenants[1].config.as_ref().unwrap_err();
    assert!(
        broken.starts_with("column metadata \"[1\": is not JSON: EOF"),
        "{broken}"
    );
    assert!(page.tenants[0].config.is_ok() && page.tenants[2].config.is_ok());
    if kit.dialect() == Dialect::Sqlite {
        kit.sql("UPDATE tenants SET metadata = CAST(x'ff00fe' AS TEXT) WHERE id = 'b'")
            .await;
        kit.sql("UPDATE tenants SET quota_requests_per_minute = 1.5 WHERE id = 'a'")
            .await;
        let page = kit.store.list(&Filter::default()).await.unwrap();
        let broken = page.tenants[1].config.as_ref().unwrap_err();
        assert_eq!(broken, "column metadata: is not UTF-8");
        let broken = page.tenants[0].config.as_ref().unwrap_err();
        assert!(
            broken.starts_with("column quota_requests_per_minute 1.5: must be"),
            "{broken}"
        );
        assert!(page.tenants[2].config.is_ok());
    }
}

async fn an_id_that_is_none_is_left_out_and_hides_nobody(kit: Kit) {
    let kit = kit.migrated().await;
    add(&kit, &["a", "m", "z"]).await;
    kit.sql("INSERT INTO tenants (id) VALUES ('b b'), ('c/c'), ('d d'), ('{'), ('ü'), ('..')")
        .await;
    if kit.dialect() == Dialect::Sqlite {
        kit.sql("INSERT INTO tenants (id) VALUES (CAST(x'ff' AS TEXT)), (CAST(x'62ff' AS TEXT)), (NULL), (7)")
            .await;
    }
    let mut expected = vec!["a", "m", "z"];
    if kit.dialect() == Dialect::Sqlite {
        expected.insert(0, "7");
    }
    let warnings = Arc::new(AtomicUsize::new(0));
    let _heard = tracing::subscriber::set_default(Warnings(Arc::clone(&warnings)));
    for most in [1, 2, 3, 100] {
        assert_eq!(ids(&kit, Filter::default().most(most)).await, expected);
        let all = Backend::ids(&kit.store, None, most).await.unwrap();
        assert_eq!(
            all.len(),
            expected.len().min(usize::try_from(most).unwrap())
        );
    }
    assert_eq!(warnings.load(Ordering::Relaxed), 1);
}

/// Counts what the store warns of.
struct Warnings(Arc<AtomicUsize>);

impl Subscriber for Warnings {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("tollgate_store")
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        assert_eq!(*event.metadata().level(), Level::WARN);
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

async fn many_are_loaded_by_one_query(kit: Kit) {
    let kit = kit.migrated().await;
    let known: Vec<TenantId> = (0..500).map(|at| id(&format!("t{at}"))).collect();
    let mut insert =
        String::from("INSERT INTO tenants (id, quota_requests_per_minute) VALUES ('acme', 1)");
    for (at, tenant) in known.iter().enumerate() {
        insert.extend([", ('", tenant.as_str(), "', ", &at.to_string(), ")"]);
    }
    kit.sql(&insert).await;
    let asked: Vec<TenantId> = known
        .iter()
        .cloned()
        .chain([id("nobody"), id("T1")])
        .collect();
    let mut loaded = kit.store.load_all(&asked).await.unwrap();
    loaded.sort_by_key(|listed| listed.version);
    assert_eq!(loaded.len(), 500);
    for (at, listed) in loaded.iter().enumerate() {
        let expected =
            TenantConfig::new(known[at].clone()).requests_per_minute(at.try_into().unwrap());
        assert_eq!(listed.config, Ok(expected));
    }
    let rows = Backend::load(&kit.store, &asked).await.unwrap();
    let versions: HashMap<_, _> = loaded
        .iter()
        .map(|listed| (&listed.tenant, listed.version))
        .collect();
    assert!(rows.len() == 500 && rows.iter().all(|row| row.config.is_ok()));
    assert!(rows.iter().all(|row| versions[&row.id] == row.version));
    assert!(kit.store.load_all(&[]).await.unwrap().is_empty());
    let acme_twice = kit.store.load_all(&[id("acme"), id("acme")]).await.unwrap();
    assert_eq!(acme_twice.len(), 1);
    assert_eq!(acme_twice[0].config, Ok(acme(1)));
}

async fn a_page_is_a_range_of_an_index(kit: Kit) {
    let kit = kit.migrated().await;
    let fill = match kit.dialect() {
        Dialect::Sqlite => {
            "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 5000) \
             INSERT INTO tenants (id) SELECT 't' || n FROM n; ANALYZE"
        }
        Dialect::Postgres => {
            "INSERT INTO tenants (id) SELECT 't' || n FROM generate_series(1, 5000) n; ANALYZE"
        }
    };
    kit.sql(fill).await;
    let plan = async |where_: &str| {
        let query = format!("SELECT id FROM tenants WHERE {where_} LIMIT 10");
        let explain = match kit.dialect() {
            Dialect::Sqlite => format!("EXPLAIN QUERY PLAN {query}"),
            Dialect::Postgres => format!("EXPLAIN {query}"),
        };
        let rows = kit.rows(&explain).await;
        let cells = rows.iter().flat_map(|row| row.0.iter().flatten());
        cells
            .map(|cell| String::from_utf8_lossy(cell))
            .collect::<String>()
    };
    let id = match kit.dialect() {
        Dialect::Sqlite => "id COLLATE BINARY",
        Dialect::Postgres => "id COLLATE \"C\"",
    };
    let page = format!("{id} >= 't2' AND {id} > 't21' AND {id} < 't3' ORDER BY {id}");
    let plans = [
        plan(&page).await,
        plan(&format!("status = 'suspended' AND {page}")).await,
    ];
    for plan in plans {
        let ranged = plan.contains("SEARCH tenants USING") || plan.contains("Index");
        assert!(ranged, "{plan}");
        assert!(
            !plan.contains("TEMP B-TREE") && !plan.contains("Sort"),
            "{plan}"
        );
    }
}
