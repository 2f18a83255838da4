//! Lies that the auditor must find out: what it is told is not what the engine did.

use clap::ValueEnum;

use crate::rng::Rng;

/// What `--break` breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Break {
    /// A request that was denied is told as admitted
    AdmitDenied,
    /// A request that was admitted is told as denied
    DenyAdmitted,
    /// A denial is told to end one nanosecond early
    EarlyTick,
    /// A denial is told to end one nanosecond late
    LateTick,
    /// A denied request is charged all the same
    ChargeDenied,
    /// A settlement never reaches the engine
    DropSettle,
    /// A refund is told as a debt
    RefundSign,
    /// A slot that was freed is told as held
    KeepSlot,
    /// A change of config forgets what was used
    SwapForgets,
    /// A tenant that was swept from memory comes back without its usage
    SweepForgets,
    /// A tenant is told to be suspended, and is not
    SuspendLate,
    /// An admission is charged to one limit less
    SkipLimit,
}

/// Lies now and then, once there is something to lie about.
#[derive(Debug)]
pub(crate) struct Saboteur {
    what: Option<Break>,
    rng: Rng,
}

impl Saboteur {
    pub(crate) fn new(what: Option<Break>, seed: u64) -> Self {
        Self {
            what,
            rng: Rng::new(!seed),
        }
    }

    /// Whether to do `what` now.
    pub(crate) fn wants(&mut self, what: Break) -> bool {
        self.what == Some(what) && self.rng.once_in(4)
    }
}
