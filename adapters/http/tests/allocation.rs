//! What a response tells of the limits takes one buffer, however many dialects it is told in.
//!
//! A binary of its own: `allocation_counter` sets the global allocator, and counts by thread.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that fails may panic"
)]

use std::time::Duration;

use tollgate::{Cost, Dimension, Engine, InMemorySource, LimitConfig, Period, TenantConfig};
use tollgate_http::{Admission, Entry, Gate, HeaderProfile, RequestView};

const ALL: [HeaderProfile; 5] = [
    HeaderProfile::Ietf,
    HeaderProfile::XRateLimit,
    HeaderProfile::Quota,
    HeaderProfile::OpenAi,
    HeaderProfile::Anthropic,
];

struct Head;

impl RequestView for Head {
    fn method(&self) -> &'static str {
        "GET"
    }

    fn path(&self) -> &'static str {
        "/"
    }

    fn query(&self) -> Option<&str> {
        None
    }

    fn host(&self) -> Option<&str> {
        None
    }

    fn principal(&self) -> Option<&str> {
        Some("acme")
    }

    fn headers<'a>(&'a self, _: &str, _: &mut dyn FnMut(&'a [u8])) {}
}

/// Limits of everything that any dialect tells, none of them full.
fn config() -> TenantConfig {
    let minute = Duration::from_secs(60);
    let named = |name: &str| -> Dimension { name.parse().unwrap() };
    [
        LimitConfig::bucket("in", named("input_tokens"), 60_000, minute, 60_000),
        LimitConfig::sliding("out", named("output_tokens"), 6_000, minute),
        LimitConfig::calendar("day", Dimension::Tokens, 100_000, Period::Day),
        LimitConfig::concurrency("slots", Dimension::Requests, 100),
    ]
    .into_iter()
    .fold(
        TenantConfig::new("acme".parse().unwrap()).requests_per_minute(100),
        TenantConfig::limit,
    )
}

fn gate(profiles: &[HeaderProfile]) -> Gate {
    let source = InMemorySource::new();
    source.set(config()).unwrap();
    let engine = Engine::builder().source(source).build().unwrap();
    let cost = Cost::request()
        .and_tokens(1_234)
        .and("input_tokens".parse().unwrap(), 1_000)
        .and("output_tokens".parse().unwrap(), 234);
    Gate::builder(engine)
        .profiles(profiles.iter().copied())
        .estimate_with(move |_| cost.clone())
        .build()
        .unwrap()
}

async fn admitted(gate: &Gate) -> Admission {
    match gate.enter(&Head).await {
        Entry::Admitted(admission) => admission,
        entry @ (Entry::Open | Entry::Rejected(_)) => panic!("{entry:?}"),
    }
}

#[tokio::test]
async fn a_report_allocates_its_one_buffer_and_nothing_else() {
    let sets = ALL.iter().map(std::slice::from_ref).chain([&ALL[..]]);
    for profiles in sets {
        let gate = gate(profiles);
        let admission = admitted(&gate).await;
        let mut told = 0;
        let mut report = || {
            gate.report(200, admission.permit(), &mut |_, value| told += value.len());
        };
        report(); // The plan keeps the words that never change, made once.
        let allocated = allocation_counter::measure(report);
        assert_eq!(allocated.count_total, 1, "{profiles:?}: {allocated:?}");
        assert!(told > 0);
    }
}
