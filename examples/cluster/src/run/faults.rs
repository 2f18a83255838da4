//! What breaks during a run, and when.

use std::time::Duration;

use throwaway::Redis;

use super::nodes::Nodes;
use super::proxy::Proxy;
use super::servers::{self, Servers};
use super::{Options, Timeline, View};
use crate::random::Random;
use crate::span::Span;
use crate::{Failure, clock};

/// For how long a replica has heard nothing when it takes over.
const MISSED: Span = Span::between(Duration::from_millis(300), Duration::from_millis(1200));
/// For how long nobody is there after a crash.
const DOWN: Span = Span::between(Duration::ZERO, Duration::from_millis(500));
/// Nothing breaks in the last seconds, so that the end shows whether it recovers.
const REST: u64 = 2_000_000_000;

/// Breaks things.
#[derive(Debug)]
pub(super) struct Faults<'r> {
    pub(super) options: &'r Options,
    pub(super) time: Timeline,
    pub(super) nodes: &'r Nodes,
    pub(super) proxy: Option<&'r Proxy>,
    pub(super) view: &'r View,
}

impl Faults<'_> {
    /// Kills nodes, if it is asked to.
    pub(super) fn kill_nodes(&self) -> Result<(), Failure> {
        let Some(every) = self.options.kill_nodes else {
            return Ok(());
        };
        let mut random = Random::new(self.options.seed ^ 0x6b69_6c6c);
        let mut next = self.time.start;
        loop {
            next = next.saturating_add(every.draw(&mut random));
            if next >= self.time.end {
                return Ok(());
            }
            clock::sleep_until(next);
            let node = self.nodes.kill_one(&mut random)?;
            self.say(&format!("node {node} was killed, and another started"));
        }
    }

    /// Breaks servers, if it is asked to.
    pub(super) fn break_servers(&self, servers: &mut Servers) -> Result<(), Failure> {
        let mut random = Random::new(self.options.seed ^ 0x0062_7265_616b);
        match servers {
            Servers::Others(_) => Ok(()),
            Servers::Cluster(masters) => self.lose_one(masters),
            Servers::Own(master, replica) => {
                if let Some(times) = self.options.kill_redis {
                    return self.kill(master, times, &mut random);
                }
                if let Some(pause) = self.options.stop_redis {
                    return self.stop(master, pause);
                }
                match (self.options.failover, replica) {
                    (Some(times), Some(replica)) => {
                        self.fail_over(master, replica, times, &mut random)
                    }
                    _ => Ok(()),
                }
            }
        }
    }

    /// It comes back empty: nothing of it was ever written to a disk.
    fn kill(&self, server: &mut Redis, times: u32, random: &mut Random) -> Result<(), Failure> {
        for at in self.spread(times, random) {
            clock::sleep_until(at);
            server.kill()?;
            std::thread::sleep(Duration::from_nanos(DOWN.draw(random)));
            server.restart()?;
            self.say("Redis was killed, and came back empty");
        }
        Ok(())
    }

    fn stop(&self, server: &Redis, pause: Duration) -> Result<(), Failure> {
        clock::sleep_until(self.time.tenth(4));
        server.pause()?;
        self.say("Redis stands still");
        std::thread::sleep(pause);
        server.resume()?;
        self.say("Redis goes on");
        Ok(())
    }

    /// The replica stops hearing, the master goes on granting, and dies: what it granted last is forgotten.
    fn fail_over(
        &self,
        master: &mut Redis,
        replica: &mut Redis,
        times: u32,
        random: &mut Random,
    ) -> Result<(), Failure> {
        for at in self.spread(times, random) {
            clock::sleep_until(at);
            servers::cut_off(replica)?;
            let missed = MISSED.draw(random);
            std::thread::sleep(Duration::from_nanos(missed));
            master.kill()?;
            std::mem::swap(master, replica);
            if let Some(proxy) = self.proxy {
                proxy.lead_to(servers::at(master));
            }
            let missed = crate::figures::short(missed);
            self.say(&format!(
                "a replica took over that missed the last {missed}"
            ));
            *replica = servers::replica_of(master)?;
        }
        Ok(())
    }

    /// One master of a cluster is gone for the middle third, and comes back empty.
    fn lose_one(&self, masters: &mut [Redis]) -> Result<(), Failure> {
        let lost = masters.first_mut().ok_or("a cluster without masters")?;
        let (from, to) = super::outage(self.time);
        clock::sleep_until(from);
        lost.kill()?;
        self.say("one master of the cluster was killed");
        clock::sleep_until(to);
        lost.restart()?;
        self.say("it came back, empty");
        Ok(())
    }

    /// So many times, one in each equal part of what there is, but not in the last seconds.
    fn spread(&self, times: u32, random: &mut Random) -> Vec<u64> {
        let whole = self
            .time
            .end
            .saturating_sub(REST)
            .saturating_sub(self.time.warm);
        let part = whole.checked_div(u64::from(times)).unwrap_or(whole);
        (0..u64::from(times))
            .map(|number| {
                let first = self.time.warm.saturating_add(part.saturating_mul(number));
                first.saturating_add(random.below(part >> 1))
            })
            .collect()
    }

    fn say(&self, what: &str) {
        let since = clock::now().saturating_sub(self.time.start);
        let seconds = crate::figures::double(since) / 1e9;
        self.view.say(&format!("{seconds:6.1} s: {what}"));
    }
}
