//! Tests of plans, limits and how they read.

use super::*;

fn limit(name: &str, dimension: Dimension, capacity: u64, algorithm: Algorithm) -> Limit {
    Limit {
        name: name.into(),
        dimension,
        capacity,
        parts: SubWindows::of(&algorithm),
        algorithm,
        matcher: None,
        enforcement: Enforcement::Enforce,
        durable: false,
        shared: None,
        beyond: Beyond::default(),
    }
}

const MINUTE: Duration = Duration::from_mins(1);

#[test]
fn a_window_that_does_not_divide_evenly_is_rounded_up() {
    let parts = SubWindows::of(&Algorithm::Sliding {
        window: Duration::from_secs(1),
        sub_windows: 7,
    });
    assert!(parts.length * 7 >= 1_000_000_000);
    assert_eq!(parts.count, 7);
}

#[test]
fn limits_read_as_people_say_them() {
    let sliding = Algorithm::Sliding {
        window: MINUTE,
        sub_windows: 30,
    };
    let bucket = Algorithm::Bucket {
        window: MINUTE,
        burst: 20,
    };
    let day = Algorithm::Calendar {
        period: Period::Day,
    };
    for (limit, text) in [
        (
            limit("requests_per_minute", Dimension::Requests, 100, sliding),
            "requests_per_minute (100 requests per 60s)",
        ),
        (
            limit("in-flight", Dimension::Requests, 8, Algorithm::Concurrency),
            "in-flight (8 requests at once)",
        ),
        (
            limit("day-tokens", Dimension::Tokens, 1_000_000, day),
            "day-tokens (1000000 tokens per calendar day)",
        ),
        (
            limit("burst", Dimension::Requests, 600, bucket),
            "burst (600 requests per 60s, burst 20)",
        ),
    ] {
        assert_eq!(limit.to_string(), text);
    }
}

#[test]
fn one_request_costs_at_most_the_burst_of_a_bucket() {
    let bucket = Algorithm::Bucket {
        window: MINUTE,
        burst: 20,
    };
    let bucket = limit("b", Dimension::Requests, 600, bucket);
    assert!(bucket.is_bucket());
    assert_eq!((bucket.burst_or_capacity(), bucket.capacity()), (20, 600));
    let slots = limit("c", Dimension::Requests, 8, Algorithm::Concurrency);
    assert_eq!((slots.burst_or_capacity(), slots.window()), (8, None));
}

#[test]
fn only_periods_of_constant_length_have_a_window() {
    let window = |period| limit("c", Dimension::Tokens, 1, Algorithm::Calendar { period }).window();
    assert_eq!(window(Period::Minute), Some(MINUTE));
    assert_eq!(window(Period::Hour), Some(Duration::from_hours(1)));
    assert_eq!(window(Period::Day), Some(Duration::from_hours(24)));
    assert_eq!(window(Period::Month), None);
}

#[test]
fn durations_are_written_exactly_and_read_back() {
    for (text, duration) in [
        ("0s", Duration::ZERO),
        ("7d", Duration::from_hours(7 * 24)),
        ("36h", Duration::from_hours(36)),
        ("5400s", Duration::from_mins(90)),
        ("60s", MINUTE),
        ("1500ms", Duration::from_millis(1_500)),
        ("1001us", Duration::from_micros(1_001)),
        ("1000001ns", Duration::from_nanos(1_000_001)),
    ] {
        assert_eq!(Compact(duration).to_string(), text);
        assert_eq!(humantime::parse_duration(text), Ok(duration));
    }
}
