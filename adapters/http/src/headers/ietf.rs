//! `RateLimit-Policy` and `RateLimit` of draft-ietf-httpapi-ratelimit-headers-11.

use tollgate::Usage;

use super::sink::ReportSink;
use super::wording::Wording;
use super::write::{Writer, seconds_up};

/// Items that a field has at most: proxies refuse heads of a few kilobytes.
pub(super) const MOST_LISTED: usize = 16;

/// Both fields, one item a limit, in the plan's order, for its first 16. A tenant without limits has
/// neither.
pub(super) fn write(usage: &Usage, units: bool, text: &mut Writer, sink: &mut dyn ReportSink) {
    let plan = usage.plan();
    let kept = plan.memo(|plan| Wording::of(plan, units));
    match kept.filter(|kept| kept.units == units) {
        Some(kept) => put(usage, kept, text, sink),
        // Another gate with other units keeps its words there.
        None => put(usage, &Wording::of(plan, units), text, sink),
    }
}

fn put(usage: &Usage, wording: &Wording, text: &mut Writer, sink: &mut dyn ReportSink) {
    if usage.iter().next().is_none() {
        return;
    }
    if usage.is_whole() {
        sink.put_constant("ratelimit-policy", &wording.policy);
    } else {
        sink.put("ratelimit-policy", some_policies(usage, wording, text));
    }
    text.clear();
    for level in usage.iter().take(MOST_LISTED) {
        let Some(words) = wording.limits.get(level.place) else {
            continue;
        };
        text.item().raw(&words.state).integer(level.remaining);
        if let Some(next) = level.next_in {
            text.raw(";t=").integer(seconds_up(next));
        }
    }
    sink.put("ratelimit", text.as_str());
}

/// `RateLimit-Policy` of a request that meets some of the limits.
fn some_policies<'t>(usage: &Usage, wording: &Wording, text: &'t mut Writer) -> &'t str {
    text.clear();
    for level in usage.iter().take(MOST_LISTED) {
        if let Some(words) = wording.limits.get(level.place) {
            text.item().raw(&words.policy);
        }
    }
    text.as_str()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tollgate::{Cost, Dimension, LimitConfig, ManualClock, Period, TenantConfig};

    use super::*;
    use crate::headers::Closure;
    use crate::testing::{config, spend, tenant};

    fn fields(config: &TenantConfig, cost: &Cost, units: bool) -> (String, String) {
        let tenant = tenant(config, &ManualClock::new());
        spend(&tenant, cost);
        let mut fields = Vec::new();
        write(
            &tenant.usage(),
            units,
            &mut Writer::new(),
            &mut Closure(&mut |name, value| {
                fields.push((name, value.to_owned()));
            }),
        );
        let [(first, policy), (second, state)] = &fields[..] else {
            panic!("{fields:?}")
        };
        assert_eq!((*first, *second), ("ratelimit-policy", "ratelimit"));
        (policy.clone(), state.clone())
    }

    #[test]
    fn every_limit_is_an_item_of_both_fields_in_the_plans_order() {
        let config = config().requests_per_minute(100).tokens_per_minute(10_000);
        let (policy, state) = fields(&config, &Cost::none(), false);
        assert_eq!(
            policy,
            r#""requests_per_minute";q=100;w=60, "tokens_per_minute";q=10000;w=60"#
        );
        assert_eq!(
            state,
            r#""requests_per_minute";r=100, "tokens_per_minute";r=10000"#
        );
    }

    #[test]
    fn t_is_left_out_where_nothing_is_used_and_else_rounded_up() {
        let config = config().requests_per_minute(100).tokens_per_minute(10_000);
        let tenant = tenant(&config, &ManualClock::new());
        spend(&tenant, &Cost::request());
        let next = tenant
            .usage()
            .get("requests_per_minute")
            .unwrap()
            .next_in
            .unwrap();
        let mut state = String::new();
        write(
            &tenant.usage(),
            false,
            &mut Writer::new(),
            &mut Closure(&mut |_, value| state = value.to_owned()),
        );
        let t = seconds_up(next);
        assert!(t >= 1);
        assert_eq!(
            state,
            format!(r#""requests_per_minute";r=99;t={t}, "tokens_per_minute";r=10000"#)
        );
    }

    #[test]
    fn windows_of_no_constant_length_have_no_w_and_short_ones_have_at_least_1() {
        let limits = [
            LimitConfig::calendar("month", Dimension::Requests, 5, Period::Month),
            LimitConfig::calendar("day", Dimension::Requests, 5, Period::Day),
            LimitConfig::concurrency("in-flight", Dimension::Requests, 5),
            LimitConfig::sliding("short", Dimension::Requests, 5, Duration::from_millis(250)),
            LimitConfig::sliding("odd", Dimension::Requests, 5, Duration::from_millis(1500)),
        ];
        let config = limits.into_iter().fold(config(), TenantConfig::limit);
        let (policy, _) = fields(&config, &Cost::none(), false);
        assert_eq!(
            policy,
            r#""month";q=5, "day";q=5;w=86400, "in-flight";q=5;qu="concurrent-requests", "short";q=5;w=1, "odd";q=5;w=2"#
        );
    }

    #[test]
    fn units_are_named_only_if_asked_and_never_for_requests() {
        let config = || {
            let bytes = LimitConfig::sliding(
                "bytes",
                "bytes".parse().unwrap(),
                1,
                Duration::from_secs(60),
            );
            config()
                .requests_per_minute(1)
                .tokens_per_minute(1)
                .limit(bytes)
        };
        let (policy, _) = fields(&config(), &Cost::none(), true);
        assert_eq!(
            policy,
            r#""requests_per_minute";q=1;w=60, "tokens_per_minute";q=1;qu="tokens";w=60, "bytes";q=1;qu="bytes";w=60"#
        );
        let (policy, _) = fields(&config(), &Cost::none(), false);
        assert!(!policy.contains("qu="));
    }

    #[test]
    fn numbers_beyond_15_digits_are_clamped() {
        let most = (1 << 53) - 1;
        let (policy, state) = fields(&config().tokens_per_minute(most), &Cost::none(), false);
        assert_eq!(policy, r#""tokens_per_minute";q=999999999999999;w=60"#);
        assert_eq!(state, r#""tokens_per_minute";r=999999999999999"#);
    }

    #[test]
    fn debt_leaves_nothing() {
        let tenant = tenant(&config().tokens_per_minute(100), &ManualClock::new());
        let permit = tenant.try_acquire(&Cost::tokens(10)).into_result().unwrap();
        drop(permit.settle(&Cost::tokens(500)));
        let mut state = String::new();
        write(
            &tenant.usage(),
            false,
            &mut Writer::new(),
            &mut Closure(&mut |_, value| state = value.to_owned()),
        );
        assert!(
            state.starts_with(r#""tokens_per_minute";r=0;t="#),
            "{state}"
        );
    }

    #[test]
    fn a_tenant_without_limits_has_no_fields() {
        let usage = tenant(&config(), &ManualClock::new()).usage();
        write(
            &usage,
            false,
            &mut Writer::new(),
            &mut Closure(&mut |name, _| panic!("{name}")),
        );
    }
}
