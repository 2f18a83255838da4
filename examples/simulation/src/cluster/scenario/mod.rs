//! What a seed says: who shares which limits, how bad the network is, how much is asked, and what breaks when.

mod faults;
mod limits;
mod load;

pub(super) use self::faults::{Broken, Fault};
pub(super) use self::limits::{Kind, Rule, Terms};
pub(super) use self::load::{Load, Pattern};

use crate::rng::Rng;

pub(super) const MILLI: u64 = 1_000_000;
pub(super) const SECOND: u64 = 1_000 * MILLI;
/// So often at least a node calls.
pub(super) const HEARTBEAT: u64 = 400 * MILLI;
/// A node waits no longer for a reply.
pub(super) const PATIENCE: u64 = 300 * MILLI;
/// The store stands still for so long, at least, after it has lost what it knew.
pub(super) const QUARANTINE: u64 = SECOND;

/// What becomes of messages.
#[derive(Debug, Clone, Copy)]
pub(super) struct Manners {
    /// The longest usual delay one way.
    pub(super) delay: u64,
    /// Of 1,000 messages, so many are lost.
    pub(super) lost: u64,
    /// So many arrive twice.
    pub(super) twice: u64,
    /// So many take about two seconds.
    pub(super) slow: u64,
    /// Half of the nodes are heard late and hear soon, the others are heard soon and hear late.
    pub(super) lopsided: bool,
}

/// A whole run. Times are nanoseconds since its start, by the store's clock, which is the time of record.
#[derive(Debug, Clone)]
pub(super) struct Scenario {
    pub(super) nodes: usize,
    /// By generation; the first is in force from the start.
    pub(super) terms: Vec<Terms>,
    pub(super) manners: Manners,
    pub(super) load: Load,
    /// Of 1,000 admissions, so many are settled at another amount.
    pub(super) settled: u64,
    /// Whether a reply that comes after the node's patience is handed in all the same.
    pub(super) late_replies: bool,
    pub(super) faults: Vec<Fault>,
    /// Nothing breaks any more, no message is lost, and all nodes ask for three times what there is.
    pub(super) calm: u64,
    /// What is used is measured from here to the end.
    pub(super) measured: u64,
    pub(super) end: u64,
    /// What the store's clock says at the start, in nanoseconds since 1970.
    pub(super) began: u64,
    /// Node clocks know UTC to within so much; those that have no need to, begin anywhere.
    pub(super) calendar: bool,
}

impl Scenario {
    pub(super) fn new(rng: &mut Rng) -> Self {
        let nodes = usize::try_from(rng.pick(&[1, 2, 3, 4, 6, 6, 8, 12, 20])).unwrap_or(1);
        let forgets = rng.once_in(3);
        let mut manners = manners(rng);
        let mut first = Terms::new(manners.delay, rng);
        let length = first.length();
        let faulty = std::cmp::max(8 * SECOND, rng.within(2, 4) * length);
        let calm = faulty;
        let measured = calm + 3 * length + 3 * SECOND;
        let end = measured + std::cmp::max(first.cycles(), 2 * SECOND);
        let requests = rng.pick(&[3_000, 6_000, 20_000]);
        first.size(requests, end, nodes, rng);
        if first.holds() {
            manners.lost = std::cmp::min(manners.lost, 30);
        }
        let mut terms = vec![first];
        if rng.once_in(3) {
            for _ in 0..rng.within(1, 3) {
                // While nodes speak of different shapes, a store that forgets hears only of one.
                let next = terms[terms.len() - 1].changed(&terms[0], !forgets, rng);
                terms.push(next);
            }
        }
        let faults = faults::timetable(&terms, forgets, faulty, nodes, rng);
        Self {
            nodes,
            manners,
            load: Load::new(nodes, length, manners.lopsided, rng),
            settled: rng.pick(&[0, 0, 50, 500]),
            late_replies: rng.once_in(2),
            faults,
            calm,
            measured,
            end,
            began: 1_769_900_400 * SECOND + rng.below(60 * SECOND),
            calendar: terms[0].is_calendar(),
            terms,
        }
    }

    /// For how long a request holds what it costs, on average, if a limit counts that.
    pub(super) fn held(&self) -> Option<u64> {
        self.terms[0].rules.iter().find_map(|rule| match rule.kind {
            Kind::Slots { held } => Some(held),
            Kind::Sliding { .. } | Kind::Bucket { .. } | Kind::Minute => None,
        })
    }

    /// Whether what the nodes get at the end says something: the rows are long for the network, and there is enough for all.
    pub(super) fn is_roomy(&self) -> bool {
        let mut rules = self.terms.iter().flat_map(|terms| &terms.rules);
        rules.all(|rule| rule.is_roomy(self.manners.delay, self.nodes))
    }

    /// Whether how much they get says something too. Of two limits each wastes what the other denies.
    pub(super) fn is_spacious(&self) -> bool {
        let mut rules = self.terms.iter().flat_map(|terms| &terms.rules);
        let alone = self.terms[0].rules.len() == 1;
        alone && rules.all(|rule| rule.is_spacious(self.manners.delay, self.nodes))
    }
}

fn manners(rng: &mut Rng) -> Manners {
    Manners {
        delay: rng.pick(&[MILLI / 2, 3 * MILLI, 30 * MILLI]),
        lost: rng.pick(&[0, 0, 20, 200]),
        twice: rng.pick(&[0, 50, 300]),
        slow: rng.pick(&[0, 0, 10]),
        lopsided: rng.once_in(3),
    }
}
