//! Who has which slot.

use std::collections::BTreeMap;
use std::sync::Arc;

use redis::{Client, ConnectionAddr, ConnectionInfo, Value};

use crate::exchange::Way;
use crate::link::Link;
use crate::slot::SLOTS;

/// One server of the cluster.
#[derive(Debug)]
pub(super) struct Server {
    /// `host:port`.
    pub(super) address: Arc<str>,
    pub(super) way: Way,
}

impl Server {
    pub(super) fn host(&self) -> &str {
        split(&self.address).map_or("", |(host, _)| host)
    }
}

/// What is known of a cluster.
pub(super) struct Map {
    /// Those that were named at the beginning: how to connect to one is how to connect to all.
    seeds: Vec<ConnectionInfo>,
    servers: BTreeMap<Arc<str>, Arc<Server>>,
    /// By slot.
    owners: Vec<Option<Arc<Server>>>,
}

/// From which slot to which, and who has them.
pub(super) type Range = (u16, u16, String);

impl Map {
    pub(super) fn new(seeds: Vec<ConnectionInfo>) -> Self {
        Self {
            seeds,
            servers: BTreeMap::new(),
            owners: vec![None; usize::from(SLOTS)],
        }
    }

    pub(super) fn owner(&self, slot: u16) -> Option<Arc<Server>> {
        self.owners.get(usize::from(slot)).cloned().flatten()
    }

    /// Those that were named, and all that were heard of since.
    pub(super) fn everybody(&mut self) -> Vec<Arc<Server>> {
        let seeds: Vec<_> = self
            .seeds
            .iter()
            .map(|seed| seed.addr().to_string())
            .collect();
        for seed in seeds {
            let _known = self.server(&seed);
        }
        self.servers.values().cloned().collect()
    }

    /// Takes in who has which slot. Servers that have none are forgotten.
    pub(super) fn replace(&mut self, ranges: &[Range]) {
        self.owners = vec![None; usize::from(SLOTS)];
        for (first, last, address) in ranges {
            let server = self.server(address);
            for slot in *first..=*last {
                if let Some(owner) = self.owners.get_mut(usize::from(slot)) {
                    owner.clone_from(&server);
                }
            }
        }
        self.servers
            .retain(|address, _| ranges.iter().any(|(_, _, has)| **has == **address));
    }

    /// Says whether there is such a server.
    pub(super) fn has_moved(&mut self, slot: u16, address: &str) -> bool {
        let server = self.server(address);
        let found = server.is_some();
        if let Some(owner) = self.owners.get_mut(usize::from(slot)) {
            *owner = server;
        }
        found
    }

    fn server(&mut self, address: &str) -> Option<Arc<Server>> {
        if let Some(server) = self.servers.get(address) {
            return Some(Arc::clone(server));
        }
        let client = Client::open(self.info_of(address)?).ok()?;
        let address: Arc<str> = address.into();
        let server = Arc::new(Server {
            address: Arc::clone(&address),
            way: Way::Own(Box::new(Link::to(client))),
        });
        self.servers.insert(address, Arc::clone(&server));
        Some(server)
    }

    /// That of the seed of this address, or of the first with another address.
    fn info_of(&self, address: &str) -> Option<ConnectionInfo> {
        let named = self
            .seeds
            .iter()
            .find(|seed| seed.addr().to_string() == address);
        if let Some(seed) = named {
            return Some(seed.clone());
        }
        let seed = self.seeds.first()?;
        let (host, port) = split(address)?;
        let mut to = seed.addr().clone();
        let (ConnectionAddr::Tcp(of, at)
        | ConnectionAddr::TcpTls {
            host: of, port: at, ..
        }) = &mut to
        else {
            // A socket of this machine leads to one server only.
            return None;
        };
        (*of, *at) = (host.into(), port);
        Some(seed.clone().set_addr(to))
    }
}

impl std::fmt::Debug for Map {
    /// Without the seeds, in which there may be a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Map")
            .field("servers", &self.servers.keys())
            .finish_non_exhaustive()
    }
}

/// What a server says of all slots. Where it names no host it means its own.
pub(super) fn read(values: Vec<Value>, asked: &str) -> Option<Vec<Range>> {
    let Some(Value::Array(ranges)) = values.into_iter().next() else {
        return None;
    };
    let ranges: Vec<_> = ranges
        .into_iter()
        .filter_map(|range| of(range, asked))
        .collect();
    (!ranges.is_empty()).then_some(ranges)
}

fn of(range: Value, asked: &str) -> Option<Range> {
    let Value::Array(parts) = range else {
        return None;
    };
    let mut parts = parts.into_iter();
    let first: u16 = redis::from_redis_value(parts.next()?).ok()?;
    let last: u16 = redis::from_redis_value(parts.next()?).ok()?;
    let Value::Array(owner) = parts.next()? else {
        return None;
    };
    let mut owner = owner.into_iter();
    let host: Option<String> = redis::from_redis_value(owner.next()?).ok()?;
    let host = host.filter(|host| !host.is_empty() && host != "?");
    let port: u16 = redis::from_redis_value(owner.next()?).ok()?;
    Some((
        first,
        last,
        format!("{}:{port}", host.as_deref().unwrap_or(asked)),
    ))
}

fn split(address: &str) -> Option<(&str, u16)> {
    let (host, port) = address.rsplit_once(':')?;
    Some((host, port.parse().ok()?))
}
