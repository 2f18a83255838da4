//! A ledger's dealings with the store of shared limits: what it asks for them, and what it is told.

use std::time::Duration;

use crate::clock::Timestamp;
use crate::cluster::{Ask, Heard, Reply};
use crate::meter;
use crate::sync::Arc;

use super::{Ledger, Standing};

impl Ledger {
    /// Whether somebody has to call the store, who is not on the way yet; from now on somebody is. They also call for
    /// what comes `next`, if something was spent.
    pub(crate) fn calls_for_more(&mut self, next: bool) -> bool {
        if self.calling || self.standing == Standing::Removed {
            return false;
        }
        let now = self.now;
        let wants = self.entries_mut().any(|(limit, meter, _)| {
            let most = meter::most_at_once(limit);
            let wants = meter
                .share()
                .map(|share| share.must_ask(most, now) || next && share.may_ask(most, now));
            wants == Some(true)
        });
        self.calling = wants;
        wants
    }

    /// What the store is asked now; whoever calls is on the way. Nothing is out on lease.
    pub(crate) fn asks(&mut self, leave: bool) -> Vec<Ask> {
        let leave = leave || self.standing == Standing::Removed;
        let (now, generation) = (self.now, self.version);
        let asks = self.entries_mut().filter_map(|(limit, meter, _)| {
            let share = meter.share()?;
            let shape = meter::shape_of_share(share, limit, now)?;
            let (rows, want) = share.ask(meter::most_at_once(limit), now, leave);
            Some(Ask {
                limit: Arc::clone(&limit.name),
                dimension: limit.dimension.clone(),
                generation,
                shape,
                capacity: limit.capacity.saturating_sub(limit.beyond.reserve),
                rows,
                want,
            })
        });
        let asks: Vec<_> = asks.collect();
        self.calling = !asks.is_empty();
        asks
    }

    /// Takes in what the store said to these asks, which were sent at `sent`; whoever called is back.
    ///
    /// What was asked by an earlier plan is passed over: an answer that gets lost does no harm. Gives what came of it.
    pub(crate) fn settle_reply(
        &mut self,
        sent: Timestamp,
        received: Timestamp,
        asks: &[Ask],
        reply: &Reply,
    ) -> Heard {
        self.calling = false;
        self.answers.of_store();
        let mut heard = Heard::default();
        let version = self.version;
        for (limit, meter, _) in self.entries_mut() {
            let Some(share) = meter.share() else { continue };
            let same = |ask: &Ask| {
                let named = ask.limit == limit.name && ask.dimension == limit.dimension;
                named && ask.generation == version
            };
            let theirs = asks.iter().zip(&reply.answers).find(|(ask, _)| same(ask));
            heard = heard.and(match theirs {
                Some((_, answer)) => share.answered(sent, received, reply, answer),
                None => Heard::only_left(share.left()),
            });
        }
        heard
    }

    /// The store does not answer: more may be spent than was granted, as far as the limits say so.
    pub(crate) fn store_is_gone(&mut self) {
        self.answers.of_store();
        for (limit, meter, _) in self.entries_mut() {
            if let Some(share) = meter.share() {
                share.allow_beyond(limit.beyond.allowance);
            }
        }
    }

    /// When somebody has to call the store even if no request comes.
    pub(crate) fn next_call(&self, heartbeat: Duration) -> Option<Timestamp> {
        let shares = self.meters.iter().filter_map(|meter| meter.shared());
        shares.filter_map(|share| share.next_visit(heartbeat)).min()
    }
}
