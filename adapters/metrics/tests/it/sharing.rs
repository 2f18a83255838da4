//! What is told of an engine whose limits are shared through a store.

use tollgate::cluster::InMemorySharedOrigin;
use tollgate::{Clock, ManualClock};
use tollgate_metrics::names;

use crate::kit::{Head, Kit, config};

#[tokio::test]
async fn the_page_says_how_it_goes_with_the_store() {
    let store = InMemorySharedOrigin::new(Clock::manual(&ManualClock::new()));
    let kit = Kit::with(
        |metrics| metrics,
        |engine, metrics| engine.hooks_inline(metrics).shared(store),
        |gate| gate,
    );
    kit.add(config("acme").requests_per_minute(3));
    for _ in 0..3 {
        assert!(kit.serve(&Head::of("acme"), 200).await);
    }
    assert!(!kit.serve(&Head::of("acme"), 200).await);
    let page = kit.page();
    let of = |name| page.get(name, &[]);
    assert_eq!(of(names::SHARED_GRANTED), Some(3), "{}", kit.text());
    assert_eq!(of(names::SHARED_RETURNED), Some(0));
    assert_eq!(of(names::SHARED_BEYOND), Some(0));
    assert_eq!(of(names::SHARED_LOSSES), Some(0));
    assert_eq!(of(names::SHARED_CALLS_FAILED), Some(0));
    assert_eq!(of(names::SHARED_UP), Some(1));
    assert_eq!(of(names::SHARED_LISTENS), Some(0));
    assert!(of(names::SHARED_CALLS) >= Some(1));
    let wishes = page.get(names::SHARED_WISHES, &[("outcome", "granted")]);
    assert!(wishes >= Some(1), "{}", kit.text());
    for seconds in [
        names::SHARED_ROUND_TRIP,
        names::SHARED_WIDEST,
        names::SHARED_UNCERTAINTY,
    ] {
        let written = page.written(seconds, &[]).unwrap();
        assert!((0.0..1.0).contains(&written.parse().unwrap()), "{written}");
    }
    let of_store = |metric: &&names::Description| metric.name.starts_with("tollgate_shared_");
    for metric in names::ALL.iter().filter(of_store) {
        assert!(page.kinds.contains_key(metric.name), "{}", metric.name);
    }

    kit.engine.shutdown().await;
    let page = kit.page();
    assert_eq!(page.get(names::SHARED_HELD, &[]), Some(0), "all is spent");
    assert_eq!(page.get(names::SHARED_UP, &[]), Some(0), "nobody calls it");
}
