//! The labels beside a model of an exporter that forgets as the real one does.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;

const PERIOD: Duration = Duration::from_secs(600);
const TIMEOUT: Duration = Duration::from_secs(300);

fn bound(held: usize, issued: usize) -> Bound {
    Bound {
        held,
        issued,
        period: PERIOD,
        idle_timeout: None,
    }
}

fn labels(bound: Bound) -> Labels<()> {
    Labels::new(bound)
}

fn id(tenant: u32) -> TenantId {
    format!("tenant-{tenant}").parse().unwrap()
}

fn holders(labels: &Labels<()>) -> BTreeSet<String> {
    let holders = labels.ledger.iter().filter(|known| known.series.is_some());
    holders.map(|known| known.id.to_string()).collect()
}

fn names(tenants: impl IntoIterator<Item = u32>) -> BTreeSet<String> {
    tenants
        .into_iter()
        .map(|tenant| id(tenant).to_string())
        .collect()
}

/// A clock, and tenants that are decided on.
struct Play {
    labels: Labels<()>,
    now: Timestamp,
}

impl Play {
    fn new(bound: Bound) -> Self {
        let now = Timestamp::from_nanos(1);
        Self {
            labels: labels(bound),
            now,
        }
    }

    fn decide(&mut self, tenant: u32, times: u32) {
        for _ in 0..times {
            self.labels.decided(&id(tenant), self.now);
        }
    }

    fn pass(&mut self, time: Duration) {
        self.now = self.now.saturating_add(time);
        self.labels.review(self.now);
    }
}

#[test]
fn the_first_tenants_get_a_label_at_their_first_decision_and_the_rest_none() {
    let mut play = Play::new(bound(2, 4));
    for tenant in [1, 2, 3, 1] {
        play.decide(tenant, 1);
    }
    assert_eq!(holders(&play.labels), names([1, 2]));
    assert!(play.labels.of(&id(3)).is_none());
    assert_eq!(play.labels.issued(), 2);
}

#[test]
fn who_is_clearly_busier_takes_the_place_of_the_least_busy_at_the_period_s_end_and_not_before() {
    let mut play = Play::new(bound(2, 4));
    play.decide(1, 10);
    play.decide(2, 4);
    play.decide(3, 8);
    play.decide(4, 9);
    let tick = Duration::from_nanos(1);
    play.pass(PERIOD.saturating_sub(tick));
    assert_eq!(holders(&play.labels), names([1, 2]));
    play.pass(tick);
    assert_eq!(
        holders(&play.labels),
        names([1, 4]),
        "9 is more than twice 4, 8 is not"
    );
    assert_eq!(
        play.labels.issued(),
        3,
        "the exporter still knows the one that left"
    );
}

#[test]
fn yesterday_s_busiest_makes_room() {
    let mut play = Play::new(bound(1, 2));
    play.decide(1, 1_000_000);
    for period in 0..20 {
        play.decide(2, 100);
        play.pass(PERIOD);
        if holders(&play.labels) == names([2]) {
            // A million halves to below half of (nearly) two hundred after fourteen.
            assert_eq!(period, 14);
            return;
        }
    }
    panic!("tenant 2 never got the label");
}

#[test]
fn without_an_idle_timeout_no_more_labels_are_ever_issued_than_the_bound_says() {
    let mut play = Play::new(bound(10, 25));
    for day in 0..50 {
        // Ever new tenants, each busier than all before.
        for tenant in 0..10 {
            play.decide(day * 10 + tenant, 10 + day * 20);
        }
        play.pass(PERIOD);
        assert!(play.labels.issued() <= 25 && play.labels.held() <= 10);
    }
    assert_eq!(play.labels.issued(), 25);
    assert!(play.labels.withheld() > 0);
    // Labels that are known already still change hands.
    let (left, _) = left_and_holder(&play.labels);
    for _ in 0..200_000 {
        play.labels.decided(&left, play.now);
    }
    play.pass(PERIOD);
    assert!(holders(&play.labels).contains(left.as_str()));
    assert_eq!(play.labels.issued(), 25);
}

fn left_and_holder(labels: &Labels<()>) -> (TenantId, TenantId) {
    let one = |holds: bool| {
        let mut known = labels.ledger.iter();
        let known = known.find(|known| known.series.is_some() == holds);
        known.map(|known| known.id.clone()).unwrap()
    };
    (one(false), one(true))
}

#[test]
fn with_an_idle_timeout_labels_that_the_exporter_forgot_are_given_out_again() {
    let mut play = Play::new(Bound {
        idle_timeout: Some(TIMEOUT),
        ..bound(2, 2)
    });
    play.decide(1, 5);
    play.decide(2, 5);
    play.decide(3, 100);
    play.pass(PERIOD);
    assert_eq!(
        play.labels.withheld(),
        1,
        "the exporter may still know the two"
    );
    play.labels.read(play.now);
    play.pass(TIMEOUT * 2 + Duration::from_nanos(1));
    play.decide(2, 1);
    play.labels.read(play.now);
    assert_eq!(
        play.labels.issued(),
        2,
        "this reading removes tenant 1's series"
    );
    play.labels.read(play.now);
    assert_eq!(holders(&play.labels), names([2]));
    play.decide(3, 1);
    assert_eq!(holders(&play.labels), names([2, 3]));
}

#[test]
fn an_exporter_that_nobody_reads_forgets_nothing_and_so_nobody_s_label_is_given_to_another() {
    let mut play = Play::new(Bound {
        idle_timeout: Some(TIMEOUT),
        ..bound(2, 2)
    });
    play.decide(1, 1);
    play.decide(2, 1);
    play.pass(TIMEOUT * 100);
    play.decide(3, 1_000);
    play.pass(PERIOD);
    assert_eq!(holders(&play.labels), names([1, 2]));
}

