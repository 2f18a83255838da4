//! A storm: real threads ask, refund and end requests at once, while the clock moves.
//!
//! The auditor needs an order, and threads have none that can be seen. So each event draws a ticket: what gives
//! back draws it *before* it happens, an admission *after*. Take the admissions up to some ticket, and of these the
//! one that the engine decided last: whatever it can have relied on was given back before it, and has an earlier
//! ticket. So the sums in the order of tickets are never more than what the engine saw at that one: if it kept its
//! promise, none of them is above the bound.
//!
//! A gate makes times exact: whoever asks is inside as one of many, whoever moves the clock is inside alone.

use std::sync::RwLock;
use std::sync::atomic::{AtomicU64, Ordering};

use tollgate::{Scope, Tenant};

use super::clock::WorldClock;
use super::config::{Draft, about};
use super::{Grip, Held, World, cost_of};
use crate::audit::Auditor;
use crate::facts::{Amounts, Asked, Violation};
use crate::rng::Rng;

/// What each thread does in a storm.
const DEEDS: u64 = 60;

/// What threads share in a storm.
struct Sky {
    clock: WorldClock,
    gate: RwLock<()>,
    tickets: AtomicU64,
    permits: AtomicU64,
    tenants: Vec<Target>,
}

/// A tenant in a storm.
struct Target {
    who: usize,
    tenant: Tenant,
    draft: Draft,
}

/// Something that the auditor is told afterwards.
enum Event {
    Admitted {
        asked: Asked,
        permit: u64,
        shadowed: Vec<String>,
    },
    Refunded {
        permit: u64,
        cost: Amounts,
    },
    Ended {
        permit: u64,
    },
}

/// What a thread brings back.
#[derive(Default)]
struct Log {
    /// Events with their tickets and times.
    events: Vec<(u64, u64, Event)>,
    held: Vec<Held>,
    denied: u64,
}

impl World {
    /// Lets the threads loose on a few tenants, then tells the auditor and looks at what they left.
    pub(super) fn storm(&mut self) -> Result<(), Violation> {
        let mut targets: Vec<Target> = Vec::new();
        for _ in 0..self.rng.within(1, 3) {
            let who = self.somebody();
            if targets.iter().any(|known| known.who == who) {
                continue;
            }
            if let Some(tenant) = self.tenant(who)? {
                let draft = self.seat(who).draft.clone();
                targets.push(Target { who, tenant, draft });
            }
        }
        if targets.is_empty() {
            return Ok(());
        }
        let sky = Sky {
            clock: self.clock.clone(),
            gate: RwLock::new(()),
            tickets: AtomicU64::new(0),
            permits: AtomicU64::new(self.permits),
            tenants: targets,
        };
        let logs = self.let_loose(&sky);
        self.permits = sky.permits.load(Ordering::SeqCst);
        self.tally.storms += 1;
        self.hear(logs)?;
        for target in &sky.tenants {
            self.look_at(target.who)?;
        }
        while self.held.len() > super::ask::MOST_HELD {
            self.end_one();
        }
        Ok(())
    }

    fn let_loose(&mut self, sky: &Sky) -> Vec<Log> {
        let mut rng = Rng::new(self.rng.next());
        let rngs: Vec<_> = (0..self.settings.threads)
            .map(|_| Rng::new(self.rng.next()))
            .collect();
        std::thread::scope(|scope| {
            let threads: Vec<_> = rngs
                .into_iter()
                .map(|rng| scope.spawn(move || sky.hammer(rng)))
                .collect();
            for _ in 0..rng.below(20) {
                let _alone = sky.gate.write().expect("nobody panics inside");
                sky.clock.set(sky.clock.read() + rng.below(2_000_000));
            }
            threads
                .into_iter()
                .map(|thread| {
                    thread
                        .join()
                        .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
                })
                .collect()
        })
    }

    /// Tells the auditor what happened, in the order of the tickets.
    fn hear(&mut self, logs: Vec<Log>) -> Result<(), Violation> {
        let mut events = Vec::new();
        for log in logs {
            events.extend(log.events);
            self.held.extend(log.held);
            self.tally.denied += log.denied;
            self.tally.decisions += log.denied;
        }
        events.sort_unstable_by_key(|(ticket, _, _)| *ticket);
        for (_, at, event) in events {
            match event {
                Event::Admitted {
                    asked,
                    permit,
                    shadowed,
                } => {
                    self.tally.decisions += 1;
                    self.tally.admitted += 1;
                    self.auditor.admitted(&asked, permit, &shadowed)?;
                }
                Event::Refunded { permit, cost } => {
                    self.tally.refunded += 1;
                    self.auditor.settled(permit, at, &Auditor::refund_of(&cost));
                }
                Event::Ended { permit } => self.auditor.released(permit, at),
            }
        }
        Ok(())
    }
}

impl Sky {
    fn hammer(&self, mut rng: Rng) -> Log {
        let mut log = Log::default();
        for _ in 0..DEEDS {
            let _one_of_many = self.gate.read().expect("nobody panics inside");
            if log.held.is_empty() || !rng.once_in(3) {
                self.ask(&mut rng, &mut log);
            } else {
                let place = rng.index(log.held.len());
                let held = log.held.swap_remove(place);
                self.end(held, rng.once_in(2), &mut log);
            }
        }
        log
    }

    fn ask(&self, rng: &mut Rng, log: &mut Log) {
        let target = &self.tenants[rng.index(self.tenants.len())];
        let (about, cost) = (about(rng), target.draft.cost(rng));
        let at = self.clock.read();
        let scope = Scope {
            model: about.model,
            tool: about.tool,
            route: about.route,
        };
        let decision = target.tenant.try_acquire_in(&scope, &cost_of(&cost));
        let Ok(guard) = decision.into_result() else {
            log.denied += 1;
            return;
        };
        let ticket = self.ticket();
        let shadowed = guard.shadow_denials(&scope);
        let shadowed = shadowed.iter().map(ToString::to_string).collect();
        let permit = self.permits.fetch_add(1, Ordering::SeqCst) + 1;
        let asked = Asked {
            tenant: target.who,
            at,
            about,
            cost,
            promised: None,
            alone: false,
        };
        log.events.push((
            ticket,
            at,
            Event::Admitted {
                asked,
                permit,
                shadowed,
            },
        ));
        let grip = Grip::Permit(guard.into_owned());
        log.held.push(Held {
            permit,
            tenant: target.who,
            cost,
            grip,
        });
    }

    fn end(&self, held: Held, refund: bool, log: &mut Log) {
        let Held {
            permit, cost, grip, ..
        } = held;
        let Grip::Permit(guard) = grip else {
            return;
        };
        let at = self.clock.read();
        let slot = if refund {
            log.events
                .push((self.ticket(), at, Event::Refunded { permit, cost }));
            guard.refund()
        } else {
            guard.keep()
        };
        log.events
            .push((self.ticket(), at, Event::Ended { permit }));
        drop(slot);
    }

    fn ticket(&self) -> u64 {
        self.tickets.fetch_add(1, Ordering::SeqCst)
    }
}
