//! `X-Quota-Remaining-Requests` and `X-Quota-Remaining-Tokens`.

use tollgate::{Dimension, Usage};

use super::profile::Put;
use super::write::Writer;

/// What is left of requests and of tokens; nothing is said of a dimension without a limit.
pub(super) fn write(usage: &Usage, text: &mut Writer, put: &mut Put<'_>) {
    let dimensions = [
        (Dimension::Requests, "x-quota-remaining-requests"),
        (Dimension::Tokens, "x-quota-remaining-tokens"),
    ];
    for (dimension, name) in dimensions {
        if let Some(remaining) = usage.remaining(&dimension) {
            put(name, text.clear().number(remaining).as_str());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tollgate::{Cost, LimitConfig, ManualClock, TenantConfig};

    use super::*;
    use crate::testing::{config, spend, tenant};

    fn headers(config: &TenantConfig, cost: &Cost) -> Vec<(&'static str, String)> {
        let tenant = tenant(config, &ManualClock::new());
        spend(&tenant, cost);
        let mut headers = Vec::new();
        write(&tenant.usage(), &mut Writer::new(), &mut |name, value| {
            headers.push((name, value.to_owned()));
        });
        headers
    }

    #[test]
    fn what_is_left_is_told_and_what_is_unlimited_is_left_out() {
        let both = config().requests_per_minute(100).tokens_per_minute(1_000);
        assert_eq!(
            headers(&both, &Cost::request().and_tokens(400)),
            [
                ("x-quota-remaining-requests", "99".to_owned()),
                ("x-quota-remaining-tokens", "600".to_owned()),
            ]
        );
        let tokens = config().tokens_per_minute(1_000);
        assert_eq!(
            headers(&tokens, &Cost::request()),
            [("x-quota-remaining-tokens", "1000".to_owned())]
        );
        assert!(headers(&config(), &Cost::request()).is_empty());
    }

    #[test]
    fn the_least_of_several_limits_counts_and_slots_do_not() {
        let second = Duration::from_secs(1);
        let config = config()
            .requests_per_minute(100)
            .limit(LimitConfig::sliding(
                "burst",
                Dimension::Requests,
                20,
                second,
            ))
            .limit(LimitConfig::concurrency(
                "in-flight",
                Dimension::Requests,
                2,
            ));
        let told = headers(&config, &Cost::request());
        assert_eq!(told, [("x-quota-remaining-requests", "19".to_owned())]);
    }
}
