//! A Redis Cluster.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

use super::Redis;
use crate::processes::wait_until;

/// How many slots a cluster has.
const SLOTS: u32 = 16_384;

/// A few Redis servers that share the slots of a cluster, without replicas.
///
/// When one of them is killed the others go on with their own slots; when it is [restarted](Redis::restart) it comes back
/// empty, with the slots that it had.
///
/// # Examples
/// ```no_run
/// let mut cluster = throwaway::RedisCluster::start(3)?;
/// let urls = cluster.urls();
/// cluster.servers_mut()[1].kill()?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct RedisCluster {
    servers: Vec<Redis>,
}

impl RedisCluster {
    /// So many servers, all of which know who has which slot when this returns.
    ///
    /// # Errors
    /// As [`Redis::start`], and when they do not find each other within a minute.
    pub fn start(servers: u32) -> io::Result<Self> {
        let settings = [
            "cluster-enabled yes",
            "cluster-node-timeout 1000",
            "cluster-require-full-coverage no",
            // Clusters have no others.
            "databases 1",
        ];
        let servers: Vec<_> = (0..servers)
            .map(|_| Redis::start_with(&settings))
            .collect::<io::Result<_>>()?;
        let cluster = Self { servers };
        cluster.share_out()?;
        wait_until("the servers of the cluster do not find each other", || {
            cluster.is_whole()
        })?;
        Ok(cluster)
    }

    /// Where the servers are, in their order.
    pub fn urls(&self) -> Vec<String> {
        self.servers.iter().map(Redis::url).collect()
    }

    /// The servers. The first has the lowest slots, and the last the highest.
    pub fn servers(&self) -> &[Redis] {
        &self.servers
    }

    /// The servers, to be killed and started.
    pub fn servers_mut(&mut self) -> &mut [Redis] {
        &mut self.servers
    }

    fn share_out(&self) -> io::Result<()> {
        let count = u32::try_from(self.servers.len()).map_err(io::Error::other)?;
        let first_of = |server: u32| {
            let slots = u64::from(SLOTS).saturating_mul(u64::from(server));
            slots.checked_div(u64::from(count)).unwrap_or(0)
        };
        for (number, server) in (0..).zip(&self.servers) {
            let (first, end) = (first_of(number), first_of(number.saturating_add(1)));
            let last = end.saturating_sub(1);
            ask(server, &format!("CLUSTER ADDSLOTSRANGE {first} {last}"))?;
            for other in &self.servers {
                ask(server, &format!("CLUSTER MEET 127.0.0.1 {}", other.port()))?;
            }
        }
        Ok(())
    }

    fn is_whole(&self) -> io::Result<bool> {
        let count = self.servers.len();
        for server in &self.servers {
            let about = ask(server, "CLUSTER INFO")?;
            let says = |line: &str| about.lines().any(|said| said == line);
            let whole = says("cluster_state:ok")
                && says(&format!("cluster_slots_ok:{SLOTS}"))
                && says(&format!("cluster_known_nodes:{count}"))
                && says(&format!("cluster_size:{count}"));
            if !whole {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// What the server says to a command.
fn ask(server: &Redis, command: &str) -> io::Result<String> {
    let mut connection = TcpStream::connect((Ipv4Addr::LOCALHOST, server.port()))?;
    connection.set_read_timeout(Some(Duration::from_secs(5)))?;
    connection.write_all(format!("{command}\r\n").as_bytes())?;
    let mut answer = BufReader::new(connection);
    let mut first = String::new();
    answer.read_line(&mut first)?;
    let first = first.trim_end();
    if let Some(problem) = first.strip_prefix('-') {
        return Err(io::Error::other(format!("{command}: {problem}")));
    }
    let Some(length) = first.strip_prefix('$') else {
        return Ok(first.to_owned());
    };
    let mut text = vec![0; length.parse().map_err(io::Error::other)?];
    io::Read::read_exact(&mut answer, &mut text)?;
    String::from_utf8(text)
        .map(|text| text.replace("\r\n", "\n"))
        .map_err(io::Error::other)
}
