//! The console with 10,000 tenants.

use serde_json::Value;
use tollgate::TenantConfig;

use super::{signed_in, visit};
use crate::host::Host;

/// When the first thing was seen, and when the rows were there, in milliseconds since the page was asked for.
const TIMES: &str = "const seen = performance.getEntriesByName('first-contentful-paint')[0]; \
                     const rows = performance.getEntriesByName('tollgate-rows')[0]; \
                     return seen && rows ? [Math.round(seen.startTime), Math.round(rows.startTime)] : null";

#[test]
#[expect(clippy::print_stdout, reason = "times are told, not judged")]
fn ten_thousand_tenants_come_a_page_at_a_time() {
    let tenants = (0..10_000).map(|number| {
        let id = format!("tenant-{number:05}").parse().unwrap();
        TenantConfig::new(id).requests_per_minute(100)
    });
    let host = Host::start(tenants);
    let window = signed_in(&host);
    window.go("about:blank");
    visit(&window, &host, "");
    let times = window.wait(TIMES);
    println!(
        "10,000 tenants: first paint after {} ms, rows after {} ms",
        times[0], times[1]
    );

    let rows = "return document.querySelectorAll('tbody tr').length";
    assert_eq!(window.run(rows), 50);
    window.click_text("Next");
    window.wait_for_text("Page 2");
    window.wait_for_text("tenant-00050");
    assert_eq!(window.run(rows), 50);
    window.click_text("Previous");
    window.wait_for_text("tenant-00000");
    window.write(&window.labelled("Find"), "tenant-0999");
    window.wait_for_text("10 tenants");
    let ids = window
        .run("return [...document.querySelectorAll('tbody .id')].map((row) => row.innerText)");
    let last = ids.as_array().and_then(|ids| ids.last());
    assert_eq!(last, Some(&Value::from("tenant-09999")));
}
