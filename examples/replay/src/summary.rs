//! What was decided, by tenant: the table at the end.

use std::collections::BTreeMap;
use std::fmt;

use tollgate::TenantId;

use crate::table::table;
use crate::verdict::{Outcome, Reason, Verdict};

/// Counts of decisions.
///
/// Bounded by the tenants of the configs: requests of unknown tenants are counted together.
#[derive(Debug, Default)]
pub(crate) struct Summary {
    tenants: BTreeMap<TenantId, Counts>,
    unknown: u64,
}

#[derive(Debug, Default)]
struct Counts {
    admitted: u64,
    quota: u64,
    in_use: u64,
    never: u64,
    suspended: u64,
    policy: u64,
}

impl Summary {
    /// Counts a decision; other outcomes are passed over.
    pub(crate) fn add(&mut self, outcome: &Outcome<'_>) {
        if let Outcome::Decided(tenant, verdict) = outcome {
            self.decided(tenant, verdict);
        }
    }

    fn decided(&mut self, tenant: &TenantId, verdict: &Verdict) {
        if verdict.reason == Some(Reason::UnknownTenant) {
            self.unknown += 1;
            return;
        }
        if !self.tenants.contains_key(tenant) {
            self.tenants.insert(tenant.clone(), Counts::default());
        }
        if let Some(counts) = self.tenants.get_mut(tenant) {
            *counts.of(verdict.reason) += 1;
        }
    }
}

impl Counts {
    /// The count that a decision belongs to. Unknown tenants have none of their own.
    fn of(&mut self, reason: Option<Reason>) -> &mut u64 {
        match reason {
            None => &mut self.admitted,
            Some(Reason::Quota) => &mut self.quota,
            Some(Reason::InUse) => &mut self.in_use,
            Some(Reason::Never) => &mut self.never,
            Some(Reason::Suspended) => &mut self.suspended,
            Some(Reason::Policy | Reason::UnknownTenant) => &mut self.policy,
        }
    }

    fn row(&self, tenant: &TenantId) -> [String; 8] {
        let denied = self.quota + self.in_use + self.never + self.suspended + self.policy;
        [
            tenant.to_string(),
            (self.admitted + denied).to_string(),
            self.admitted.to_string(),
            self.quota.to_string(),
            self.in_use.to_string(),
            self.never.to_string(),
            self.suspended.to_string(),
            self.policy.to_string(),
        ]
    }
}

/// A table, tenants by name.
impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let heads = [
            "tenant",
            "requests",
            "admitted",
            "quota",
            "in_use",
            "never",
            "suspended",
            "policy",
        ];
        let rows = self.tenants.iter();
        let rows = rows.map(|(tenant, counts)| counts.row(tenant));
        f.write_str(&table(heads, &rows.collect::<Vec<_>>()))?;
        if self.unknown > 0 {
            writeln!(f, "requests of unknown tenants: {}", self.unknown)?;
        }
        Ok(())
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

    #[test]
    fn every_decision_is_counted_once_and_strangers_together() {
        let mut summary = Summary::default();
        let reasons = [
            None,
            None,
            Some(Reason::Quota),
            Some(Reason::InUse),
            Some(Reason::Never),
            Some(Reason::Suspended),
            Some(Reason::Policy),
        ];
        let acme = "acme".parse().unwrap();
        for reason in reasons {
            summary.add(&Outcome::Decided(&acme, verdict(reason)));
        }
        for stranger in ["x", "y"] {
            let stranger = stranger.parse().unwrap();
            summary.add(&Outcome::Decided(
                &stranger,
                verdict(Some(Reason::UnknownTenant)),
            ));
        }
        let text = summary.to_string();
        let row: Vec<_> = text.lines().nth(1).unwrap().split_whitespace().collect();
        assert_eq!(row, ["acme", "7", "2", "1", "1", "1", "1", "1"]);
        assert!(text.ends_with("requests of unknown tenants: 2\n"), "{text}");
        assert_eq!(text.lines().count(), 3);
    }
}
