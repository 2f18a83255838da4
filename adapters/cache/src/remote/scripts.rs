//! What runs inside Redis, each in one step.

use redis::Script;

/// One script for each matter.
#[derive(Debug)]
pub(super) struct Scripts {
    pub(super) get: Script,
    pub(super) set: Script,
    pub(super) delete: Script,
    pub(super) incr: Script,
    pub(super) ttl: Script,
    pub(super) clear: Script,
    pub(super) usage: Script,
    pub(super) check: Script,
}

/// The common part and its own.
macro_rules! script {
    ($file:literal) => {
        Script::new(concat!(include_str!("lua/common.lua"), include_str!($file)))
    };
}

impl Scripts {
    pub(super) fn new() -> Self {
        Self {
            get: script!("lua/get.lua"),
            set: script!("lua/set.lua"),
            delete: script!("lua/delete.lua"),
            incr: script!("lua/incr.lua"),
            ttl: script!("lua/ttl.lua"),
            clear: script!("lua/clear.lua"),
            usage: script!("lua/usage.lua"),
            // By a script, since scripts are what must work.
            check: Script::new("return redis.call('INFO', 'cluster')"),
        }
    }
}
