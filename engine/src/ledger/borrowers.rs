//! Who below a tenant has some of its budget out on lease.

use crate::clock::Timestamp;
use crate::state::TenantState;
use crate::sync::Weak;

/// The descendants whose words were filled since a tenant last took back what it had lent; most tenants have
/// none.
///
/// Weak references: a borrower that is evicted has returned everything.
#[derive(Debug, Default)]
pub(crate) struct Borrowers {
    below: Option<Box<Lent>>,
    /// A bit for each ancestor that has this tenant among its borrowers: the parent's is the lowest.
    listed: u8,
}

#[derive(Debug, Default)]
struct Lent {
    to: Vec<Weak<TenantState>>,
    /// When the first of their leases ends.
    until: Timestamp,
}

impl Borrowers {
    /// Notes that something is lent until then.
    pub(crate) fn lend(&mut self, until: Timestamp) {
        let lent = self.below.get_or_insert_default();
        if lent.to.is_empty() || until < lent.until {
            lent.until = until;
        }
    }

    /// Notes to whom.
    ///
    /// Those that are gone make room before the list grows, since leases may last for ever: it is never longer
    /// than twice the most borrowers that were there at once.
    ///
    /// # Complexity
    /// O(1), amortised.
    pub(crate) fn push(&mut self, borrower: Weak<TenantState>) {
        let to = &mut self.below.get_or_insert_default().to;
        if to.len() == to.capacity() {
            to.retain(|known| known.strong_count() > 0);
            to.reserve(std::cmp::max(to.len(), 4));
        }
        to.push(borrower);
    }

    /// All of them, who are forgotten here.
    pub(crate) fn take(&mut self) -> Vec<Weak<TenantState>> {
        let lent = self.below.as_deref_mut().map(|lent| &mut lent.to);
        lent.map(std::mem::take).unwrap_or_default()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.below.as_ref().is_none_or(|lent| lent.to.is_empty())
    }

    /// Whether some of what is lent is no longer to be spent at `now`.
    pub(crate) fn has_ended(&self, now: Timestamp) -> bool {
        let ended = |lent: &Lent| !lent.to.is_empty() && lent.until <= now;
        self.below.as_deref().is_some_and(ended)
    }

    /// Notes that the ancestor `above` has this tenant among its borrowers; says whether that is new.
    pub(crate) fn enlist(&mut self, above: usize) -> bool {
        let bit = bit(above);
        let new = self.listed & bit == 0;
        self.listed |= bit;
        new
    }

    /// Notes that it no longer has.
    pub(crate) fn delist(&mut self, above: usize) {
        self.listed &= !bit(above);
    }
}

fn bit(above: usize) -> u8 {
    u32::try_from(above)
        .ok()
        .and_then(|above| 1_u8.checked_shl(above))
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn borrowers_that_are_gone_take_no_room() {
        let mut borrowers = Borrowers::default();
        for _ in 0..10_000 {
            borrowers.push(Weak::new());
        }
        assert!(borrowers.take().len() <= 8);
    }
}
