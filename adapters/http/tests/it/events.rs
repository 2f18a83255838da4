//! What hooks are told of a request, and in which order.

use std::sync::{Arc, Mutex};

use tollgate::{
    Clock, Cost, DenialReason, Dimension, Engine, Event, FinishEvent, Hooks, InMemorySource,
    ManualClock, OnDrop, PolicyEvent, QuotaEvent, ResolveEvent, SettleEvent, TenantConfig,
};
use tollgate_http::{Entry, Gate, GateBuilder};

use crate::kit::{Answer, Down, Head, acme, id};

#[derive(Clone, Default)]
struct Diary(Arc<Mutex<Vec<Event>>>);

impl Diary {
    fn note(&self, event: Event) {
        self.0.lock().unwrap().push(event);
    }

    fn take(&self) -> Vec<Event> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl Hooks for Diary {
    fn on_resolve(&self, event: &ResolveEvent) {
        self.note(Event::Resolve(event.clone()));
    }

    fn on_policy(&self, event: &PolicyEvent) {
        self.note(Event::Policy(event.clone()));
    }

    fn on_quota(&self, event: &QuotaEvent) {
        self.note(Event::Quota(event.clone()));
    }

    fn on_settle(&self, event: &SettleEvent) {
        self.note(Event::Settle(event.clone()));
    }

    fn on_finish(&self, event: &FinishEvent) {
        self.note(Event::Finish(event.clone()));
    }
}

fn gate(config: TenantConfig, set_up: fn(GateBuilder) -> GateBuilder) -> (Gate, Diary) {
    let (source, diary) = (InMemorySource::new(), Diary::default());
    source.set(config).unwrap();
    let clock = Clock::manual(&ManualClock::new());
    let engine = Engine::builder()
        .source(source)
        .clock(clock)
        .hooks_inline(diary.clone());
    (
        set_up(Gate::builder(engine.build().unwrap()))
            .build()
            .unwrap(),
        diary,
    )
}

#[tokio::test]
async fn an_admitted_request_is_resolved_allowed_charged_and_settled() {
    let (gate, diary) = gate(acme().tokens_per_minute(100), |gate| {
        gate.estimate_with(|_| Cost::tokens(50))
    });
    let Entry::Admitted(admission) = gate.enter(&Head::get("/a").with("x-model", "m")).await else {
        panic!("refused")
    };
    admission.permit().settle(&Cost::tokens(7)).unwrap();
    admission.permit().settle(&Cost::tokens(8)).unwrap_err();
    admission.finish();
    let events = diary.take();
    let [
        Event::Resolve(resolve),
        Event::Policy(policy),
        Event::Quota(quota),
        Event::Settle(settle),
        Event::Finish(finish),
    ] = &events[..]
    else {
        panic!("{events:?}")
    };
    assert_eq!(resolve.tenant, Some(id("acme")));
    assert_eq!(
        (resolve.source.as_deref(), resolve.refused),
        (Some("header"), None)
    );
    assert!(policy.allowed && policy.reason.is_none());
    assert_eq!(
        (policy.model.as_deref(), &*policy.method, &*policy.path),
        (Some("m"), "GET", "/a")
    );
    assert!(quota.allowed && quota.status.is_none());
    assert_eq!(quota.remaining, [("tokens_per_minute".into(), 50)]);
    assert_eq!(settle.reserved, Cost::request().and_tokens(50));
    assert_eq!(settle.actual, Cost::tokens(7));
    assert!(!settle.by_default);
    assert_eq!((finish.status, finish.complete), (None, false));
}

#[tokio::test]
async fn a_refusal_is_told_with_its_reason_and_its_status() {
    let config = acme().requests_per_minute(1).allow_models(["m"]);
    let (gate, diary) = gate(config, |gate| {
        gate.on_rejected(|rejection| {
            let mut reply = rejection.reply();
            reply.status += 100;
            reply
        })
    });
    let resolved = |refused: Option<&str>, tenant: Option<&str>| {
        let events = diary.take();
        let [Event::Resolve(resolve), rest @ ..] = &events[..] else {
            panic!("{events:?}")
        };
        assert_eq!(resolve.refused, refused);
        assert_eq!(resolve.tenant, tenant.map(id));
        rest.to_vec()
    };
    drop(gate.enter(&Head::anonymous("/")).await);
    assert!(resolved(Some("tenant_required"), None).is_empty());
    drop(gate.enter(&Head::of("a b", "/")).await);
    assert!(resolved(Some("tenant_invalid_id"), None).is_empty());
    drop(gate.enter(&Head::of("nobody", "/")).await);
    assert!(resolved(Some("tenant_not_found"), Some("nobody")).is_empty());

    drop(gate.enter(&Head::get("/").with("x-model", "other")).await);
    let rest = resolved(None, Some("acme"));
    let [Event::Policy(policy)] = &rest[..] else {
        panic!("{rest:?}")
    };
    assert_eq!(
        policy.reason.as_deref(),
        Some("model \"other\" is not allowed")
    );

    drop(gate.enter(&Head::get("/")).await);
    diary.take();
    drop(gate.enter(&Head::get("/")).await);
    let rest = resolved(None, Some("acme"));
    let [Event::Policy(_), Event::Quota(quota)] = &rest[..] else {
        panic!("{rest:?}")
    };
    assert!(!quota.allowed && quota.retry_after.is_some());
    assert_eq!(
        (quota.reason, quota.status),
        (Some(DenialReason::Quota), Some(529))
    );
    assert_eq!(quota.binding.as_deref(), Some("requests_per_minute"));
}

#[tokio::test]
async fn a_backend_that_failed_is_told_with_its_causes() {
    let diary = Diary::default();
    let engine = Engine::builder()
        .source(Down)
        .hooks_inline(diary.clone())
        .build()
        .unwrap();
    let gate = Gate::builder(engine).build().unwrap();
    drop(gate.enter(&Head::get("/")).await);
    let events = diary.take();
    let [Event::Resolve(resolve), Event::Quota(quota)] = &events[..] else {
        panic!("{events:?}")
    };
    assert_eq!(resolve.refused, Some("tenant_backend_unavailable"));
    assert_eq!(quota.status, Some(503));
    assert!(
        quota.error.as_deref().unwrap().contains("db-7.internal"),
        "{quota:?}"
    );
}

#[tokio::test]
async fn whatever_gives_a_charge_back_is_told_as_settled_at_nothing() {
    let (gate, diary) = gate(acme().requests_per_minute(9), |gate| {
        gate.on_drop(OnDrop::Refund)
    });
    for refund in [true, false] {
        let Entry::Admitted(admission) = gate.enter(&Head::get("/")).await else {
            panic!("refused")
        };
        if refund {
            admission.permit().refund().unwrap();
        }
        admission.finish();
        let events = diary.take();
        let [.., Event::Settle(settle), Event::Finish(_)] = &events[..] else {
            panic!("{events:?}")
        };
        assert_eq!(settle.actual.named_amount(&Dimension::Requests), Some(0));
        assert_eq!(settle.by_default, !refund);
    }
}

#[tokio::test]
async fn a_request_that_nobody_settles_is_told_as_settled_at_its_estimate_once_it_ends() {
    let (gate, diary) = gate(acme().requests_per_minute(9), |gate| gate);
    let Entry::Admitted(mut admission) = gate.enter(&Head::get("/")).await else {
        panic!("refused")
    };
    gate.answered(&mut admission, &Answer(206, &[]));
    let guard = admission.into_guard();
    assert_eq!(diary.take().len(), 3, "resolved, allowed, charged");
    guard.end();
    let events = diary.take();
    let [Event::Settle(settle), Event::Finish(finish)] = &events[..] else {
        panic!("{events:?}")
    };
    assert_eq!(settle.actual, settle.reserved);
    assert!(settle.by_default);
    assert_eq!((finish.status, finish.complete), (Some(206), true));
    assert_eq!(finish.tenant, id("acme"));
}

#[tokio::test]
async fn a_request_that_needs_no_tenant_is_told_as_such() {
    let (gate, diary) = gate(acme(), |gate| gate.allow_missing(true));
    drop(gate.enter(&Head::anonymous("/")).await);
    let events = diary.take();
    let [Event::Resolve(resolve)] = &events[..] else {
        panic!("{events:?}")
    };
    assert_eq!((&resolve.tenant, resolve.refused), (&None, None));
}

#[tokio::test]
async fn a_deferred_settlement_is_told_when_it_is_made_and_once() {
    let (gate, diary) = gate(acme().tokens_per_minute(100), |gate| {
        gate.estimate_with(|_| Cost::tokens(50))
    });
    for settles in [true, false] {
        let Entry::Admitted(admission) = gate.enter(&Head::get("/")).await else {
            panic!("refused")
        };
        let deferred = admission.permit().defer().unwrap();
        admission.finish();
        let before = diary.take();
        assert!(
            matches!(before.as_slice(), [.., Event::Quota(_), Event::Finish(_)]),
            "{before:?}"
        );
        if settles {
            deferred.settle(&Cost::tokens(7));
        } else {
            drop(deferred);
        }
        let events = diary.take();
        let [Event::Settle(settle)] = &events[..] else {
            panic!("{events:?}")
        };
        let tokens = if settles { 7 } else { 50 };
        assert_eq!(settle.actual.get(&Dimension::Tokens), tokens);
        assert_eq!(settle.by_default, !settles);
    }
}

#[tokio::test]
async fn no_request_can_fill_the_queue_with_a_path_of_64_kilobytes() {
    let (gate, diary) = gate(acme(), |gate| gate);
    let path = format!("/{}", "a".repeat(65_000));
    assert!(matches!(
        gate.enter(&Head::get(&path)).await,
        Entry::Admitted(_)
    ));
    let told = diary.take().into_iter().find_map(|event| {
        if let Event::Policy(policy) = event {
            Some(policy.path)
        } else {
            None
        }
    });
    let told = told.unwrap();
    assert!(path.starts_with(told.strip_suffix('…').unwrap()) && told.len() < 1100);
}
