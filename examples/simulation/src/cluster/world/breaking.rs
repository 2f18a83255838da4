//! What happens when something breaks.

use super::World;
use super::agenda::Event;
use crate::cluster::scenario::{Broken, SECOND};

impl World {
    pub(super) fn breaks(&mut self, what: Broken) {
        self.tell(|| format!("{what:?}"));
        self.tally.faults += 1;
        match what {
            Broken::Crash { node, back } => self.crash(node, back),
            Broken::Leave { node, back } => {
                if let Some(here) = self.places[node].node.as_mut() {
                    here.leave();
                    self.auditor.died(self.places[node].life);
                    self.tend(node, false);
                    // By then it has told the store, or dies.
                    self.agenda.put(
                        self.now + SECOND,
                        Event::Breaks(Broken::Crash { node, back }),
                    );
                }
            }
            Broken::CutOff { node, until } => {
                let place = &mut self.places[node];
                place.cut_off = std::cmp::max(place.cut_off, until);
            }
            Broken::Silence { until, waits } => self.store.fall_silent(until, waits),
            Broken::Lost => {
                self.store.lose_everything();
                self.auditor.lost();
                self.tally.losses += 1;
            }
            Broken::Copied => self.store.copy(),
            Broken::Promoted => {
                self.store.promote();
                self.auditor.lost();
                self.tally.losses += 1;
            }
            Broken::Tame { until } => self.network.tame(until),
            Broken::Config { node, terms } => {
                let place = &mut self.places[node];
                place.terms = std::cmp::max(place.terms, terms);
                let terms = &self.scenario.terms[place.terms];
                if let Some(here) = place.node.as_mut() {
                    here.configure(terms);
                }
                self.tend(node, false);
            }
        }
    }

    /// A crash of a place that is empty already changes nothing.
    fn crash(&mut self, node: usize, back: u64) {
        let place = &mut self.places[node];
        let died = place.node.take().is_some();
        self.auditor.died(place.life);
        if died || place.life > 0 {
            place.life = 0;
            self.agenda.put(self.now + back, Event::Back { node });
        }
    }
}
