//! What a run is told.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use crate::Failure;
use crate::figures::double;
use crate::span::{Span, parse};

/// Whose limiter the nodes ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Which {
    /// tollgate, with a limit that is shared through Redis
    Tollgate,
    /// A sliding log in Redis: one Lua script for each request
    PerRequestLua,
    /// Counters in each node, added up in Redis every 100 ms
    WriteBehind,
    /// limitador's `AsyncRedisStorage`; needs --node-program
    Limitador,
    /// limitador's `CachedRedisStorage`; needs --node-program
    LimitadorCached,
}

impl Which {
    /// As it is written on the command line.
    pub(crate) fn name(self) -> String {
        let value = self.to_possible_value();
        value.map_or(String::new(), |value| value.get_name().to_owned())
    }

    /// Whether it stands in a program of its own.
    pub(crate) fn is_elsewhere(self) -> bool {
        matches!(self, Self::Limitador | Self::LimitadorCached)
    }
}

/// What runs, how long, and what breaks meanwhile.
#[derive(Debug, Clone, Args)]
pub(crate) struct Options {
    /// How many nodes, each a process
    #[arg(long, default_value_t = 6, value_parser = clap::value_parser!(u32).range(1..=200))]
    pub(crate) nodes: u32,
    /// How many tenants, each with a limit of its own
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) tenants: u32,
    /// How much fits in a window, over all nodes
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) limit: u64,
    /// The window
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = parse)]
    pub(crate) window: Duration,
    /// Into how many parts the window is split
    #[arg(long, value_name = "N", default_value_t = 60, value_parser = clap::value_parser!(u16).range(1..=120))]
    pub(crate) sub_windows: u16,
    /// How many times the limit is asked for
    #[arg(long, value_name = "X", default_value_t = 3.0)]
    pub(crate) overload: f64,
    /// How long requests come
    #[arg(long, value_name = "SECONDS", default_value = "35", value_parser = seconds)]
    pub(crate) seconds: Duration,
    /// What of it is audited, but not counted
    #[arg(long, value_name = "TIME", default_value = "3s", value_parser = parse)]
    pub(crate) warm_up: Duration,
    /// How long a request may wait for an answer
    #[arg(long, value_name = "TIME", default_value = "300ms", value_parser = parse)]
    pub(crate) timeout: Duration,
    /// Whose limiter the nodes ask
    #[arg(long, value_enum, default_value = "tollgate")]
    pub(crate) limiter: Which,
    /// Another program for the nodes, with a limiter of its own
    #[arg(long, value_name = "PROGRAM")]
    pub(crate) node_program: Option<PathBuf>,
    /// A Redis that is there; else one is started, and gone afterwards
    #[arg(long, value_name = "URL")]
    pub(crate) redis: Option<String>,
    /// Writes every admission to this file, a JSON object a line
    #[arg(long, value_name = "FILE")]
    pub(crate) log: Option<PathBuf>,
    /// The same requests at the same times, as far as the machine goes along
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Delays all between nodes and Redis, each way: 0..30ms
    #[arg(long, value_name = "TIME..TIME")]
    pub(crate) delay: Option<Span>,
    /// Kills a node (SIGKILL) every so often, and starts another in its place: 0.4..3s
    #[arg(long, value_name = "TIME..TIME")]
    pub(crate) kill_nodes: Option<Span>,
    /// Kills Redis (SIGKILL) so many times; it comes back empty
    #[arg(long, value_name = "TIMES", group = "fault")]
    pub(crate) kill_redis: Option<u32>,
    /// Kills Redis so many times; a replica takes over that missed the last 0.3 to 1.2 s of what was acknowledged
    #[arg(long, value_name = "TIMES", group = "fault")]
    pub(crate) failover: Option<u32>,
    /// Has Redis stand still (SIGSTOP) for so long, in the middle
    #[arg(long, value_name = "TIME", group = "fault", value_parser = parse)]
    pub(crate) stop_redis: Option<Duration>,
    /// Starts a Redis Cluster of so many masters, and kills one for the middle third
    #[arg(long, value_name = "MASTERS", group = "fault", value_parser = clap::value_parser!(u32).range(3..=9))]
    pub(crate) cluster: Option<u32>,
}

impl Options {
    /// Whether it can be done.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        let faults = [
            self.kill_redis.is_some(),
            self.failover.is_some(),
            self.stop_redis.is_some(),
            self.cluster.is_some(),
        ];
        if self.redis.is_some() && faults.contains(&true) {
            return Err("a Redis that was there before is not broken: leave out --redis".into());
        }
        if self.cluster.is_some() && self.delay.is_some() {
            return Err("--delay does not go with --cluster".into());
        }
        if !(self.overload > 0.0 && self.overload <= 1000.0) {
            return Err("--overload must be above 0, and at most 1000".into());
        }
        if self.limiter.is_elsewhere() && self.node_program.is_none() {
            return Err("limitador stands in a program of its own, see README.md: \
                        give it with --node-program"
                .into());
        }
        if self.seconds <= self.warm_up {
            return Err("--seconds must be more than --warm-up".into());
        }
        Ok(())
    }

    /// Whether nodes must not speak to Redis themselves.
    pub(crate) fn needs_proxy(&self) -> bool {
        self.delay.is_some() || self.failover.is_some()
    }

    /// The names of the tenants.
    pub(crate) fn tenants(&self) -> Vec<String> {
        (0..self.tenants)
            .map(|tenant| format!("tenant-{tenant}"))
            .collect()
    }

    /// How many requests a second come to one node.
    pub(crate) fn rate_of_node(&self) -> f64 {
        let all = double(self.limit) * f64::from(self.tenants) / self.window.as_secs_f64();
        all * self.overload / f64::from(self.nodes)
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    parse(text).or_else(|_| parse(&format!("{text}s")))
}
