//! What a call costs the server: the time that Redis itself counts for the script, with nodes that behave.
//!
//! `cargo run --release -p tollgate-redis --example script_cost` starts a Redis of its own, lets nodes share some tenants'
//! limits in real time, and prints a table. It needs `redis-server` on the path.

#![expect(clippy::print_stdout, reason = "its output is what it is for")]

use std::collections::BTreeMap;
use std::error::Error;
use std::time::{Duration, Instant};

use tollgate::Dimension;
use tollgate::cluster::{Ask, Call, Reply, Row, Shape, SharedOrigin, Want, When};
use tollgate_redis::RedisOrigin;

type Outcome<T> = Result<T, Box<dyn Error>>;

const CAPACITY: u64 = 10_000;
/// All nodes have so many tenants in common, and call about all of them at once: a server with nothing else to do is slower
/// each time it wakes up.
const TENANTS: usize = 8;
/// How long nodes play before it counts, and while it does.
const WARM_UP: Duration = Duration::from_millis(1_200);
const PLAY: Duration = Duration::from_millis(1_500);

/// A kind of limit, and how often a node calls about one.
const KINDS: [(&str, Shape, Duration); 4] = [
    // A window of one second: a node calls about three times a row, in longer windows as often.
    ("sliding S=20", sliding(50_500), Duration::from_millis(17)),
    ("sliding S=6", sliding(168_334), Duration::from_millis(56)),
    ("sliding S=120", sliding(8_417), Duration::from_millis(17)),
    (
        "bucket",
        Shape::Bucket {
            window: 1_000_000,
            level: 9_000,
            step: 50_000,
        },
        Duration::from_millis(17),
    ),
];

const fn sliding(step: u64) -> Shape {
    let rows = 1_010_000_u64.div_ceil(step) + 1;
    Shape::Sliding { step, rows }
}

/// A node that spends most of what it is granted, and gives back the rest when the row is over.
struct Node {
    id: u64,
    /// By limit and row, what the store says it has, and what it is to have.
    held: Vec<BTreeMap<u64, (Row, Row)>>,
    heads: Vec<u64>,
    calls: u64,
}

impl Node {
    fn new(id: u64, limits: usize) -> Self {
        Self {
            id,
            held: vec![BTreeMap::new(); limits],
            heads: vec![0; limits],
            calls: 0,
        }
    }

    fn call(&mut self, tenant: usize, shape: Shape) -> Outcome<Call> {
        self.calls += 1;
        let asks = (0..self.held.len()).map(|limit| self.ask(limit, shape));
        Ok(Call {
            tenant: format!("tenant-{tenant}").parse()?,
            node: self.id,
            heartbeat: Duration::from_millis(400),
            asks: asks.collect(),
        })
    }

    fn ask(&self, limit: usize, shape: Shape) -> Ask {
        let head = self.heads.get(limit).copied().unwrap_or_default();
        let held = self.held.get(limit);
        // Each third call is made ahead of time.
        let ahead = self.calls.is_multiple_of(3);
        let row = head + u64::from(ahead);
        let known = held.and_then(|held| held.get(&row));
        let when = if ahead { When::After(head) } else { When::Now };
        // Only what the store is not known to have.
        let rows = held.into_iter().flat_map(BTreeMap::values);
        let rows = rows.filter(|(told, row)| told != row).map(|(_, row)| *row);
        Ask {
            limit: format!("limit-{limit}").into(),
            dimension: Dimension::Requests,
            generation: 1,
            shape,
            capacity: CAPACITY,
            rows: rows.collect(),
            want: Some(Want {
                when,
                known: known.map_or(0, |(told, _)| told.granted),
                need: 1,
                most: 5,
            }),
        }
    }

    fn learn(&mut self, call: &Call, reply: &Reply) {
        let places = self.held.iter_mut().zip(&mut self.heads);
        for ((held, head), (ask, answer)) in places.zip(call.asks.iter().zip(&reply.answers)) {
            let ahead = matches!(ask.want, Some(Want { when: When::After(row), .. }) if row + 1 == answer.epoch);
            *head = answer.epoch - u64::from(ahead);
            for row in &answer.rows {
                held.insert(row.epoch, (*row, *row));
            }
            for (_, (_, row)) in held.range_mut(..*head) {
                row.returned = row.granted / 5;
            }
            // A row later what came back is in the store.
            let first = head.saturating_sub(1);
            held.retain(|epoch, _| *epoch >= first);
        }
    }
}

/// What Redis says of EVALSHA: how many calls, and how many microseconds.
fn spent(connection: &mut redis::Connection) -> Outcome<(f64, f64)> {
    let stats: String = redis::cmd("INFO").arg("commandstats").query(connection)?;
    let line = stats
        .lines()
        .find(|line| line.starts_with("cmdstat_evalsha:"));
    let number = |name: &str| -> Outcome<f64> {
        let line = line.ok_or("no calls")?;
        let (_, rest) = line.split_once(name).ok_or("another format")?;
        Ok(rest.split(',').next().unwrap_or_default().parse()?)
    };
    Ok((number("calls=")?, number("usec=")?))
}

async fn play(
    origin: &RedisOrigin,
    nodes: &mut [Vec<Node>],
    shape: Shape,
    pause: Duration,
    time: Duration,
) -> Outcome<()> {
    let start = Instant::now();
    let mut due = start;
    let turn = pause / u32::try_from(nodes.len())?;
    for at in (0..nodes.len()).cycle() {
        if start.elapsed() > time {
            return Ok(());
        }
        tokio::time::sleep_until(due.into()).await;
        due = Instant::now().max(due + turn);
        let tenants = nodes.get_mut(at).ok_or("no node")?;
        let calls = tenants.iter_mut().enumerate();
        let calls: Vec<_> = calls
            .map(|(tenant, node)| node.call(tenant, shape))
            .collect::<Outcome<_>>()?;
        let replies = origin.call(&calls).await;
        for ((node, call), reply) in tenants.iter_mut().zip(&calls).zip(replies) {
            node.learn(call, &reply?);
        }
    }
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome<()> {
    let server = throwaway::Redis::start()?;
    let origin = RedisOrigin::connect(&server.url())?;
    let mut connection = redis::Client::open(server.url())?.get_connection()?;
    println!("limit          limits  nodes   calls  us/call    bytes");
    for (name, shape, pause) in KINDS {
        for (limits, count) in [(1, 3), (1, 6), (1, 20), (2, 3), (2, 6), (2, 20)] {
            redis::cmd("FLUSHALL").exec(&mut connection)?;
            let node = |id| (0..TENANTS).map(|_| Node::new(id, limits)).collect();
            let mut nodes: Vec<_> = (1..=count).map(node).collect();
            play(&origin, &mut nodes, shape, pause, WARM_UP).await?;
            redis::cmd("CONFIG")
                .arg("RESETSTAT")
                .exec(&mut connection)?;
            play(&origin, &mut nodes, shape, pause, PLAY).await?;
            let (calls, time) = spent(&mut connection)?;
            let bytes: u64 = redis::cmd("MEMORY")
                .arg(&["USAGE", "tollgate:{tenant-0}:limits", "SAMPLES", "0"])
                .query(&mut connection)?;
            let each = time / calls;
            println!("{name:14} {limits:6} {count:6} {calls:7} {each:8.1} {bytes:8}");
        }
    }
    Ok(())
}
