//! Lists of tenants: every one comes, once, however many there are.

use serde_json::Value;
use tollgate::{Status, TenantConfig};

use crate::host::{Host, KINDS};

/// Every page of a list, one after the other.
fn pages(host: &Host, query: &str) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    let mut after = String::new();
    loop {
        let answer = host.ask("GET", &format!("/tenants?{query}{after}"), None);
        assert_eq!(answer.status, 200, "{answer:?}");
        let page = answer.json();
        let ids = page["tenants"].as_array().unwrap().iter();
        let ids = ids.map(|tenant| tenant["tenant_id"].as_str().unwrap().to_owned());
        pages.push(ids.collect());
        let Some(next) = page["next"].as_str() else {
            assert!(page["next"].is_null());
            return pages;
        };
        after = format!("&after={next}");
    }
}

fn many(count: usize) -> impl Iterator<Item = TenantConfig> {
    (0..count).map(|number| {
        let id = format!("tenant-{number:05}").parse().unwrap();
        let config = TenantConfig::new(id).requests_per_minute(100);
        if number % 100 == 0 {
            config.status(Status::Suspended)
        } else {
            config
        }
    })
}

#[test]
fn ten_thousand_tenants_come_once_each_in_order() {
    for kind in KINDS {
        let host = Host::over(*kind, many(10_000));
        let all = pages(&host, "limit=999");
        assert_eq!(all.len(), 11);
        let ids = all.concat();
        let expected: Vec<_> = (0..10_000)
            .map(|number| format!("tenant-{number:05}"))
            .collect();
        assert_eq!(ids, expected, "{kind:?}");
        assert_eq!(
            pages(&host, "limit=40&status=suspended").concat().len(),
            100
        );
        let found = pages(&host, "prefix=tenant-0001&limit=7");
        assert_eq!((found.len(), found.concat().len()), (2, 10));
        assert_eq!(pages(&host, "prefix=nobody"), [[""; 0]]);
    }
}

#[test]
fn the_busiest_come_first() {
    let host = Host::start(many(10));
    for (tenant, requests) in [
        ("tenant-00003", 5),
        ("tenant-00007", 9),
        ("tenant-00001", 2),
    ] {
        (0..requests).for_each(|_| assert_eq!(host.request(tenant), 200));
    }
    let expected = ["tenant-00007", "tenant-00003", "tenant-00001"];
    assert_eq!(pages(&host, "sort=use").concat(), expected);
    let one_by_one = pages(&host, "sort=use&limit=1");
    assert_eq!(one_by_one.concat(), expected);
    let first = host.ask("GET", "/tenants?sort=use&limit=1", None).json();
    let summary = &first["tenants"][0]["summary"];
    assert_eq!(
        (&summary["tightest"]["used"], &summary["loaded"]),
        (&Value::from(9), &Value::from(true))
    );
}
