//! Asking: random costs, the answers, and whether a denial ends when it says.

use tollgate::{Cost, Denial, DenialReason, Permit, Scope, Tenant};

use super::config::about;
use super::{Grip, Held, World, cost_of, seen};
use crate::facts::{Answer, Asked, Refusal, Violation, Why};
use crate::sabotage::Break;

/// So many requests are under way at most.
pub(super) const MOST_HELD: usize = 300;
/// Denials that end later than this are not waited for: three hours, in nanoseconds.
const PATIENCE: u64 = 3 * 3_600_000_000_000;

impl World {
    /// Somebody asks a few times in a row.
    pub(super) fn burst(&mut self) -> Result<(), Violation> {
        let who = self.somebody();
        self.burst_of(who)
    }

    pub(super) fn burst_of(&mut self, who: usize) -> Result<(), Violation> {
        let most = self.rng.pick(&[1, 1, 4, 12]);
        for _ in 0..self.rng.within(1, most) {
            let at = self.now();
            let Self { rng, seats, .. } = self;
            let draft = &seats[who].as_ref().expect("it has turned up").draft;
            let (about, cost) = (about(rng), draft.cost(rng));
            let asked = Asked {
                tenant: who,
                at,
                about,
                cost,
                promised: None,
                alone: true,
            };
            if let Some(ends) = self.ask(&asked)? {
                self.wait_for(&asked, ends)?;
            }
        }
        Ok(())
    }

    /// Asks, and tells the auditor what the answer was; gives the instant at which a denial ends.
    fn ask(&mut self, asked: &Asked) -> Result<Option<u64>, Violation> {
        let Some(tenant) = self.tenant(asked.tenant)? else {
            return Ok(None);
        };
        let before = self.rng.once_in(12).then(|| seen(&tenant));
        let scope = Scope {
            model: asked.about.model,
            tool: asked.about.tool,
            route: asked.about.route,
        };
        let mut cost = asked.cost;
        if self.saboteur.wants(Break::SkipLimit) {
            cost.0[0] = None;
        }
        self.tally.decisions += 1;
        match tenant.try_acquire_in(&scope, &cost_of(&cost)).into_result() {
            Ok(permit) => {
                let shadowed = permit.shadow_denials(&scope);
                let shadowed: Vec<_> = shadowed.iter().map(ToString::to_string).collect();
                self.take(asked, permit.into_owned(), &shadowed)?;
                Ok(None)
            }
            Err(denial) => {
                let refusal = self.refusal(&denial);
                if self.saboteur.wants(Break::ChargeDenied) {
                    drop(tenant.try_acquire(&Cost::request()));
                }
                if let Some(before) = before {
                    self.auditor
                        .unchanged(asked.tenant, asked.at, &before, &seen(&tenant))?;
                }
                self.refused(asked, &refusal)?;
                Ok(refusal.retry_at)
            }
        }
    }

    fn take(
        &mut self,
        asked: &Asked,
        permit: Permit<'static>,
        shadowed: &[String],
    ) -> Result<(), Violation> {
        self.tally.admitted += 1;
        if self.saboteur.wants(Break::DenyAdmitted) {
            drop(permit.refund());
            let (retry_at, retry_after) = (Some(asked.at + 1), Some(1));
            let refusal = Refusal {
                why: Why::Quota,
                retry_at,
                retry_after,
                limit: None,
            };
            return self.auditor.denied(asked, &refusal);
        }
        self.permits += 1;
        self.auditor.admitted(asked, self.permits, shadowed)?;
        self.held.push(Held {
            permit: self.permits,
            tenant: asked.tenant,
            cost: asked.cost,
            grip: Grip::Permit(permit),
        });
        if self.held.len() > MOST_HELD {
            self.end_one();
        }
        Ok(())
    }

    fn refused(&mut self, asked: &Asked, refusal: &Refusal) -> Result<(), Violation> {
        self.tally.denied += 1;
        if self.saboteur.wants(Break::AdmitDenied) {
            self.permits += 1;
            return self.auditor.admitted(asked, self.permits, &[]);
        }
        self.auditor.denied(asked, refusal)
    }

    fn refusal(&mut self, denial: &Denial<'_>) -> Refusal {
        let why = match denial.reason() {
            DenialReason::Quota => Why::Quota,
            DenialReason::InUse => Why::InUse,
            DenialReason::Never => Why::Never,
            DenialReason::Suspended => Why::Suspended,
            DenialReason::Removed => Why::Removed,
            // Nobody waits here, and there may be reasons one day that this world does not know.
            DenialReason::Queued | _ => Why::Other,
        };
        let mut retry_at = denial.retry_at().map(tollgate::Timestamp::as_nanos);
        if self.saboteur.wants(Break::EarlyTick) {
            retry_at = retry_at.map(|at| at - 1);
        }
        if self.saboteur.wants(Break::LateTick) {
            retry_at = retry_at.map(|at| at + 1);
        }
        let retry_after = denial.retry_after();
        Refusal {
            why,
            retry_at,
            retry_after: retry_after.and_then(|after| u64::try_from(after.as_nanos()).ok()),
            limit: denial.binding_name().map(|name| name.to_string()),
        }
    }

    /// Now and then goes to the end of a denial: denied one nanosecond before, admitted at it.
    fn wait_for(&mut self, denied: &Asked, ends: u64) -> Result<(), Violation> {
        let now = self.now();
        if ends <= now || ends - now > PATIENCE || !self.rng.once_in(6) {
            return Ok(());
        }
        self.tally.probes += 1;
        for (at, promised) in [(ends - 1, Answer::Denied), (ends, Answer::Admitted)] {
            self.clock.set(at);
            self.ask(&Asked {
                at,
                promised: Some(promised),
                ..*denied
            })?;
        }
        Ok(())
    }

    /// Asks for nothing, which makes the engine note the time for this tenant.
    pub(super) fn touch(&mut self, who: usize, tenant: &Tenant) {
        drop(tenant.try_acquire(&Cost::none()));
        self.auditor.touched(who, self.clock.read());
    }
}
