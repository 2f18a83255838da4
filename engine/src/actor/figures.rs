//! What the caller counts of its calls.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use crate::clock::Timestamp;
use crate::cluster::{Call, Heard, Reply};
use crate::origin::OriginError;
use crate::sharing::Sharing;
use crate::sync::{Arc, Mutex};
use crate::tenant_id::TenantId;

/// How many ended lives of the store are remembered, so that each is counted once: a cluster of servers has one for each
/// of its slots, of which Redis has so many.
const MOST_ENDED: usize = 16_384;

/// See the module's page. Clones are the same figures.
///
/// # Concurrency
/// The caller takes a lock a few times a batch, and so does whoever reads; no request does. So a reading is of one moment.
#[derive(Debug, Clone, Default)]
pub(crate) struct Figures(Arc<Mutex<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    sharing: Sharing,
    /// What is out on lease, by whose limits it is of; nothing is left out. A hash map: nothing depends on its order.
    held: HashMap<TenantId, u64>,
    /// Until when the store only listens, as far as was heard.
    listens_until: Timestamp,
    ended: BTreeSet<u64>,
}

/// A batch under way. Calls whose end nobody hears, because the store panicked or the caller is gone, have failed.
#[derive(Debug)]
pub(super) struct Sent {
    figures: Figures,
    unanswered: u64,
}

impl Figures {
    pub(crate) fn read(&self, store_answers: bool, now: Timestamp) -> Sharing {
        let kept = self.0.lock();
        Sharing {
            store_answers,
            store_listens: now < kept.listens_until,
            ..kept.sharing
        }
    }

    /// Counts calls that are about to be sent.
    pub(super) fn send(&self, calls: &[Call]) -> Sent {
        let asks = calls.iter().flat_map(|call| &call.asks);
        let rows = asks.map(|ask| count(ask.rows.len())).sum();
        let unanswered = count(calls.len());
        let sharing = &mut self.0.lock().sharing;
        add(&mut sharing.calls, unanswered);
        add(&mut sharing.rows_reported, rows);
        Sent {
            figures: self.clone(),
            unanswered,
        }
    }

    /// So many tenants are called for.
    pub(super) fn due(&self, tenants: usize) {
        self.0.lock().sharing.tenants_due = tenants;
    }

    /// Counts what was heard for a tenant.
    pub(super) fn heard(&self, id: &TenantId, heard: &Heard) {
        let kept = &mut *self.0.lock();
        let sharing = &mut kept.sharing;
        add(&mut sharing.units_granted, heard.granted);
        add(&mut sharing.units_returned, heard.returned);
        add(&mut sharing.units_beyond, heard.beyond);
        sharing.clock_uncertainty = heard.uncertainty.or(sharing.clock_uncertainty);
        kept.hold(id, heard.left);
        if let Some(until) = heard.listens_until {
            kept.listens_until = std::cmp::max(kept.listens_until, until);
        }
        if let Some(life) = heard.ended {
            kept.ended(life);
        }
    }

    /// The tenant has left memory, or shares nothing any more: it holds nothing.
    pub(super) fn gone(&self, id: &TenantId) {
        self.0.lock().hold(id, 0);
    }

    /// Counts what came of calls; gives how many were answered.
    fn hear(&self, outcomes: &[(Call, Result<Reply, OriginError>)], took: Duration) -> u64 {
        let sharing = &mut self.0.lock().sharing;
        let mut answered = 0;
        for (call, outcome) in outcomes {
            let Ok(reply) = outcome else { continue };
            add(&mut answered, 1);
            let answers = call.asks.iter().zip(&reply.answers);
            for (_, answer) in answers.filter(|(ask, _)| ask.want.is_some()) {
                let is_denied = answer.not_before > reply.now;
                let (granted, denied) = (&mut sharing.wishes_granted, &mut sharing.wishes_denied);
                add(if is_denied { denied } else { granted }, 1);
            }
        }
        if answered > 0 {
            let took = Some(took);
            sharing.last_round_trip = took;
            sharing.widest_round_trip = std::cmp::max(sharing.widest_round_trip, took);
        }
        answered
    }
}

impl Kept {
    /// A tenant holds so much.
    fn hold(&mut self, id: &TenantId, left: u64) {
        let before = if left == 0 {
            self.held.remove(id)
        } else {
            self.held.insert(id.clone(), left)
        };
        let others = self.sharing.units_held.saturating_sub(before.unwrap_or(0));
        self.sharing.units_held = others.saturating_add(left);
    }

    /// A tenant has found that this life of the store ended. All tenants find that, one after the other.
    fn ended(&mut self, life: u64) {
        if self.ended.len() >= MOST_ENDED {
            // A loss that others still have to find is counted twice.
            self.ended.clear();
        }
        if self.ended.insert(life) {
            add(&mut self.sharing.store_losses, 1);
        }
    }
}

impl Sent {
    /// Counts what came of the calls, after so long.
    pub(super) fn heard(mut self, outcomes: &[(Call, Result<Reply, OriginError>)], took: Duration) {
        let answered = self.figures.hear(outcomes, took);
        self.unanswered = self.unanswered.saturating_sub(answered);
    }
}

impl Drop for Sent {
    fn drop(&mut self) {
        let sharing = &mut self.figures.0.lock().sharing;
        add(&mut sharing.calls_failed, self.unanswered);
    }
}

fn add(figure: &mut u64, more: u64) {
    *figure = figure.saturating_add(more);
}

fn count(size: usize) -> u64 {
    u64::try_from(size).unwrap_or(u64::MAX)
}
