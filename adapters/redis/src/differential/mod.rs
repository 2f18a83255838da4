//! The script and the engine's own store give equal replies to the same calls.

mod calls;
mod random;

use std::collections::BTreeMap;

use redis::{Commands, Connection, Value};
use throwaway::Redis;
use tollgate::cluster::{Book, Call, Reply};

use self::calls::World;
use self::random::Random;
use crate::keys::Namespace;
use crate::script::{Made, Text};
use crate::wire::{self, Args};

/// Both stores, told the same.
struct Twins {
    connection: Connection,
    script: Text,
    keys: Namespace,
    book: Book,
    runs: u64,
    /// What the one calls the lives of the other.
    lives: BTreeMap<u64, u64>,
}

impl Twins {
    fn new(url: &str) -> Self {
        let client = redis::Client::open(url).unwrap();
        let mut connection = client.get_connection().unwrap();
        redis::cmd("FLUSHDB").exec(&mut connection).unwrap();
        Self {
            connection,
            script: Text::told_the_time(),
            keys: Namespace::default(),
            book: Book::new(0),
            runs: 0,
            lives: BTreeMap::new(),
        }
    }

    fn call(&mut self, now: u64, call: &Call) -> (Reply, Reply) {
        let mut args = Args::of(call).0;
        args.push(now.to_string().into_bytes());
        let made = Made {
            slot: 0,
            keys: [self.keys.tenant(&call.tenant), self.keys.marker("")],
            args,
            asks: call.asks.len(),
        };
        let said: Value = match self.script.by_hash(&made).query(&mut self.connection) {
            Err(error) if error.code() == Some("NOSCRIPT") => {
                self.script.by_text(&made).query(&mut self.connection)
            }
            said => said,
        }
        .unwrap();
        let ours = wire::reply(said, made.asks).expect("a whole reply");
        let mut theirs = self.book.call(now, call);
        let life = *self.lives.entry(theirs.run).or_insert(ours.run);
        theirs.run = life;
        (ours, theirs)
    }

    fn lose_everything(&mut self) {
        redis::cmd("FLUSHDB").exec(&mut self.connection).unwrap();
        self.runs += 1;
        self.book.lose_everything(self.runs);
    }

    /// As after a failover: all is there, by the mark of another server.
    fn promote(&mut self) {
        let marker = self.keys.marker("");
        let had: Option<String> = self.connection.get(&marker).unwrap();
        if had.is_none() {
            return;
        }
        let _: () = self.connection.set(&marker, "abcdef 1").unwrap();
        self.runs += 1;
        self.book = self.book.clone().promoted(self.runs);
    }
}

fn run(seed: u64, url: &str, calls: usize) -> [u64; 4] {
    let mut random = Random::new(seed);
    let mut world = World::new(&mut random);
    let mut twins = Twins::new(url);
    let mut seen = [0; 4];
    for number in 0..calls {
        match random.below(400) {
            0 => twins.lose_everything(),
            1 => twins.promote(),
            _ => {}
        }
        let (now, call) = world.next(&mut random);
        let (ours, theirs) = twins.call(now, &call);
        assert_eq!(ours, theirs, "seed {seed}, call {number}: {call:#?}");
        for (ask, answer) in call.asks.iter().zip(&ours.answers) {
            let granted = ask.want.is_some_and(|want| want.most > 0) && answer.not_before == 0;
            seen[0] += u64::from(granted);
            seen[1] += u64::from(answer.not_before > 0);
            seen[2] += u64::from(answer.generation != ask.generation);
            seen[3] += u64::from(answer.free == 0);
        }
        world.learn(&call, &ours, &mut random);
    }
    // Lives are told apart: no two of the one are one of the other.
    let mut ours: Vec<_> = twins.lives.values().collect();
    ours.sort();
    ours.dedup();
    assert_eq!(ours.len(), twins.lives.len(), "seed {seed}");
    seen
}

/// `TOLLGATE_SEED` runs one schedule, and `TOLLGATE_SEEDS` so many.
#[test]
fn the_script_answers_as_the_engines_own_store_does() {
    let number = |name| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let url = Redis::shared().unwrap().create_database().unwrap();
    let seeds = match number("TOLLGATE_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("TOLLGATE_SEEDS").unwrap_or(100),
    };
    let mut seen = [0; 4];
    for seed in seeds.clone() {
        let these = run(seed, &url, 250);
        for (all, these) in seen.iter_mut().zip(these) {
            *all += these;
        }
    }
    // What never happened was never compared: granted, told to wait, judged by another config, nothing free.
    if seeds.end - seeds.start >= 100 {
        assert!(seen.iter().all(|count| *count > 1_000), "{seen:?}");
    }
}
