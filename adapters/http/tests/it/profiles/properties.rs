//! Any plan at any level: what each dialect says is what the engine says.

use std::time::Duration;

use proptest::prelude::*;
use tollgate::{Algorithm, Cost, LimitUsage, Usage};
use tollgate_http::{Entry, HeaderProfile, Reply, ResetStyle};

use super::fields::Fields;
use super::plans::{Event, dimension, events, plans};
use crate::kit::{Head, Kit};

/// The most that a structured field's integer holds.
const MOST: u64 = 999_999_999_999_999;

const ALL: [HeaderProfile; 5] = [
    HeaderProfile::Ietf,
    HeaderProfile::XRateLimit,
    HeaderProfile::Quota,
    HeaderProfile::OpenAi,
    HeaderProfile::Anthropic,
];

fn secs_up(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos().div_ceil(1_000_000_000)).unwrap()
}

fn since_1970(usage: &Usage) -> Duration {
    Duration::from_nanos(usage.at().as_nanos())
}

fn check_ietf(fields: &Fields, usage: &Usage) {
    let levels: Vec<_> = usage.iter().take(16).collect();
    if levels.is_empty() {
        assert_eq!(fields.count("ratelimit"), 0);
        return;
    }
    let policies = fields.policies("ratelimit-policy").unwrap();
    let states = fields.policies("ratelimit").unwrap();
    assert_eq!((policies.len(), states.len()), (levels.len(), levels.len()));
    for ((policy, state), level) in policies.iter().zip(&states).zip(levels) {
        let name = level.limit.name();
        assert_eq!((&*policy.name, &*state.name), (name, name));
        assert_eq!(
            policy.integers.get("q"),
            Some(&level.limit.capacity().min(MOST))
        );
        let window = level.limit.window().map(secs_up);
        assert_eq!(policy.integers.get("w").copied(), window);
        let slots = *level.limit.algorithm() == Algorithm::Concurrency;
        assert_eq!(
            policy.unit.as_deref(),
            slots.then_some("concurrent-requests")
        );
        assert_eq!(state.integers.get("r"), Some(&level.remaining.min(MOST)));
        assert_eq!(state.integers.get("t").copied(), level.next_in.map(secs_up));
    }
}

fn check_x_ratelimit(fields: &Fields, usage: &Usage, reset: ResetStyle) {
    let told =
        ["limit", "remaining", "reset"].map(|name| fields.number(&format!("x-ratelimit-{name}")));
    let levels: Vec<_> = usage
        .iter()
        .filter(|level| level.full_in.is_some())
        .collect();
    let of = |level: &LimitUsage<'_>| {
        let full = level.full_in.unwrap();
        let reset = match reset {
            ResetStyle::Delta => secs_up(full),
            ResetStyle::Epoch => secs_up(since_1970(usage) + full),
        };
        [level.limit.burst_or_capacity(), level.remaining, reset].map(Some)
    };
    if levels.is_empty() {
        assert_eq!(told, [None; 3]);
        return;
    }
    let chosen = levels.iter().find(|level| of(level) == told).unwrap();
    let share = |level: &LimitUsage<'_>, of: &LimitUsage<'_>| {
        u128::from(level.remaining) * u128::from(of.limit.burst_or_capacity())
    };
    for other in &levels {
        assert!(
            share(chosen, other) <= share(other, chosen),
            "{chosen:?} {other:?}"
        );
    }
}

fn check_quota(fields: &Fields, usage: &Usage) {
    for name in ["requests", "tokens"] {
        let told = fields.number(&format!("x-quota-remaining-{name}"));
        assert_eq!(told, usage.remaining(&dimension(name)));
    }
}

/// The limits of a dimension that have the least left.
fn tightest<'u>(usage: &'u Usage, name: &str) -> Vec<LimitUsage<'u>> {
    let left = usage.remaining(&dimension(name));
    let levels = usage.iter().filter(|level| {
        level.limit.dimension() == &dimension(name)
            && *level.limit.algorithm() != Algorithm::Concurrency
            && Some(level.remaining) == left
    });
    let levels: Vec<_> = levels.collect();
    let longest = levels.iter().map(|level| level.full_in).max();
    levels
        .into_iter()
        .filter(|level| Some(level.full_in) == longest)
        .collect()
}

fn check_openai(fields: &Fields, usage: &Usage) {
    for name in ["requests", "tokens"] {
        let number = |part: &str| fields.number(&format!("x-ratelimit-{part}-{name}"));
        let told = (
            number("limit"),
            number("remaining"),
            fields.go(&format!("x-ratelimit-reset-{name}")),
        );
        let expected = tightest(usage, name);
        if expected.is_empty() {
            assert_eq!(told, (None, None, None));
            continue;
        }
        let fits = |level: &LimitUsage<'_>| {
            let reset = level.full_in.unwrap();
            let reset =
                Duration::from_millis(u64::try_from(reset.as_nanos().div_ceil(1_000_000)).unwrap());
            let (most, left) = (level.limit.burst_or_capacity(), level.remaining);
            told == (Some(most), Some(left), Some(reset))
        };
        assert!(expected.iter().any(fits), "{told:?} {expected:?}");
    }
}

