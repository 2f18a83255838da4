//! One tenant: its limits, and the nodes that share them.

use std::collections::BTreeMap;

use crate::cluster::{Answer, Ask, Shape};
use crate::dimension::Dimension;
use crate::sync::Arc;

use super::ledger::Ledger;
use super::moment::Moment;

/// See the module's page.
#[derive(Debug, Clone, Default)]
pub(super) struct Account {
    /// When each node was heard of last.
    nodes: BTreeMap<u64, u64>,
    limits: BTreeMap<(Arc<str>, Dimension), Ledger>,
    due: u64,
}

impl Account {
    /// When it may be forgotten.
    pub(super) fn due(&self) -> u64 {
        self.due
    }

    /// Hears a node; says how many nodes there are.
    pub(super) fn hear(&mut self, moment: &Moment, asks: &[Ask]) -> (u64, Vec<Answer>) {
        self.meet(moment);
        self.advance(moment);
        let heard = self.nodes.values();
        let live = heard.filter(|heard| !moment.is_silent(**heard)).count();
        let live = u64::try_from(live).unwrap_or(u64::MAX);
        let answers = asks.iter().map(|ask| self.answer(ask, moment, live));
        let answers = answers.collect();
        let dues = self
            .limits
            .values()
            .map(|ledger| ledger.counts_until(moment));
        self.due = dues.fold(moment.silent_at(moment.now), std::cmp::max);
        (live, answers)
    }

    fn meet(&mut self, moment: &Moment) {
        let ttl = self.limits.values().map(Ledger::ttl).max();
        let remembered = moment.patience().max(ttl.unwrap_or(0));
        let is_remembered = |heard: u64| moment.now.saturating_sub(heard) <= remembered;
        self.nodes.retain(|_, heard| is_remembered(*heard));
        let heard = self.nodes.entry(moment.node).or_default();
        *heard = moment.now.max(*heard);
    }

    fn advance(&mut self, moment: &Moment) {
        let nodes = &self.nodes;
        self.limits.retain(|_, ledger| {
            ledger.advance(moment, |node, ttl| {
                let heard = nodes.get(&node);
                heard.is_some_and(|heard| moment.now.saturating_sub(*heard) <= ttl)
            });
            ledger.counts_until(moment) > moment.now
        });
    }

    fn answer(&mut self, ask: &Ask, moment: &Moment, live: u64) -> Answer {
        if let Some(answer) = self.not_now(ask, moment) {
            return answer;
        }
        let limit = (Arc::clone(&ask.limit), ask.dimension.clone());
        let ledger = self.limits.entry(limit);
        ledger
            .or_insert_with(|| Ledger::new(ask, moment))
            .hear(ask, moment, live)
    }

    /// What is said of a period that the store's clock does not stand in, when nothing is known of the limit.
    fn not_now(&self, ask: &Ask, moment: &Moment) -> Option<Answer> {
        let Shape::Calendar { start, end } = ask.shape else {
            return None;
        };
        let is_known = self
            .limits
            .contains_key(&(Arc::clone(&ask.limit), ask.dimension.clone()));
        let is_on = (start..end).contains(&moment.now);
        (!is_known && !is_on).then(|| Answer {
            epoch: start,
            rows: Vec::new(),
            free: 0,
            not_before: moment.quarantine.unwrap_or(start.max(moment.now)),
            generation: ask.generation,
            capacity: ask.capacity,
        })
    }
}
