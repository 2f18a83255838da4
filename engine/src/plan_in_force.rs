//! A tenant's plan in force, to be read without its lock.

use crate::plan::Plan;
use crate::sync::{Arc, AtomicBool, Ordering, Snapshot};

/// A tenant's plan in force, and whether anyone who asks must look at it.
///
/// # Concurrency
/// Anyone may read; only the holder of the ledger's lock replaces it, in two steps around the ledger's own
/// swap. A request that is charged by the new plan finds what [`prepare`](Self::prepare) stored.
#[derive(Debug)]
pub(crate) struct PlanInForce {
    plan: Snapshot<Plan>,
    indifferent: AtomicBool,
}

impl PlanInForce {
    pub(crate) fn new(plan: Arc<Plan>) -> Self {
        Self {
            indifferent: AtomicBool::new(is_indifferent(&plan)),
            plan: Snapshot::new(plan),
        }
    }

    pub(crate) fn load(&self) -> Arc<Plan> {
        self.plan.load()
    }

    /// Whether it is all the same to the plan what a request is about.
    pub(crate) fn is_indifferent(&self) -> bool {
        // Acquire: what a caller reads next is not read before. That it sees `prepare` is the doing of the
        // word or the lock by which it was charged.
        self.indifferent.load(Ordering::Acquire)
    }

    /// To be called before a request can be charged by `plan`.
    pub(crate) fn prepare(&self, plan: &Plan) {
        if !is_indifferent(plan) {
            // Relaxed: published by the word that is filled next, or by the lock.
            self.indifferent.store(false, Ordering::Relaxed);
        }
    }

    /// To be called when the ledger has taken `plan` over.
    pub(crate) fn store(&self, plan: Arc<Plan>) {
        let indifferent = is_indifferent(&plan);
        self.plan.store(plan);
        // Release: who finds the plan indifferent finds it in force.
        self.indifferent.store(indifferent, Ordering::Release);
    }
}

fn is_indifferent(plan: &Plan) -> bool {
    plan.policy().is_open() && !plan.is_conditional()
}
