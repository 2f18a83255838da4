//! What would be decided on a cost, and what each limit says to it, with nothing charged.

use crate::clock::Timestamp;
use crate::cost::Cost;
use crate::ledger::{Cause, Ledger};
use crate::meter::Retry;
use crate::scope::Scope;

use super::Chain;
use super::lease::Lane;

impl Chain<'_> {
    /// What [`acquire`](Self::acquire) would answer at `now`; `with` is shown each ledger, the tenant's own first, as the
    /// answer was found.
    pub(crate) fn weigh(
        &mut self,
        now: Timestamp,
        scope: &Scope<'_>,
        cost: &Cost,
        with: impl FnMut(&Ledger),
    ) -> Result<(), Cause> {
        self.call_in_for_all();
        // All that lies ready anywhere counts as not used, so that every limit tells the whole truth, not only the one
        // that decides.
        self.recall(self.above.len());
        self.roll(now);
        let verdict = self.weighed(scope, cost);
        self.links().map(|link| &*link.ledger).for_each(with);
        // Whether there is enough elsewhere is found out as for a request; a grant that nobody spends goes back.
        self.send_for_more(false);
        self.fill(&Lane::Main);
        verdict
    }

    fn weighed(&mut self, scope: &Scope<'_>, cost: &Cost) -> Result<(), Cause> {
        if let Some(standing) = self.refuses() {
            return Err(Cause::Standing(standing));
        }
        self.check(scope, cost).map_err(|shortage| {
            if shortage.retry == Retry::WhenGranted {
                self.note_need(scope, cost);
            }
            let link = self.link(shortage.above).unwrap_or(&self.own);
            let binding = link.ledger.binding(shortage.above, shortage.limit);
            Cause::Limit {
                binding,
                retry: shortage.retry,
            }
        })
    }
}