fn check_anthropic(fields: &Fields, usage: &Usage) {
    for name in ["requests", "tokens", "input_tokens", "output_tokens"] {
        let header = |part: &str| format!("anthropic-ratelimit-{}-{part}", name.replace('_', "-"));
        let expected = tightest(usage, name);
        let (limit, remaining) = (
            fields.number(&header("limit")),
            fields.number(&header("remaining")),
        );
        let reset = fields.time(&header("reset"));
        if expected.is_empty() {
            assert_eq!((limit, remaining, reset), (None, None, None));
            continue;
        }
        let fits = |level: &LimitUsage<'_>| {
            let at = since_1970(usage) + level.full_in.unwrap();
            (limit, reset)
                == (
                    Some(level.limit.burst_or_capacity()),
                    Some(Duration::from_secs(secs_up(at))),
                )
        };
        assert!(expected.iter().any(fits), "{fields:?} {expected:?}");
        let (told, true_one) = (remaining.unwrap(), expected[0].remaining);
        let is_exact = name == "requests" || limit.unwrap() < 1_000;
        let off_by = told.abs_diff(true_one);
        assert!(
            off_by <= if is_exact { 0 } else { 500 },
            "{told} {true_one}"
        );
        assert!(is_exact || told % 1_000 == 0 || Some(told) == limit);
        assert!(Some(told) <= limit);
    }
}

fn check(fields: &Fields, usage: &Usage, reset: ResetStyle) {
    check_ietf(fields, usage);
    check_x_ratelimit(fields, usage, reset);
    check_quota(fields, usage);
    check_openai(fields, usage);
    check_anthropic(fields, usage);
}

/// A refusal's wait: whole seconds that are never earlier than the milliseconds, nor than the `t` of a limit that
/// has nothing left to give before; and whoever waits so long is not refused for the same reason again.
async fn check_wait(kit: &Kit, head: &Head, reply: &Reply) {
    let fields = Fields::of(
        reply
            .headers
            .iter()
            .map(|(name, value)| (&**name, &**value)),
    );
    let body = crate::kit::json(reply);
    if body["code"] == "tenant_cost_exceeds_limit" {
        assert_eq!(
            (fields.get("retry-after"), fields.get("retry-after-ms")),
            (None, None)
        );
        return;
    }
    let seconds = fields.number("retry-after").unwrap();
    assert!(seconds >= 1);
    let binding = body["violated-policies"][0].as_str().unwrap();
    let states = fields.policies("ratelimit").unwrap();
    let state = states.iter().find(|state| state.name == binding);
    let t = state.and_then(|state| state.integers.get("t"));
    assert!(t.is_none_or(|&t| seconds >= t), "{fields:?}");
    let Some(millis) = fields.number("retry-after-ms") else {
        return;
    };
    assert!(millis >= 1 && seconds >= millis.div_ceil(1_000));
    kit.clock.advance(Duration::from_millis(millis - 1));
    assert!(
        matches!(kit.enter(head).await, Entry::Rejected(_)),
        "a millisecond early"
    );
    kit.clock.advance(Duration::from_millis(1));
    let entry = kit.enter(head).await;
    assert!(matches!(entry, Entry::Admitted(_)), "{entry:?} {fields:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn what_clients_read_back_is_what_the_limits_are(
        config in plans(),
        events in events(),
        epoch: bool,
    ) {
        let reset = if epoch { ResetStyle::Epoch } else { ResetStyle::Delta };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let kit = Kit::with(config, |gate| {
                gate.profiles(ALL).reset_style(reset).estimate_with(|request| {
                    let cost = request.path().strip_prefix('/').unwrap();
                    let amounts: Vec<u64> = cost.split('-').map(|each| each.parse().unwrap()).collect();
                    Cost::requests(amounts[0])
                        .and_tokens(amounts[1])
                        .and(dimension("input_tokens"), amounts[2])
                        .and(dimension("output_tokens"), amounts[3])
                })
            });
            // Nothing ends: slots fill up.
            let mut held = Vec::new();
            for event in events {
                match event {
                    Event::Wait(wait) => kit.clock.advance(wait),
                    Event::Request(cost) => {
                        let amounts = ["requests", "tokens", "input_tokens", "output_tokens"]
                            .map(|name| cost.get(&dimension(name)).to_string());
                        let head = Head::get(&format!("/{}", amounts.join("-")));
                        match kit.enter(&head).await {
                            Entry::Admitted(admission) => {
                                let told = kit.report(200, &admission);
                                let told = told.iter().map(|(name, value)| (&**name, &**value));
                                check(&Fields::of(told), &admission.permit().usage(), reset);
                                held.push(admission);
                            }
                            Entry::Rejected(reply) => check_wait(&kit, &head, &reply).await,
                            Entry::Open => panic!("no tenant"),
                        }
                    }
                }
            }
        });
    }
}
