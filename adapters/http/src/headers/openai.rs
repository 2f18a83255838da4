//! `x-ratelimit-{limit,remaining,reset}-{requests,tokens}`, as OpenAI sends them.

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
}

const TOLD: [Told; 2] = [
    Told {
        dimension: "requests",
        limit: "x-ratelimit-limit-requests",
        remaining: "x-ratelimit-remaining-requests",
        reset: "x-ratelimit-reset-requests",
    },
    Told {
        dimension: "tokens",
        limit: "x-ratelimit-limit-tokens",
        remaining: "x-ratelimit-remaining-tokens",
        reset: "x-ratelimit-reset-tokens",
    },
];

/// The tightest limit of requests and of tokens; nothing is said of a dimension without a limit.
pub(super) fn write(usage: &Usage, text: &mut Writer, put: &mut Put<'_>) {
    for told in &TOLD {
        let Some(tightest) = Tightest::of(usage, told.dimension) else {
            continue;
        };
        put(told.limit, text.clear().number(tightest.limit).as_str());
        let remaining = text.clear().number(tightest.remaining);
        put(told.remaining, remaining.as_str());
        let reset = text.clear().go_duration(tightest.full_in);
        put(told.reset, reset.as_str());
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tollgate::{Cost, Dimension, LimitConfig, ManualClock};

    use super::*;
    use crate::testing::{config, spend, tenant};

    #[test]
    fn a_bucket_s_reset_is_when_it_is_full_again() {
        let minute = Duration::from_secs(60);
        let config = config()
            .limit(LimitConfig::bucket(
                "rpm",
                Dimension::Requests,
                60,
                minute,
                60,
            ))
            .limit(LimitConfig::bucket(
                "tpm",
                Dimension::Tokens,
                150_000,
                minute,
                150_000,
            ));
        let tenant = tenant(&config, &ManualClock::new());
        spend(&tenant, &Cost::request().and_tokens(15_016));
        let mut told = Vec::new();
        write(&tenant.usage(), &mut Writer::new(), &mut |name, value| {
            told.push((name, value.to_owned()));
        });
        let expected = [
            ("x-ratelimit-limit-requests", "60"),
            ("x-ratelimit-remaining-requests", "59"),
            ("x-ratelimit-reset-requests", "1s"),
            ("x-ratelimit-limit-tokens", "150000"),
            ("x-ratelimit-remaining-tokens", "134984"),
            // 15,016 tokens at 2,500 a second are 6.0064 s.
            ("x-ratelimit-reset-tokens", "6.007s"),
        ];
        assert_eq!(told, expected.map(|(name, value)| (name, value.to_owned())));
    }
}
