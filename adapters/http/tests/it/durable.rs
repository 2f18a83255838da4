//! What clients hear of limits whose budget comes from an origin, and that the gate waits for it, but not for long.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::Instant;
use tollgate::{
    Claim, Clock, Cost, Dimension, Engine, Exchanging, Hooks, InMemoryOrigin, InMemorySource,
    LimitConfig, ManualClock, Origin, Period, PolicyEvent, QuotaEvent, ResolveEvent, TenantConfig,
};
use tollgate_http::{Entry, Gate, HeaderProfile};

use crate::kit::{Head, acme, json};

/// Answers after 20 ms, or never.
#[derive(Clone, Default)]
struct FarAway {
    accounts: InMemoryOrigin,
    silent: Arc<AtomicBool>,
}

impl Origin for FarAway {
    fn exchange<'o>(&'o self, claims: &'o [Claim]) -> Exchanging<'o> {
        Box::pin(async {
            if self.silent.load(Ordering::SeqCst) {
                std::future::pending::<()>().await;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
            self.accounts.exchange(claims).await
        })
    }
}

/// What it was told of, in short.
#[derive(Clone, Default)]
struct Diary(Arc<Mutex<Vec<String>>>);

impl Diary {
    fn note(&self, event: impl Into<String>) {
        self.0.lock().unwrap().push(event.into());
    }
}

impl Hooks for Diary {
    fn on_resolve(&self, _: &ResolveEvent) {
        self.note("resolve");
    }

    fn on_policy(&self, event: &PolicyEvent) {
        self.note(format!("policy {}", event.allowed));
    }

    fn on_quota(&self, event: &QuotaEvent) {
        self.note(format!(
            "quota {} {:?} {:?}",
            event.allowed, event.reason, event.status
        ));
    }
}

fn monthly(capacity: u64) -> TenantConfig {
    let mut limit = LimitConfig::calendar("budget", Dimension::Tokens, capacity, Period::Month);
    limit.durable = true;
    acme().limit(limit)
}

fn gate(origin: &FarAway, config: TenantConfig, diary: Option<&Diary>) -> Gate {
    let source = InMemorySource::new();
    source.set(config).unwrap();
    let mut engine = Engine::builder()
        .source(source)
        .clock(Clock::manual(&ManualClock::new()))
        .origin(origin.clone());
    if let Some(diary) = diary {
        engine = engine.hooks_inline(diary.clone());
    }
    Gate::builder(engine.build().unwrap())
        .estimate_with(|_| Cost::tokens(60))
        .profiles([HeaderProfile::Ietf, HeaderProfile::Quota])
        .build()
        .unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_request_waits_for_the_origin_and_hooks_hear_of_it_once() {
    for told in [false, true] {
        let (origin, diary) = (FarAway::default(), Diary::default());
        let gate = gate(&origin, monthly(200), told.then_some(&diary));
        for left in ["140", "80", "20"] {
            let Entry::Admitted(admission) = gate.enter(&Head::get("/")).await else {
                panic!("refused with {left} to be left");
            };
            let mut headers = Vec::new();
            gate.report(200, admission.permit(), &mut |name, value| {
                headers.push(format!("{name}: {value}"));
            });
            let header = format!("x-quota-remaining-tokens: {left}");
            assert!(headers.contains(&header), "{headers:?}");
        }
        let Entry::Rejected(reply) = gate.enter(&Head::get("/")).await else {
            panic!("140 and 60 are 200, and 20 are left");
        };
        assert_eq!(
            (reply.status, json(&reply)["code"].as_str()),
            (429, Some("tenant_quota_exceeded"))
        );
        let january = 31 * 24 * 60 * 60;
        let retry = reply.headers.iter().find(|(name, _)| name == "retry-after");
        assert_eq!(retry.unwrap().1, january.to_string());
        if told {
            let admitted = ["resolve", "policy true", "quota true None None"];
            let denied = [
                "resolve",
                "policy true",
                "quota false Some(Quota) Some(429)",
            ];
            let told = [admitted, admitted, admitted, denied].concat();
            assert_eq!(*diary.0.lock().unwrap(), told);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn while_the_origin_is_silent_a_request_is_told_to_come_back_soon() {
    let (origin, diary) = (FarAway::default(), Diary::default());
    let gate = gate(&origin, monthly(6_000), Some(&diary));
    origin.silent.store(true, Ordering::SeqCst);
    let begun = Instant::now();
    let Entry::Rejected(reply) = gate.enter(&Head::get("/")).await else {
        panic!("nothing was granted");
    };
    let waited = begun.elapsed();
    assert!(
        waited <= Duration::from_secs(3),
        "{waited:?}: the timeout is a second"
    );
    let code = json(&reply)["code"].clone();
    assert_eq!(
        (reply.status, code.as_str()),
        (503, Some("tenant_backend_unavailable"))
    );
    let retry = reply.headers.iter().find(|(name, _)| name == "retry-after");
    assert_eq!(retry.unwrap().1, "1");
    assert_eq!(
        diary.0.lock().unwrap().last().unwrap(),
        "quota false Some(Ungranted) Some(503)"
    );

    // It is known to be down by now: nobody waits any more.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let begun = Instant::now();
    let refused = gate.enter(&Head::get("/")).await;
    assert!(matches!(refused, Entry::Rejected(reply) if reply.status == 503));
    assert_eq!(begun.elapsed(), Duration::ZERO);

    origin.silent.store(false, Ordering::SeqCst);
    tokio::time::sleep(Duration::from_secs(20)).await;
    assert!(matches!(
        gate.enter(&Head::get("/")).await,
        Entry::Admitted(_)
    ));
}

#[tokio::test(start_paused = true)]
async fn a_crowd_that_waits_for_the_origin_is_served_to_the_last_unit() {
    let origin = FarAway::default();
    let gate = gate(&origin, monthly(60 * 40), None);
    let ask = |_| {
        let gate = gate.clone();
        tokio::spawn(async move { gate.enter(&Head::get("/")).await })
    };
    let mut statuses = Vec::new();
    for _ in 0..10 {
        let crowd: Vec<_> = (0..10).map(ask).collect();
        for request in crowd {
            statuses.push(match request.await.unwrap() {
                Entry::Rejected(reply) => reply.status,
                Entry::Admitted(_) | Entry::Open => 200,
            });
        }
    }
    let of = |status| statuses.iter().filter(|known| **known == status).count();
    assert_eq!(of(200), 40, "{statuses:?}");
    assert_eq!(of(200) + of(429) + of(503), 100);
}
