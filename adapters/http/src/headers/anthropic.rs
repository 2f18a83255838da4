//! `anthropic-ratelimit-{requests,tokens,input-tokens,output-tokens}-{limit,remaining,reset}`.

use std::time::Duration;

use tollgate::Usage;

use super::profile::Put;
use super::tightest::Tightest;
use super::write::Writer;

/// A dimension, and its headers.
struct Told {
    dimension: &'static str,
    limit: &'static str,
    remaining: &'static str,
    reset: &'static str,
    is_rounded: bool,
}

const TOLD: [Told; 4] = [
    Told {
        dimension: "requests",
        limit: "anthropic-ratelimit-requests-limit",
        remaining: "anthropic-ratelimit-requests-remaining",
        reset: "anthropic-ratelimit-requests-reset",
        is_rounded: false,
    },
    Told {
        dimension: "tokens",
        limit: "anthropic-ratelimit-tokens-limit",
        remaining: "anthropic-ratelimit-tokens-remaining",
        reset: "anthropic-ratelimit-tokens-reset",
        is_rounded: true,
    },
    Told {
        dimension: "input_tokens",
        limit: "anthropic-ratelimit-input-tokens-limit",
        remaining: "anthropic-ratelimit-input-tokens-remaining",
        reset: "anthropic-ratelimit-input-tokens-reset",
        is_rounded: true,
    },
    Told {
        dimension: "output_tokens",
        limit: "anthropic-ratelimit-output-tokens-limit",
        remaining: "anthropic-ratelimit-output-tokens-remaining",
        reset: "anthropic-ratelimit-output-tokens-reset",
        is_rounded: true,
    },
];

/// The tightest limit of each dimension; nothing is said of one without a limit.
pub(super) fn write(usage: &Usage, text: &mut Writer, put: &mut Put<'_>) {
    let now = Duration::from_nanos(usage.at().as_nanos());
    for told in &TOLD {
        let Some(tightest) = Tightest::of(usage, told.dimension) else {
            continue;
        };
        let remaining = if told.is_rounded {
            to_thousands(tightest.remaining, tightest.limit)
        } else {
            tightest.remaining
        };
        put(told.limit, text.clear().number(tightest.limit).as_str());
        put(told.remaining, text.clear().number(remaining).as_str());
        let reset = now.saturating_add(tightest.full_in);
        put(told.reset, text.clear().rfc_3339(reset).as_str());
    }
}

/// To the nearest thousand, and never more than the limit holds; a limit below a thousand is told as it is.
fn to_thousands(remaining: u64, limit: u64) -> u64 {
    if limit < 1_000 {
        return remaining;
    }
    let thousands = remaining.saturating_add(500) / 1_000;
    thousands.saturating_mul(1_000).min(limit)
}

#[cfg(test)]
mod tests {
    use tollgate::{Cost, Dimension, LimitConfig, ManualClock};

    use super::*;
    use crate::testing::{config, spend, tenant};

    fn headers(usage: &Usage) -> Vec<(&'static str, String)> {
        let mut told = Vec::new();
        write(usage, &mut Writer::new(), &mut |name, value| {
            told.push((name, value.to_owned()));
        });
        told
    }

    #[test]
    fn input_and_output_are_told_where_the_plan_counts_them() {
        let minute = Duration::from_secs(60);
        let named = |name: &str| -> Dimension { name.parse().unwrap() };
        let config = config()
            .limit(LimitConfig::bucket(
                "rpm",
                Dimension::Requests,
                60,
                minute,
                60,
            ))
            .limit(LimitConfig::bucket(
                "itpm",
                named("input_tokens"),
                60_000,
                minute,
                60_000,
            ))
            .limit(LimitConfig::bucket(
                "otpm",
                named("output_tokens"),
                6_000,
                minute,
                6_000,
            ));
        let tenant = tenant(&config, &ManualClock::new());
        let full = headers(&tenant.usage());
        let now = &full[2].1;
        let cost = Cost::request()
            .and(named("input_tokens"), 1_400)
            .and(named("output_tokens"), 501);
        spend(&tenant, &cost);
        let told = headers(&tenant.usage());
        let after = |seconds: i64| {
            let now: jiff::Timestamp = now.parse().unwrap();
            (now + jiff::SignedDuration::from_secs(seconds)).to_string()
        };
        let expected = [
            ("anthropic-ratelimit-requests-limit", "60".to_owned()),
            ("anthropic-ratelimit-requests-remaining", "59".to_owned()),
            ("anthropic-ratelimit-requests-reset", after(1)),
            ("anthropic-ratelimit-input-tokens-limit", "60000".to_owned()),
            (
                "anthropic-ratelimit-input-tokens-remaining",
                "59000".to_owned(),
            ),
            ("anthropic-ratelimit-input-tokens-reset", after(2)),
            ("anthropic-ratelimit-output-tokens-limit", "6000".to_owned()),
            (
                "anthropic-ratelimit-output-tokens-remaining",
                "5000".to_owned(),
            ),
            ("anthropic-ratelimit-output-tokens-reset", after(6)),
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn tokens_are_told_to_the_nearest_thousand_and_never_more_than_there_are_at_most() {
        for (remaining, limit, told) in [
            (0, 10_000, 0),
            (499, 10_000, 0),
            (500, 10_000, 1_000),
            (1_499, 10_000, 1_000),
            (1_500, 1_500, 1_500),
            (10_000, 10_000, 10_000),
            (999, 999, 999),
            (499, 999, 499),
            (u64::MAX, u64::MAX, u64::MAX / 1_000 * 1_000),
        ] {
            assert_eq!(
                to_thousands(remaining, limit),
                told,
                "{remaining} of {limit}"
            );
        }
    }
}
