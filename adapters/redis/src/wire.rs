//! How calls and replies look on the wire; `lua/call.lua` says the same from the other side.

use redis::Value;
use tollgate::cluster::{Answer, Ask, Call, Reply, Row, Shape, Want, When};

/// The arguments of one call, in the order of the script's ARGV.
///
/// Numbers are decimal, and at most [`Call::MOST`], since Lua has only doubles.
#[derive(Debug, Default)]
pub(crate) struct Args(pub(crate) Vec<Vec<u8>>);

impl Args {
    pub(crate) fn of(call: &Call) -> Self {
        let mut args = Self::default();
        args.0.push(call.node.to_be_bytes().to_vec());
        // Rounded up, as the engine's own store does.
        let heartbeat = call.heartbeat.as_nanos().div_ceil(1_000);
        args.number(u64::try_from(heartbeat).unwrap_or(u64::MAX));
        for ask in &call.asks {
            args.ask(ask);
        }
        args
    }

    fn ask(&mut self, ask: &Ask) {
        // A dimension has no slash, so two limits never share a name.
        let name = format!("{}/{}", ask.dimension.as_str(), ask.limit);
        self.0.push(name.into_bytes());
        self.terms(ask);
        self.want(ask.want);
        self.number(u64::try_from(ask.rows.len()).unwrap_or(u64::MAX));
        for row in &ask.rows {
            self.number(row.epoch);
            self.number(row.granted);
            self.number(row.returned);
        }
    }

    /// In one argument: the script looks into it only if it is another than before.
    fn terms(&mut self, ask: &Ask) {
        let (kind, numbers) = match ask.shape {
            Shape::Sliding { step, rows } => ("s", [step, rows, 0]),
            Shape::Calendar { start, end } => ("c", [start, end, 0]),
            Shape::Bucket {
                window,
                level,
                step,
            } => ("b", [window, level, step]),
            Shape::Concurrency { ttl } => ("h", [ttl, 0, 0]),
        };
        let [a, b, c] = numbers.map(countable);
        let (generation, capacity) = (countable(ask.generation), countable(ask.capacity));
        self.word(&format!("{generation} {kind} {a} {b} {c} {capacity}"));
    }

    fn want(&mut self, want: Option<Want>) {
        let Some(want) = want else {
            for _ in 0..4 {
                self.word("");
            }
            return;
        };
        match want.when {
            When::Now => self.word("now"),
            When::After(epoch) => self.number(epoch),
        }
        self.number(want.known);
        self.number(want.need);
        self.number(want.most);
    }

    fn word(&mut self, word: &str) {
        self.0.push(word.as_bytes().to_vec());
    }

    fn number(&mut self, number: u64) {
        self.word(&countable(number).to_string());
    }
}

/// As large a number as Lua counts exactly.
fn countable(number: u64) -> u64 {
    std::cmp::min(number, Call::MOST)
}

/// What a script said, if it is what this version of it says.
///
/// # Complexity
/// O(numbers), and none is asked for that isn't there.
pub(crate) fn reply(value: Value, asks: usize) -> Option<Reply> {
    let mut numbers = Numbers::of(value)?;
    let (now, run, nodes) = (numbers.next()?, numbers.next()?, numbers.next()?);
    let mut answers = Vec::with_capacity(asks);
    for _ in 0..asks {
        answers.push(answer(&mut numbers)?);
    }
    let whole = numbers.next().is_none();
    whole.then_some(Reply {
        now,
        run,
        nodes,
        answers,
    })
}

fn answer(numbers: &mut Numbers) -> Option<Answer> {
    let (epoch, free, not_before) = (numbers.next()?, numbers.next()?, numbers.next()?);
    let (generation, capacity, count) = (numbers.next()?, numbers.next()?, numbers.next()?);
    let mut rows = Vec::new();
    for _ in 0..count {
        rows.push(Row {
            epoch: numbers.next()?,
            granted: numbers.next()?,
            returned: numbers.next()?,
        });
    }
    Some(Answer {
        epoch,
        rows,
        free,
        not_before,
        generation,
        capacity,
    })
}

struct Numbers(std::vec::IntoIter<Value>);

impl Numbers {
    fn of(value: Value) -> Option<Self> {
        let Value::Array(values) = value else {
            return None;
        };
        Some(Self(values.into_iter()))
    }

    fn next(&mut self) -> Option<u64> {
        let Value::Int(number) = self.0.next()? else {
            return None;
        };
        u64::try_from(number).ok()
    }
}
