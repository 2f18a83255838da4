//! `X-RateLimit-Limit`, `-Remaining` and `-Reset`, as many services have sent them for years.

use std::cmp::{Ordering, Reverse};
use std::time::Duration;

use tollgate::{LimitUsage, Usage};

use super::profile::{Put, ResetStyle};
use super::write::{Writer, seconds_up};

/// The three headers of the most restrictive limit.
pub(super) fn write(usage: &Usage, reset: ResetStyle, text: &mut Writer, put: &mut Put<'_>) {
    let windows = usage
        .iter()
        .filter_map(|level| Some((level, level.full_in?)));
    let Some((level, full_in)) = windows.min_by(more_restrictive) else {
        return;
    };
    put(
        "x-ratelimit-limit",
        text.clear()
            .number(level.limit.burst_or_capacity())
            .as_str(),
    );
    put(
        "x-ratelimit-remaining",
        text.clear().number(level.remaining).as_str(),
    );
    let reset = match reset {
        ResetStyle::Delta => seconds_up(full_in),
        ResetStyle::Epoch => {
            let at = usage.at().saturating_add(full_in);
            seconds_up(Duration::from_nanos(at.as_nanos()))
        }
    };
    put("x-ratelimit-reset", text.clear().number(reset).as_str());
}

/// Less left in proportion comes first, then what takes longer to be full again.
fn more_restrictive(
    (a, a_full): &(LimitUsage<'_>, Duration),
    (b, b_full): &(LimitUsage<'_>, Duration),
) -> Ordering {
    // a.remaining / a.most < b.remaining / b.most, without dividing.
    let cross = |left: &LimitUsage<'_>, right: &LimitUsage<'_>| {
        u128::from(left.remaining).saturating_mul(u128::from(right.limit.burst_or_capacity()))
    };
    cross(a, b)
        .cmp(&cross(b, a))
        .then_with(|| Reverse(a_full).cmp(&Reverse(b_full)))
}

#[cfg(test)]
mod tests {
    use tollgate::{Cost, Dimension, LimitConfig, ManualClock, Tenant};

    use super::*;
    use crate::testing::{config, spend, tenant};

    fn headers(tenant: &Tenant, reset: ResetStyle) -> Vec<u64> {
        let mut values = Vec::new();
        write(
            &tenant.usage(),
            reset,
            &mut Writer::new(),
            &mut |_, value| {
                values.push(value.parse().unwrap());
            },
        );
        values
    }

    #[test]
    fn the_limit_with_the_least_left_in_proportion_is_told() {
        let config = config().requests_per_minute(100).tokens_per_minute(10_000);
        let tenant = tenant(&config, &ManualClock::new());
        spend(&tenant, &Cost::request().and_tokens(5_000));
        let told = headers(&tenant, ResetStyle::Delta);
        assert_eq!(told[..2], [10_000, 5_000]);
        let full = tenant
            .usage()
            .get("tokens_per_minute")
            .unwrap()
            .full_in
            .unwrap();
        assert_eq!(told[2], seconds_up(full));
    }

    #[test]
    fn of_equals_the_one_that_takes_longest_is_told() {
        let hour = Duration::from_secs(3600);
        let hourly = LimitConfig::sliding("hourly", Dimension::Requests, 100, hour);
        let tenant = tenant(
            &config().requests_per_minute(100).limit(hourly),
            &ManualClock::new(),
        );
        spend(&tenant, &Cost::request());
        let told = headers(&tenant, ResetStyle::Delta);
        assert_eq!(told[..2], [100, 99]);
        assert!(told[2] > 3000, "{told:?}");
    }

    #[test]
    fn reset_is_0_when_full_and_can_be_a_time_of_day() {
        let clock = ManualClock::new();
        let tenant = tenant(&config().requests_per_minute(5), &clock);
        assert_eq!(headers(&tenant, ResetStyle::Delta), [5, 5, 0]);
        let now = seconds_up(Duration::from_nanos(tenant.usage().at().as_nanos()));
        assert_eq!(headers(&tenant, ResetStyle::Epoch), [5, 5, now]);
        spend(&tenant, &Cost::request());
        let told = headers(&tenant, ResetStyle::Epoch);
        assert!(told[2] > now && told[2] < now + 70, "{told:?} {now}");
    }

    #[test]
    fn slots_have_no_reset_and_are_left_out() {
        let slots = LimitConfig::concurrency("in-flight", Dimension::Requests, 1);
        let alone = tenant(&config().limit(slots.clone()), &ManualClock::new());
        assert!(headers(&alone, ResetStyle::Delta).is_empty());
        let both = tenant(
            &config().requests_per_minute(5).limit(slots),
            &ManualClock::new(),
        );
        let permit = both.try_acquire(&Cost::request());
        assert_eq!(headers(&both, ResetStyle::Delta)[..2], [5, 4]);
        drop(permit);
    }
}
