//! Resolve, then policy, then admit; and what a plan that is replaced in between may not do.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tollgate::{
    Clock, Cost, Dimension, Engine, Hooks, InMemorySource, LimitConfig, ManualClock, MatchConfig,
    PolicyEvent, Tenant, TenantConfig, TimeSource, Timestamp,
};
use tollgate_http::{Entry, Gate, Outlook, PermitHandle, Source};

use crate::kit::{Head, Kit, acme, id};

fn requests_left(kit: &Kit) -> u64 {
    let tenant = kit.engine.get(&id("acme")).unwrap();
    tenant.usage().remaining(&Dimension::Requests).unwrap()
}

#[tokio::test]
async fn what_is_refused_is_not_charged() {
    let config = acme().requests_per_minute(10).allow_models(["a"]);
    let kit = Kit::with(config, |gate| gate.tokens_from_header("x-tokens"));
    kit.admitted(&Head::get("/")).await.finish();
    kit.refused(&Head::get("/").with("x-model", "b")).await;
    kit.refused(&Head::get("/").with("x-tokens", "-5")).await;
    kit.refused(&Head::get("/").with("x-tenant-id", "acme"))
        .await;
    assert_eq!(requests_left(&kit), 9);
}

#[tokio::test]
async fn a_loaded_tenant_is_decided_on_without_waiting() {
    let kit = Kit::new(acme().requests_per_minute(10));
    let Outlook::Undecided(question) = kit.gate.enter_now(&Head::get("/")) else {
        panic!("it was never loaded")
    };
    assert_eq!(question.tenant().unwrap().source, Source::Header);
    assert_eq!(question.cost(), Some(&Cost::request()));
    assert!(matches!(
        kit.gate.decide(question).await,
        Entry::Admitted(_)
    ));
    for _ in 0..9 {
        let outlook = kit.gate.enter_now(&Head::get("/"));
        assert!(matches!(outlook, Outlook::Decided(Entry::Admitted(_))));
    }
    let outlook = kit.gate.enter_now(&Head::get("/"));
    assert!(matches!(outlook, Outlook::Decided(Entry::Rejected(_))));
}

#[tokio::test]
async fn a_request_without_a_tenant_passes_only_if_allowed_and_one_with_a_tenant_is_held_to_it() {
    let config = acme().requests_per_minute(1);
    let kit = Kit::with(config, |gate| {
        gate.allow_missing(true).tokens_from_header("x-tokens")
    });
    assert!(matches!(
        kit.enter(&Head::anonymous("/")).await,
        Entry::Open
    ));
    let no_cost = Head::anonymous("/").with("x-tokens", "-1");
    assert!(
        matches!(kit.enter(&no_cost).await, Entry::Open),
        "no tenant, no cost"
    );
    kit.admitted(&Head::get("/")).await.finish();
    assert_eq!(kit.refused(&Head::get("/")).await.status, 429);
    assert_eq!(kit.refused(&Head::of("nobody", "/")).await.status, 404);
    assert_eq!(kit.refused(&Head::of("", "/")).await.status, 400);
    assert_eq!(kit.gate.tenant_required().status, 401);
}

#[tokio::test]
async fn an_estimate_is_charged_and_settled_at_the_truth() {
    let kit = Kit::with(acme().tokens_per_minute(1_000), |gate| {
        gate.estimate_with(|request| Cost::tokens(if request.path() == "/long" { 800 } else { 10 }))
    });
    let admission = kit.admitted(&Head::get("/long")).await;
    assert_eq!(admission.permit().cost(), &Cost::request().and_tokens(800));
    assert_eq!(kit.refused(&Head::get("/long")).await.status, 429);
    admission.permit().settle(&Cost::tokens(5)).unwrap();
    admission.finish();
    kit.admitted(&Head::get("/long")).await.finish();
}

/// Replaces the config while the policy's answer is on its way: between policy and quota.
struct Meddler {
    source: InMemorySource,
    next: Mutex<Option<TenantConfig>>,
}

impl Hooks for Meddler {
    fn on_policy(&self, _: &PolicyEvent) {
        if let Some(next) = self.next.lock().unwrap().take() {
            self.source.set(next).unwrap();
        }
    }
}

async fn meddled(next: TenantConfig) -> (Entry, Engine) {
    let source = InMemorySource::new();
    source.set(acme().requests_per_minute(10)).unwrap();
    let hooks = Meddler {
        source: source.clone(),
        next: Mutex::new(Some(next)),
    };
    let clock = Clock::manual(&ManualClock::new());
    let engine = Engine::builder()
        .source(source)
        .clock(clock)
        .hooks_inline(hooks);
    let engine = engine.build().unwrap();
    let gate = Gate::builder(engine.clone()).build().unwrap();
    (
        gate.enter(&Head::get("/").with("x-model", "gpt-5")).await,
        engine,
    )
}

