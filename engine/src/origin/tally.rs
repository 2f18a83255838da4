//! The ledger of one window and one of its holders: what becomes of a claim, and no I/O.

use super::{Account, Claim};

/// What an origin keeps of one window, as far as one holder is concerned.
///
/// # Examples
/// ```
/// use tollgate::{Claim, Dimension, Period, Tally, Timestamp};
///
/// let mut claim = Claim {
///     tenant: "acme".parse()?,
///     limit: "month".into(),
///     dimension: Dimension::Tokens,
///     period: Period::Month,
///     start: Timestamp::from_nanos(0),
///     end: Timestamp::from_nanos(2_678_400_000_000_000),
///     capacity: 1000,
///     holder: 1,
///     returned: 0,
///     spent: 0,
///     least: 5,
///     most: 10,
/// };
/// let mut tally = Tally::default();
/// assert_eq!(tally.settle(&claim).granted, 10);
/// assert_eq!(tally.settle(&claim).granted, 10, "the same claim again");
/// claim.returned = 4;
/// claim.most = 6;
/// assert_eq!(tally.settle(&claim).charged, 6);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// What the holder was granted so far.
    pub granted: u64,
    /// What it has given back of that.
    pub returned: u64,
    /// The net holdings of all holders of the window.
    pub charged: u64,
}

impl Tally {
    /// Settles a claim: takes in what comes back, records what was spent beyond the grants, and grants more.
    ///
    /// What is needed (up to [`Claim::least`]) is granted if all of it is free. Of what is then free at most half goes
    /// towards [`Claim::most`], so that a single holder never takes the last for later from those who need it now.
    ///
    /// # Complexity
    /// O(1), no allocation.
    pub fn settle(&mut self, claim: &Claim) -> Account {
        self.take_back(claim.returned);
        self.grant(self.missing(claim, claim.spent));
        let needed = self.missing(claim, claim.least);
        let enough = needed <= self.free(claim);
        if enough {
            self.grant(needed);
            let welcome = self.missing(claim, claim.most);
            self.grant(std::cmp::min(welcome, self.free(claim) >> 1));
        }
        Account {
            granted: self.granted,
            charged: self.charged,
        }
    }

    /// What the holder was granted and has not given back.
    pub fn holding(&self) -> u64 {
        self.granted.saturating_sub(self.returned)
    }

    /// What is to be granted for the net holding that a claim speaks of.
    ///
    /// Counted from what the holder had given back when it claimed: a claim that was overtaken speaks of a holding that
    /// the holder has given back since, and must not have it granted anew.
    fn missing(&self, claim: &Claim, holding: u64) -> u64 {
        let returned = std::cmp::min(claim.returned, self.returned);
        returned
            .saturating_add(holding)
            .saturating_sub(self.granted)
    }

    fn free(&self, claim: &Claim) -> u64 {
        claim.capacity.saturating_sub(self.charged)
    }

    fn take_back(&mut self, returned: u64) {
        // A late claim says less than an earlier one, and nobody can give back more than was granted.
        let returned = returned.clamp(self.returned, self.granted.max(self.returned));
        self.charged = self
            .charged
            .saturating_sub(returned.saturating_sub(self.returned));
        self.returned = returned;
    }

    /// Grants `amount`, or as much of it as the counts can tell.
    fn grant(&mut self, amount: u64) {
        let room = std::cmp::min(
            u64::MAX.saturating_sub(self.granted),
            u64::MAX.saturating_sub(self.charged),
        );
        let amount = std::cmp::min(amount, room);
        self.granted = self.granted.saturating_add(amount);
        self.charged = self.charged.saturating_add(amount);
    }
}
