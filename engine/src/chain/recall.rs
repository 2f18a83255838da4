//! Calling back what a ledger has out on lease, so that what its meters say is the whole truth.

use crate::state::TenantState;

use super::{Chain, Link};

impl Chain<'_> {
    /// Empties every word that is charged to the ledger `above`: its tenant's own and its descendants'.
    ///
    /// Whoever lends from a ledger lends from all those above it, so calling back at the root calls back
    /// everything. Says whether anything was out. Costs as much as was lent since the last time.
    pub(super) fn recall(&mut self, above: usize) -> bool {
        let mut found = false;
        for below in 0..=above {
            found |= self.drain_link(below);
        }
        let lender = self.links_mut().nth(above);
        let borrowers = lender.map(|link| link.ledger.borrowers.take());
        for borrower in borrowers.into_iter().flatten() {
            if let Some(borrower) = borrower.upgrade() {
                found |= self.recall_from(above, &borrower);
                self.found.push(borrower);
            }
        }
        found
    }

    /// Empties the words of a descendant of the tenant `above`.
    fn recall_from(&mut self, above: usize, borrower: &TenantState) -> bool {
        let (mut path, joint) = self.path_from(borrower);
        // How far the lender is above the borrower, where its parent is at 0.
        let generations = above.saturating_add(path.len()).saturating_sub(joint);
        let lender = generations.saturating_sub(1);
        let Some(first) = path.first_mut() else {
            // One of the chain itself, whose words are empty already.
            if let Some(link) = self.links_mut().nth(joint) {
                link.ledger.borrowers.delist(lender);
            }
            return false;
        };
        first.ledger.borrowers.delist(lender);
        // By the time of its next lease, limits above may be others.
        first.ledger.end_epoch();
        let mut found = false;
        borrower.front().drain_all(|lease| {
            for (level, link) in path.iter_mut().enumerate() {
                link.ledger.take_back(&lease, level);
            }
            for (level, link) in self.links_mut().skip(joint).enumerate() {
                link.ledger
                    .take_back(&lease, level.saturating_add(path.len()));
            }
            found = true;
        });
        found
    }

    /// The links from `state` up to where its line meets this chain, locked from above, and where that is.
    ///
    /// Nobody waits for another lock while holding one of these: whoever takes more than one ledger's lock holds
    /// those above it, which are in this chain.
    fn path_from<'p>(&self, state: &'p TenantState) -> (Vec<Link<'p>>, usize) {
        let mut states = Vec::new();
        let mut next = Some(state);
        let mut joint = 0;
        while let Some(state) = next {
            let met = self
                .links()
                .position(|link| std::ptr::eq(link.state, state));
            if let Some(met) = met {
                joint = met;
                break;
            }
            states.push(state);
            next = state.parent();
        }
        let mut links: Vec<_> = states.into_iter().rev().map(Link::lock).collect();
        links.reverse();
        (links, joint)
    }
}
