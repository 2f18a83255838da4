//! What breaks, and when.
//!
//! A node that dies, or is cut off, while the store loses what it knew is beyond what is promised, as the
//! documentation says. So the two are kept apart: a store forgets only once all that a dead node spent has
//! left the windows, and its losses lie in a time in which messages arrive.

use super::{HEARTBEAT, MILLI, QUARANTINE, SECOND, Terms};
use crate::rng::Rng;

/// Something breaks, or mends.
#[derive(Debug, Clone, Copy)]
pub(in crate::cluster) struct Fault {
    pub(in crate::cluster) at: u64,
    pub(in crate::cluster) what: Broken,
}

#[derive(Debug, Clone, Copy)]
pub(in crate::cluster) enum Broken {
    /// The node dies; another one takes its place after so long.
    Crash { node: usize, back: u64 },
    /// The node gives all back and goes; another one takes its place after so long.
    Leave { node: usize, back: u64 },
    /// The node hears nothing and is not heard for so long.
    CutOff { node: usize, until: u64 },
    /// The store stands still for so long: what arrives waits, or is lost.
    Silence { until: u64, waits: bool },
    /// The store is empty, and of another run.
    Lost,
    /// A copy of the store is made, which may be all that is left of it.
    Copied,
    /// The copy takes the store's place, as another run.
    Promoted,
    /// Whatever is sent in this time arrives soon.
    Tame { until: u64 },
    /// The node is told of the terms of this place.
    Config { node: usize, terms: usize },
}

/// What breaks until `end`, in order.
pub(super) fn timetable(
    terms: &[Terms],
    forgets: bool,
    end: u64,
    nodes: usize,
    rng: &mut Rng,
) -> Vec<Fault> {
    let mut faults = Vec::new();
    configs(terms, end, nodes, &mut faults, rng);
    let holds = terms.iter().any(Terms::holds);
    let mut at = rng.within(SECOND, 2 * SECOND);
    // Until then the store must not forget.
    let mut frail = 0;
    while at < end {
        let loss = forgets && at >= frail + QUARANTINE && rng.once_in(2);
        if loss {
            at = forgetting(at, &mut faults, rng);
        } else {
            let length = breaking(at, end, forgets, nodes, &mut faults, rng);
            let counts = terms
                .iter()
                .map(|terms| terms.length() + 2 * terms.row())
                .max();
            if let (true, Breaks::Network(until)) = (holds, &length) {
                at = until + SECOND / 2;
            }
            frail = match length {
                Breaks::Node(until) => std::cmp::max(frail, until + counts.unwrap_or(0)),
                Breaks::Network(until) => std::cmp::max(frail, until),
            };
        }
        at += rng.within(200 * MILLI, 3 * SECOND);
    }
    faults.retain(|fault| fault.at < end);
    faults.sort_by_key(|fault| fault.at);
    faults
}

/// Each node hears of each new generation some time; those of the last one before the end.
fn configs(terms: &[Terms], end: u64, nodes: usize, faults: &mut Vec<Fault>, rng: &mut Rng) {
    let apart = (end / u64::try_from(terms.len()).unwrap_or(1)).saturating_sub(4 * SECOND);
    let mut at = 2 * SECOND;
    for place in 1..terms.len() {
        at += rng.below(apart.max(1)) + 1;
        let spread = rng.pick(&[0, 100 * MILLI, 3 * SECOND]);
        for node in 0..nodes {
            let at = std::cmp::min(at + rng.below(spread + 1), end - 1);
            let what = Broken::Config { node, terms: place };
            faults.push(Fault { at, what });
        }
    }
}

/// A store that loses all, or the last second of it; gives when the next thing may break.
fn forgetting(at: u64, faults: &mut Vec<Fault>, rng: &mut Rng) -> u64 {
    let lag = rng.within(300 * MILLI, 1_200 * MILLI);
    let (copied, loss) = (at, at + lag);
    // Calls that are out when the store goes, and those by which all tell the new one what they hold.
    let until = loss + HEARTBEAT + QUARANTINE + SECOND;
    let mut fault = |at, what| faults.push(Fault { at, what });
    fault(copied, Broken::Tame { until });
    if rng.once_in(2) {
        fault(copied, Broken::Copied);
        fault(loss, Broken::Promoted);
    } else {
        fault(loss, Broken::Lost);
    }
    until
}

/// Until when something is broken.
enum Breaks {
    Node(u64),
    Network(u64),
}

fn breaking(
    at: u64,
    end: u64,
    forgets: bool,
    nodes: usize,
    faults: &mut Vec<Fault>,
    rng: &mut Rng,
) -> Breaks {
    let node = rng.index(nodes);
    let until = std::cmp::min(at + rng.within(100 * MILLI, 6 * SECOND), end);
    let back = std::cmp::min(rng.within(100 * MILLI, 3 * SECOND), end - at);
    // A store that is to forget later waits for the dead: let there be few of them.
    let dies = !forgets || rng.once_in(6);
    let (what, breaks) = match rng.below(6) {
        0 | 1 if dies => (Broken::Crash { node, back }, Breaks::Node(at + back)),
        2 if dies => (
            Broken::Leave { node, back },
            Breaks::Node(at + back + SECOND),
        ),
        3 => {
            let waits = rng.once_in(2);
            (Broken::Silence { until, waits }, Breaks::Network(until))
        }
        _ => (Broken::CutOff { node, until }, Breaks::Network(until)),
    };
    faults.push(Fault { at, what });
    breaks
}
