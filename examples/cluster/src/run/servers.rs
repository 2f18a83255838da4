//! The Redis of a run: somebody's, or servers of its own that can be broken.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, ToSocketAddrs};
use std::time::{Duration, Instant};

use redis::{Client, Connection};
use throwaway::Redis;

use super::Options;
use crate::Failure;

/// How long a server may take to be what it is told to be.
const PATIENCE: Duration = Duration::from_secs(30);
/// A Redis Cluster has so many slots.
const SLOTS: u32 = 16_384;

/// Servers.
#[derive(Debug)]
pub(crate) enum Servers {
    /// One that was there before.
    Others(String),
    /// The master, and its replica if there is one.
    Own(Box<Redis>, Option<Box<Redis>>),
    /// The masters of a Redis Cluster.
    Cluster(Vec<Redis>),
}

impl Servers {
    /// Those that a run needs.
    pub(crate) fn start(options: &Options) -> Result<Self, Failure> {
        if let Some(url) = &options.redis {
            return Ok(Self::Others(url.clone()));
        }
        if let Some(masters) = options.cluster {
            return cluster(masters).map(Self::Cluster);
        }
        let master = Redis::start()?;
        let replica = options.failover.map(|_| replica_of(&master).map(Box::new));
        Ok(Self::Own(Box::new(master), replica.transpose()?))
    }

    /// Where they are.
    pub(crate) fn urls(&self) -> Vec<String> {
        match self {
            Self::Others(url) => vec![url.clone()],
            Self::Own(master, _) => vec![master.url()],
            Self::Cluster(masters) => masters.iter().map(Redis::url).collect(),
        }
    }

    /// Where the one is that a proxy stands before.
    pub(crate) fn address(&self) -> Result<SocketAddr, Failure> {
        match self {
            Self::Others(url) => {
                let client = Client::open(url.as_str())?;
                let redis::ConnectionAddr::Tcp(host, port) = client.get_connection_info().addr()
                else {
                    return Err("--delay needs a redis:// URL".into());
                };
                let mut found = (host.as_str(), *port).to_socket_addrs()?;
                Ok(found.next().ok_or("the host of --redis has no address")?)
            }
            Self::Own(master, _) => Ok(at(master)),
            Self::Cluster(_) => Err("a cluster has no one address".into()),
        }
    }

    /// How long the scripts take in the server, in microseconds on average, and how many there were, since it was started.
    pub(crate) fn script_cost(&self) -> Option<(f64, u64)> {
        let url = self.urls().into_iter().next()?;
        let mut connection = connect(&url).ok()?;
        let info: String = redis::cmd("INFO")
            .arg("commandstats")
            .query(&mut connection)
            .ok()?;
        let line = info
            .lines()
            .find_map(|line| line.strip_prefix("cmdstat_evalsha:"))?;
        let field = |name: &str| {
            let mut fields = line.split(',').filter_map(|field| field.split_once('='));
            fields.find_map(|(field, value)| (field == name).then(|| value.to_owned()))
        };
        Some((
            field("usec_per_call")?.parse().ok()?,
            field("calls")?.parse().ok()?,
        ))
    }
}

/// Where a server of our own is.
pub(crate) fn at(server: &Redis) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, server.port()))
}

/// A connection to tell a server what to do.
pub(crate) fn connect(url: &str) -> Result<Connection, Failure> {
    Ok(Client::open(url)?.get_connection_with_timeout(PATIENCE)?)
}

/// A server that has, and gets, what another has.
pub(crate) fn replica_of(master: &Redis) -> Result<Redis, Failure> {
    // Without a delay between the copy and its being sent, a new replica is there at once.
    let port = master.port();
    let settings = [
        &*format!("replicaof 127.0.0.1 {port}"),
        "repl-diskless-sync-delay 0",
    ];
    {
        let mut to_master = connect(&master.url())?;
        let mut set = redis::cmd("CONFIG");
        set.arg("SET").arg("repl-diskless-sync-delay").arg(0);
        set.query::<()>(&mut to_master)?;
    }
    let replica = Redis::start_with(&settings)?;
    let mut connection = connect(&replica.url())?;
    wait_until("a replica does not get what its master has", || {
        let info: String = redis::cmd("INFO")
            .arg("replication")
            .query(&mut connection)?;
        Ok(info.contains("master_link_status:up"))
    })?;
    Ok(replica)
}

/// From now on the replica hears nothing any more; whatever it has, it can serve.
pub(crate) fn cut_off(replica: &Redis) -> Result<(), Failure> {
    let mut connection = connect(&replica.url())?;
    let mut command = redis::cmd("REPLICAOF");
    Ok(command.arg("NO").arg("ONE").query(&mut connection)?)
}

/// Masters that share all slots among them, without replicas.
fn cluster(count: u32) -> Result<Vec<Redis>, Failure> {
    let settings = [
        "cluster-enabled yes",
        // One that is gone must not stop the others.
        "cluster-require-full-coverage no",
        "cluster-node-timeout 1000",
    ];
    let masters = (0..count).map(|_| Redis::start_with(&settings));
    let masters = masters.collect::<io::Result<Vec<_>>>()?;
    let slot = |master: u32| SLOTS.saturating_mul(master).checked_div(count).unwrap_or(0);
    for (number, master) in (0..count).zip(&masters) {
        let mut connection = connect(&master.url())?;
        let (first, end) = (slot(number), slot(number.saturating_add(1)));
        let mut take = redis::cmd("CLUSTER");
        take.arg("ADDSLOTSRANGE")
            .arg(first)
            .arg(end.saturating_sub(1));
        take.query::<()>(&mut connection)?;
        for other in &masters {
            let mut meet = redis::cmd("CLUSTER");
            meet.arg("MEET").arg("127.0.0.1").arg(other.port());
            meet.query::<()>(&mut connection)?;
        }
    }
    for master in &masters {
        let mut connection = connect(&master.url())?;
        wait_until("a Redis Cluster does not come together", || {
            let info: String = redis::cmd("CLUSTER").arg("INFO").query(&mut connection)?;
            let known = format!("cluster_known_nodes:{count}\r");
            let whole = "cluster_slots_ok:16384";
            Ok(["cluster_state:ok", whole, &known]
                .iter()
                .all(|word| info.contains(word)))
        })?;
    }
    Ok(masters)
}

fn wait_until(
    otherwise: &str,
    mut done: impl FnMut() -> Result<bool, Failure>,
) -> Result<(), Failure> {
    let start = Instant::now();
    while !done()? {
        if start.elapsed() > PATIENCE {
            return Err(otherwise.into());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}
