//! What is remembered of one tenant's decisions.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tollgate::TenantId;

use super::Counts;
use super::decision::Decision;
use super::steps::Steps;

/// Denials that are remembered: the last.
const MOST_DENIALS: usize = 64;
/// Admitted requests that are remembered, one a second at most.
const MOST_SAMPLES: usize = 16;
const SAMPLE_EVERY: Duration = Duration::from_secs(1);
/// Limits whose denials are counted apart: as many as a tenant has, with those of three ancestors.
const MOST_LIMITS: usize = 64 + 3 * 16;

/// See the module's page.
#[derive(Debug, Default)]
pub(super) struct Seen {
    admitted: u64,
    denied: u64,
    steps: Steps,
    denials_by_limit: Vec<LimitDenials>,
    denials: VecDeque<Decision>,
    samples: VecDeque<Decision>,
}

/// How often a limit said no. A child and its parent may have limits of one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LimitDenials {
    pub(crate) owner: TenantId,
    pub(crate) limit: Arc<str>,
    pub(crate) count: u64,
}

impl LimitDenials {
    pub(crate) fn is_of(&self, owner: &TenantId, limit: &str) -> bool {
        self.owner == *owner && *self.limit == *limit
    }
}

impl Seen {
    /// Counts a decision; says whether it is one to be remembered: every denial is.
    pub(super) fn note(&mut self, decision: &Decision) -> bool {
        let allowed = decision.is_admitted();
        self.steps.count(decision.at, allowed);
        if !allowed {
            self.denied = self.denied.saturating_add(1);
            self.count_limit(decision);
            push(&mut self.denials, decision, MOST_DENIALS);
            return true;
        }
        self.admitted = self.admitted.saturating_add(1);
        let due = self
            .samples
            .back()
            .is_none_or(|last| decision.at.since(last.at) >= SAMPLE_EVERY);
        if due {
            push(&mut self.samples, decision, MOST_SAMPLES);
        }
        due
    }

    fn count_limit(&mut self, decision: &Decision) {
        let Some(limit) = decision.limit.as_deref() else {
            return;
        };
        let owner = decision.limit_owner.as_ref().unwrap_or(&decision.tenant);
        let mut known = self.denials_by_limit.iter_mut();
        if let Some(known) = known.find(|known| known.is_of(owner, limit)) {
            known.count = known.count.saturating_add(1);
        } else if self.denials_by_limit.len() < MOST_LIMITS {
            self.denials_by_limit.push(LimitDenials {
                owner: owner.clone(),
                limit: limit.into(),
                count: 1,
            });
        }
    }

    pub(super) fn counts(&self) -> Counts {
        Counts {
            admitted: self.admitted,
            denied: self.denied,
            steps: self.steps.clone(),
            denials_by_limit: self.denials_by_limit.clone(),
        }
    }

    /// What is remembered, the newest first.
    pub(super) fn newest(&self, most: usize) -> Vec<Decision> {
        let mut all: Vec<&Decision> = self.denials.iter().chain(&self.samples).collect();
        all.sort_by_key(|decision| std::cmp::Reverse(decision.at));
        all.into_iter().take(most).cloned().collect()
    }
}

fn push(ring: &mut VecDeque<Decision>, decision: &Decision, most: usize) {
    if ring.len() >= most {
        ring.pop_front();
    }
    ring.push_back(decision.clone());
}
