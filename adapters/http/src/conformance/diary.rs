//! What the hooks were told, and whether it adds up.

use std::sync::Arc;

use parking_lot::Mutex;
use tollgate::{Event, FinishEvent, Hooks, PolicyEvent, QuotaEvent, ResolveEvent, SettleEvent};

/// Hooks that note everything.
#[derive(Clone, Default)]
pub(super) struct Diary(Arc<Mutex<Vec<Event>>>);

/// How many requests were admitted, settled, and have ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) admitted: usize,
    pub(super) settled: usize,
    pub(super) finished: usize,
}

impl Diary {
    fn note(&self, event: Event) {
        self.0.lock().push(event);
    }

    pub(super) fn events(&self) -> Vec<Event> {
        self.0.lock().clone()
    }

    pub(super) fn counts(&self) -> Counts {
        let events = self.0.lock();
        let count = |is: fn(&Event) -> bool| events.iter().filter(|event| is(event)).count();
        Counts {
            admitted: count(|event| matches!(event, Event::Quota(quota) if quota.allowed)),
            settled: count(|event| matches!(event, Event::Settle(_))),
            finished: count(|event| matches!(event, Event::Finish(_))),
        }
    }

    pub(super) fn quotas(&self) -> Vec<QuotaEvent> {
        self.of(|event| match event {
            Event::Quota(event) => Some(event.clone()),
            _ => None,
        })
    }

    pub(super) fn policies(&self) -> Vec<PolicyEvent> {
        self.of(|event| match event {
            Event::Policy(event) => Some(event.clone()),
            _ => None,
        })
    }

    pub(super) fn settlements(&self) -> Vec<SettleEvent> {
        self.of(|event| match event {
            Event::Settle(event) => Some(event.clone()),
            _ => None,
        })
    }

    /// The status with which each request has ended, and whether it came to its proper end.
    pub(super) fn endings(&self) -> Vec<(Option<u16>, bool)> {
        self.of(|event| match event {
            Event::Finish(event) => Some((event.status, event.complete)),
            _ => None,
        })
    }

    fn of<T>(&self, kind: impl Fn(&Event) -> Option<T>) -> Vec<T> {
        self.0.lock().iter().filter_map(kind).collect()
    }
}

impl Counts {
    /// Whether each request that was admitted has been settled and has ended, once.
    pub(super) fn add_up(self) -> bool {
        self.admitted == self.settled && self.admitted == self.finished
    }
}

impl Hooks for Diary {
    fn on_resolve(&self, event: &ResolveEvent) {
        self.note(Event::Resolve(event.clone()));
    }

    fn on_policy(&self, event: &PolicyEvent) {
        self.note(Event::Policy(event.clone()));
    }

    fn on_quota(&self, event: &QuotaEvent) {
        self.note(Event::Quota(event.clone()));
    }

    fn on_settle(&self, event: &SettleEvent) {
        self.note(Event::Settle(event.clone()));
    }

    fn on_finish(&self, event: &FinishEvent) {
        self.note(Event::Finish(event.clone()));
    }
}
