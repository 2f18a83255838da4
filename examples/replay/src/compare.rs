//! Two configs on one log: who would be denied more, and when.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use tollgate::TenantId;

use crate::table::table;
use crate::time::Millis;
use crate::verdict::{Outcome, Reason, Verdict};

/// How decisions of a second config differ from those of the first, by tenant.
///
/// Bounded by the tenants of both configs: who is unknown to both is passed over.
#[derive(Debug, Default)]
pub(crate) struct Comparison {
    tenants: BTreeMap<TenantId, Difference>,
}

#[derive(Debug, Default)]
struct Difference {
    requests: u64,
    /// Under the first config, and under the other.
    denied: [u64; 2],
    first: Option<Millis>,
    minute: Minute,
    worst: Minute,
}

/// How many decisions differ within a minute. The log's time never goes back, so that one minute at
/// a time needs to be counted.
#[derive(Debug, Clone, Copy, Default)]
struct Minute {
    number: u64,
    differ: u64,
}

impl Comparison {
    /// Compares what became of one line under the first config and under the other.
    pub(crate) fn add(&mut self, at: Millis, first: &Outcome<'_>, other: &Outcome<'_>) {
        if let (Outcome::Decided(tenant, first), Outcome::Decided(_, other)) = (first, other) {
            self.decided(at, tenant, first, other);
        }
    }

    fn decided(&mut self, at: Millis, tenant: &TenantId, first: &Verdict, other: &Verdict) {
        let unknown = |verdict: &Verdict| verdict.reason == Some(Reason::UnknownTenant);
        if unknown(first) && unknown(other) {
            return;
        }
        if !self.tenants.contains_key(tenant) {
            self.tenants.insert(tenant.clone(), Difference::default());
        }
        if let Some(difference) = self.tenants.get_mut(tenant) {
            difference.add(at, [!first.is_admitted(), !other.is_admitted()]);
        }
    }

    /// A table of those for whom anything differs: who would be denied most more comes first.
    pub(crate) fn show(&self, configs: &[String; 2]) -> String {
        let differing = self
            .tenants
            .iter()
            .filter(|(_, found)| found.first.is_some());
        let mut differing: Vec<_> = differing.collect();
        let [first, other] = configs;
        if differing.is_empty() {
            return format!("{first} and {other} admit and deny the same requests\n");
        }
        differing.sort_by_key(|(_, difference)| Reverse(difference.more()));
        let (first, other) = (format!("denied: {first}"), format!("denied: {other}"));
        let heads = [
            "tenant",
            "requests",
            &first,
            &other,
            "more",
            "first difference, t_ms",
            "most affected minute, t_ms",
            "differ in it",
        ];
        let rows = differing.iter().map(|(tenant, found)| found.row(tenant));
        table(heads, &rows.collect::<Vec<_>>())
    }
}

impl Difference {
    fn add(&mut self, at: Millis, denied: [bool; 2]) {
        self.requests += 1;
        for (count, denied) in self.denied.iter_mut().zip(denied) {
            *count += u64::from(denied);
        }
        let [first, other] = denied;
        if first == other {
            return;
        }
        self.first.get_or_insert(at);
        if self.minute.number != at.minutes() {
            self.minute = Minute {
                number: at.minutes(),
                differ: 0,
            };
        }
        self.minute.differ += 1;
        if self.minute.differ > self.worst.differ {
            self.worst = self.minute;
        }
    }

    /// How many more the other config denies; negative if it denies fewer.
    fn more(&self) -> i128 {
        let [first, other] = self.denied.map(i128::from);
        other - first
    }

    fn row(&self, tenant: &TenantId) -> [String; 8] {
        let [first, other] = self.denied;
        [
            tenant.to_string(),
            self.requests.to_string(),
            first.to_string(),
            other.to_string(),
            format!("{:+}", self.more()),
            self.first.unwrap_or_default().to_string(),
            (u128::from(self.worst.number) * 60_000).to_string(),
            self.worst.differ.to_string(),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(reason: Option<Reason>) -> Verdict {
        Verdict {
            reason,
            binding: None,
            retry_after: None,
            usage: None,
        }
    }

    fn compare(lines: &[(&str, &str, Option<Reason>, Option<Reason>)]) -> String {
        let mut comparison = Comparison::default();
        for &(at, tenant, first, other) in lines {
            let tenant = tenant.parse().unwrap();
            comparison.add(
                Millis::parse(at).unwrap(),
                &Outcome::Decided(&tenant, verdict(first)),
                &Outcome::Decided(&tenant, verdict(other)),
            );
        }
        comparison.show(&["a.toml", "b.toml"].map(str::to_owned))
    }

    #[test]
    fn who_is_denied_more_comes_first_with_the_first_time_and_the_worst_minute() {
        const NO: Option<Reason> = Some(Reason::Quota);
        let text = compare(&[
            ("0", "better", NO, None),
            ("1.5", "worse", None, NO),
            ("2", "same", NO, NO),
            ("60000", "worse", None, NO),
            ("119999.999999", "worse", None, NO),
            ("120000", "worse", NO, None),
            ("120000", "worse", None, NO),
        ]);
        let rows: Vec<Vec<_>> = text
            .lines()
            .map(|line| line.split_whitespace().collect())
            .collect();
        let worse = ["worse", "5", "1", "4", "+3", "1.5", "60000", "2"];
        assert_eq!(rows.get(1).unwrap(), &worse);
        assert_eq!(
            rows.get(2).unwrap(),
            &["better", "1", "1", "0", "-1", "0", "0", "1"]
        );
        assert_eq!(rows.len(), 3, "{text}");
    }

    #[test]
    fn no_difference_is_said_in_words() {
        let unknown = Some(Reason::UnknownTenant);
        let text = compare(&[("0", "a", None, None), ("1", "b", unknown, unknown)]);
        assert_eq!(text, "a.toml and b.toml admit and deny the same requests\n");
    }
}
