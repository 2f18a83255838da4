//! Evicts tenants that carry no information.

use std::sync::Weak;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};

use super::ActorSettings;
use super::supervisor::{self, OnStop};
use crate::directory::Spare;
use crate::engine::Core;
use crate::sync::Arc;

pub(super) fn start(
    core: &Arc<Core>,
    settings: &ActorSettings,
    stopped: watch::Receiver<bool>,
    runtime: &Handle,
) -> JoinHandle<()> {
    let core = Arc::downgrade(core);
    let (every, most) = (settings.sweep_every, settings.sweep_most);
    supervisor::supervise("janitor", runtime, OnStop::Abort, stopped, move || {
        let core = Weak::clone(&core);
        async move {
            let mut ticks = interval(std::cmp::max(every, Duration::from_millis(1)));
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                ticks.tick().await;
                let Some(core) = core.upgrade() else { return };
                core.sweep(most, Spare::Newcomers);
            }
        }
    })
}