#[tokio::test]
async fn a_policy_that_is_tightened_before_the_charge_refuses_and_gives_the_charge_back() {
    let (entry, engine) = meddled(acme().requests_per_minute(10).allow_models(["gpt-4"])).await;
    let Entry::Rejected(reply) = entry else {
        panic!("admitted under the old policy")
    };
    assert_eq!(reply.status, 403);
    let left = engine
        .get(&id("acme"))
        .unwrap()
        .usage()
        .remaining(&Dimension::Requests);
    assert_eq!(left, Some(10));
}

#[tokio::test]
async fn a_new_plan_that_still_allows_it_admits_once() {
    let (entry, engine) = meddled(acme().requests_per_minute(10).allow_models(["gpt-*"])).await;
    assert!(matches!(entry, Entry::Admitted(_)));
    let left = engine
        .get(&id("acme"))
        .unwrap()
        .usage()
        .remaining(&Dimension::Requests);
    assert_eq!(left, Some(9));
}

fn gate_of_nobody() -> Gate {
    let engine = Engine::builder()
        .source(InMemorySource::new())
        .build_without_actors()
        .unwrap();
    Gate::builder(engine).build().unwrap()
}

#[test]
fn futures_and_handles_can_be_sent_anywhere() {
    fn sendable<T: Send>(_: &T) {}
    fn shareable<T: Send + Sync>() {}
    let gate = gate_of_nobody();
    sendable(&gate.enter(&Head::get("/")));
    let Outlook::Undecided(question) = gate.enter_now(&Head::get("/")) else {
        panic!("loaded")
    };
    sendable(&gate.decide(question));
    shareable::<Gate>();
    shareable::<PermitHandle>();
    shareable::<Arc<tollgate_http::Admission>>();
    shareable::<tollgate_http::Rejection>();
}

/// A clock that replaces a config when it is read for a decision: between the gate's look at a plan and the charge.
#[derive(Debug, Clone)]
struct Meddling {
    clock: ManualClock,
    source: InMemorySource,
    next: Arc<Mutex<Option<TenantConfig>>>,
}

impl TimeSource for Meddling {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn now_coarse(&self) -> Timestamp {
        let next = self.next.lock().unwrap().take();
        if let Some(next) = next {
            self.source.set(next).unwrap();
        }
        self.clock.now()
    }
}

/// What becomes of a request for `/v1` if `next` comes into force while it is charged, and who is charged then.
async fn overtaken(next: TenantConfig) -> (Entry, Tenant) {
    let clock = Meddling {
        clock: ManualClock::new(),
        source: InMemorySource::new(),
        next: Arc::default(),
    };
    clock.source.set(acme().requests_per_minute(10)).unwrap();
    let engine = Engine::builder().source(clock.source.clone());
    let engine = engine.clock(Clock::custom(clock.clone())).build().unwrap();
    let gate = Gate::builder(engine.clone()).build().unwrap();
    let tenant = engine.tenant(&id("acme")).await.unwrap();
    assert!(tenant.is_indifferent());
    *clock.next.lock().unwrap() = Some(next);
    let entry = gate.enter(&Head::get("/v1").with("x-model", "gpt-5")).await;
    assert!(!tenant.is_indifferent(), "the new plan is in force");
    (entry, tenant)
}

#[tokio::test]
async fn a_policy_that_comes_into_force_while_an_unread_request_is_charged_is_asked() {
    let (entry, tenant) = overtaken(acme().requests_per_minute(10).allow_models(["gpt-4"])).await;
    let Entry::Rejected(reply) = entry else {
        panic!("admitted under a policy that was not asked")
    };
    assert_eq!(reply.status, 403);
    assert_eq!(tenant.usage().remaining(&Dimension::Requests), Some(10));
}

#[tokio::test]
async fn a_limit_for_some_that_comes_into_force_while_an_unread_request_is_charged_counts_it() {
    let mut route = MatchConfig::default();
    route.routes.push("/v1".to_owned());
    let minute = Duration::from_secs(60);
    let limit = LimitConfig::sliding("v1", Dimension::Requests, 5, minute).only_for(route);
    let (entry, tenant) = overtaken(acme().requests_per_minute(10).limit(limit)).await;
    assert!(matches!(entry, Entry::Admitted(_)));
    let used = |limit: &str| tenant.usage().get(limit).unwrap().used;
    assert_eq!((used("requests_per_minute"), used("v1")), (1, 1));
}