#[test]
fn a_tenant_that_is_called_as_the_rest_are_is_one_of_them() {
    let mut labels = labels(bound(2, 4));
    let now = Timestamp::from_nanos(1);
    let other: TenantId = OTHER.parse().unwrap();
    assert!(labels.decided(&other, now).is_none());
    assert!(labels.of(&other).is_none());
    assert_eq!(labels.issued(), 0);
}

#[test]
fn no_tenant_gets_a_label_if_none_may() {
    let mut play = Play::new(bound(0, 0));
    play.decide(1, 10);
    play.pass(PERIOD);
    assert_eq!((play.labels.held(), play.labels.issued()), (0, 0));
}

#[test]
fn a_hundred_thousand_tenants_that_are_equally_busy_cause_no_churn() {
    let mut play = Play::new(bound(100, 200));
    for tenant in 0..100_000 {
        play.decide(tenant, 1);
        play.pass(PERIOD / 20_000);
    }
    assert_eq!((play.labels.held(), play.labels.issued()), (100, 100));
}

#[test]
fn a_label_is_not_given_to_another_before_an_exporter_that_was_late_has_forgotten_it() {
    let mut play = Play::new(Bound {
        idle_timeout: Some(TIMEOUT),
        ..bound(1, 1)
    });
    let mut exporter = Exporter::default();
    play.decide(1, 1);
    exporter.increment("tenant-1");
    let tick = Duration::from_nanos(1);
    // The exporter sees the change half a timeout after it was told to look.
    for (late, until_next) in [
        (TIMEOUT / 2, TIMEOUT / 2 + tick),
        (Duration::ZERO, tick),
        (Duration::ZERO, tick),
    ] {
        play.labels.read(play.now);
        play.pass(late);
        exporter.read(play.now);
        play.pass(until_next);
    }
    assert_eq!(
        exporter.tenants(),
        1,
        "it has been silent there for little more than half a timeout"
    );
    play.decide(2, 1);
    assert_eq!(holders(&play.labels), names([1]));
}

/// What an exporter with an idle timeout does (`metrics-util`, `Recency`): a series goes at the first reading that
/// finds it unchanged for longer than the timeout since the last reading that found it changed.
#[derive(Default)]
struct Exporter {
    series: BTreeMap<String, Series>,
    forgotten: u64,
}

#[derive(Default)]
struct Series {
    count: u64,
    changed: bool,
    seen: Timestamp,
}

impl Exporter {
    fn increment(&mut self, label: &str) {
        let series = self.series.entry(label.to_owned()).or_default();
        series.count += 1;
        series.changed = true;
    }

    fn read(&mut self, now: Timestamp) {
        for series in self.series.values_mut() {
            if std::mem::take(&mut series.changed) {
                series.seen = now;
            }
        }
        let forgotten = &mut self.forgotten;
        self.series.retain(|_, series| {
            let stays = now.since(series.seen) <= TIMEOUT;
            if !stays {
                *forgotten += series.count;
            }
            stays
        });
    }

    fn total(&self) -> u64 {
        let known: u64 = self.series.values().map(|series| series.count).sum();
        known + self.forgotten
    }

    fn tenants(&self) -> usize {
        self.series.keys().filter(|label| *label != OTHER).count()
    }
}

#[derive(Debug, Clone)]
enum Step {
    Decide(u32, u32),
    Settle(u32),
    /// So many tenths of an idle timeout.
    Pass(u32),
    /// The exporter is read so many twentieths of an idle timeout after it was announced.
    Read(u32),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        8 => (0_u32..60, 1_u32..30).prop_map(|(tenant, times)| Step::Decide(tenant, times)),
        2 => (0_u32..60).prop_map(Step::Settle),
        4 => (1_u32..40).prop_map(Step::Pass),
        4 => (0_u32..20).prop_map(Step::Read),
    ];
    proptest::collection::vec(step, 0..300)
}

proptest! {
    /// Every event is counted under exactly one label, and the exporter never knows more tenants than the bound.
    #[test]
    fn the_exporter_holds_no_more_labels_than_were_allowed_and_all_of_the_events(
        held in 0_usize..8,
        spare in 0_usize..8,
        forgets: bool,
        steps in steps(),
    ) {
        let bound = Bound {
            held,
            issued: held + spare,
            period: PERIOD,
            idle_timeout: forgets.then_some(TIMEOUT),
        };
        let (mut play, mut exporter, mut events) = (Play::new(bound), Exporter::default(), 0);
        for step in steps {
            let (tenant, times, decided) = match step {
                Step::Decide(tenant, times) => (tenant, times, true),
                Step::Settle(tenant) => (tenant, 1, false),
                Step::Pass(tenths) => {
                    play.now = play.now.saturating_add(TIMEOUT / 10 * tenths);
                    continue;
                }
                Step::Read(twentieths) => {
                    play.labels.read(play.now);
                    play.now = play.now.saturating_add(TIMEOUT / 20 * twentieths);
                    if forgets {
                        exporter.read(play.now);
                    }
                    continue;
                }
            };
            for _ in 0..times {
                let id = id(tenant);
                let series = if decided {
                    play.labels.decided(&id, play.now)
                } else {
                    play.labels.of(&id)
                };
                exporter.increment(if series.is_some() { id.as_str() } else { OTHER });
                events += 1;
            }
            prop_assert!(exporter.tenants() <= bound.issued);
            prop_assert!(play.labels.held() <= held && play.labels.issued() <= bound.issued);
            prop_assert_eq!(play.labels.held(), holders(&play.labels).len());
        }
        prop_assert_eq!(exporter.total(), events);
    }
}
