//! Random configs, and random changes to them, as the text that a user would write.

mod fit;

use serde_json::{Map, Value, json};

use crate::facts::{About, Amounts, Dim};
use crate::rng::Rng;

const MILLI: u64 = 1_000_000;
const SECOND: u64 = 1_000 * MILLI;

/// A tenant's config before it is written down.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    id: String,
    parent: Option<usize>,
    requests_per_minute: u64,
    tokens_per_minute: u64,
    limits: Vec<Limit>,
    /// What names of limits begin with.
    prefix: String,
    /// How much bigger the numbers of this tenant are than those of others.
    scale: u64,
}

#[derive(Debug, Clone)]
struct Limit {
    name: String,
    dim: Dim,
    capacity: u64,
    kind: Kind,
    shadow: bool,
    only_for: Option<Value>,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Sliding { window: u64, parts: u64 },
    Bucket { window: u64, burst: u64 },
    Calendar(&'static str),
    Slots,
}

const MODELS: [Option<&str>; 4] = [None, Some("gpt-4o"), Some("gpt-4-mini"), Some("claude")];
const TOOLS: [Option<&str>; 3] = [None, None, Some("search")];
const ROUTES: [Option<&str>; 4] = [None, None, Some("/v1/chat"), Some("/v2/embed")];

/// What a request may be about.
pub(crate) fn about(rng: &mut Rng) -> About {
    if rng.once_in(2) {
        return About::default();
    }
    let (model, tool) = (rng.pick(&MODELS), rng.pick(&TOOLS));
    About {
        model,
        tool,
        route: rng.pick(&ROUTES),
    }
}

impl Draft {
    /// A random config. `prefix` begins the names of its limits.
    pub(crate) fn new(id: String, parent: Option<usize>, prefix: String, rng: &mut Rng) -> Self {
        // Above 2²⁴ requests or 2³² tokens nothing fits a word of the engine.
        let scale = if rng.once_in(40) {
            1 << rng.within(20, 40)
        } else {
            1
        };
        let mut draft = Self {
            id,
            parent,
            requests_per_minute: 0,
            tokens_per_minute: 0,
            limits: Vec::new(),
            prefix,
            scale,
        };
        if rng.once_in(4) {
            draft.requests_per_minute = rng.within(1, 60);
        }
        if rng.once_in(6) {
            draft.tokens_per_minute = rng.within(1, 500);
        }
        let most = if rng.once_in(20) { 10 } else { 4 };
        for place in 0..rng.within(u64::from(draft.requests_per_minute == 0), most) {
            let limit = draft.limit(place, rng);
            draft.limits.push(limit);
        }
        draft
    }

    fn limit(&self, place: u64, rng: &mut Rng) -> Limit {
        let mut limit = Limit {
            name: format!("{}l{place}", self.prefix),
            dim: dim(rng),
            capacity: capacity(self.scale, rng),
            kind: Kind::Slots,
            shadow: rng.once_in(10),
            only_for: only_for(rng),
        };
        limit.kind = kind(self.scale, rng);
        limit
    }

    /// Changes something about it: a number, a shape, a name, a limit more or less.
    pub(crate) fn change(&mut self, rng: &mut Rng) {
        match rng.below(8) {
            0 => self.requests_per_minute = rng.pick(&[0, 1, 7, 60]),
            1 => self.tokens_per_minute = rng.pick(&[0, 5, 300]),
            2 => {
                let place = rng.below(8);
                let limit = self.limit(place, rng);
                self.limits.retain(|known| known.name != limit.name);
                self.limits.push(limit);
            }
            _ => self.change_a_limit(rng),
        }
    }

    fn change_a_limit(&mut self, rng: &mut Rng) {
        if self.limits.is_empty() {
            return;
        }
        let (place, scale) = (rng.index(self.limits.len()), self.scale);
        let limit = &mut self.limits[place];
        match rng.below(8) {
            0..=2 => limit.capacity = capacity(scale, rng),
            3..=4 => limit.kind = kind(scale, rng),
            5 => limit.only_for = only_for(rng),
            6 => limit.shadow = !limit.shadow,
            _ => {
                self.limits.swap_remove(place);
            }
        }
    }

    pub(crate) fn parent(&self) -> Option<usize> {
        self.parent
    }

    /// As a user writes it.
    pub(crate) fn text(&self) -> String {
        let limits: Vec<Value> = self.limits.iter().map(Limit::json).collect();
        let mut config = json!({
            "tenant_id": self.id,
            "quota": {
                "requests_per_minute": self.requests_per_minute,
                "tokens_per_minute": self.tokens_per_minute,
                "limits": limits,
            }
        });
        if let (Some(parent), Some(config)) = (&self.parent, config.as_object_mut()) {
            config.insert("parent".to_owned(), json!(format!("t{parent}")));
        }
        config.to_string()
    }

    /// What a request of this tenant may cost: mostly a part of a limit, now and then all of it or more.
    pub(crate) fn cost(&self, rng: &mut Rng) -> Amounts {
        let mut cost = Amounts::default();
        for dim in Dim::ALL {
            let names = match dim {
                Dim::Requests => !rng.once_in(5),
                Dim::Tokens => rng.once_in(2),
                Dim::Bytes => rng.once_in(5),
            };
            if names {
                let measure = self.measure(dim, rng);
                let amount = match rng.below(20) {
                    0 => 0,
                    1 => measure,
                    2 => measure + rng.below(3),
                    _ => rng.small(measure.div_ceil(3)),
                };
                cost.set(dim, amount);
            }
        }
        cost
    }

    /// The capacity of some limit of a dimension.
    fn measure(&self, dim: Dim, rng: &mut Rng) -> u64 {
        let of_dim: Vec<u64> = self
            .limits
            .iter()
            .filter(|limit| limit.dim == dim)
            .map(|limit| limit.capacity)
            .collect();
        let short = match dim {
            Dim::Requests => self.requests_per_minute,
            Dim::Tokens => self.tokens_per_minute,
            Dim::Bytes => 0,
        };
        match of_dim.len() {
            0 => std::cmp::max(short, 4),
            several => of_dim[rng.index(several)],
        }
    }

    /// The length of some limit's rows, in nanoseconds: what moves of the clock aim at.
    pub(crate) fn row(&self, rng: &mut Rng) -> u64 {
        if self.limits.is_empty() {
            return 2 * SECOND;
        }
        let limit = &self.limits[rng.index(self.limits.len())];
        match limit.kind {
            Kind::Sliding { window, parts } => window.div_ceil(parts),
            Kind::Bucket { window, .. } => window.div_ceil(limit.capacity),
            Kind::Calendar(_) => 60 * SECOND,
            Kind::Slots => 1_000,
        }
    }
}

fn dim(rng: &mut Rng) -> Dim {
    use Dim::{Bytes, Requests, Tokens};
    rng.pick(&[Requests, Requests, Requests, Tokens, Tokens, Bytes])
}

fn capacity(scale: u64, rng: &mut Rng) -> u64 {
    let most = rng.pick(&[3, 12, 40, 40, 300, 3_000]);
    rng.within(1, most) * scale
}

fn window(rng: &mut Rng) -> u64 {
    match rng.below(8) {
        0 | 1 => rng.within(MILLI, MILLI + 3_000),
        2 | 3 => rng.within(MILLI, 400 * MILLI),
        4 | 5 => SECOND * rng.pick(&[1, 10, 60, 60]),
        6 => SECOND * rng.within(1, 3_600) + rng.below(1_000),
        _ => 3_600 * SECOND * rng.pick(&[1, 24, 24 * 7]),
    }
}

fn kind(scale: u64, rng: &mut Rng) -> Kind {
    match rng.below(10) {
        0..=4 => {
            let parts = match rng.below(3) {
                0 => rng.within(1, 8),
                1 => 30,
                _ => rng.within(1, 120),
            };
            Kind::Sliding {
                window: window(rng),
                parts,
            }
        }
        5..=7 => Kind::Bucket {
            window: window(rng),
            burst: capacity(scale, rng),
        },
        8 => Kind::Calendar(rng.pick(&["minute", "minute", "hour", "day", "month"])),
        _ => Kind::Slots,
    }
}

fn only_for(rng: &mut Rng) -> Option<Value> {
    if !rng.once_in(4) {
        return None;
    }
    Some(match rng.below(5) {
        0 => json!({"models": ["gpt-4*"]}),
        1 => json!({"models": ["claude", "gpt-4o"]}),
        2 => json!({"tools": ["search"]}),
        3 => json!({"routes": ["/v1/*"]}),
        _ => json!({"models": ["gpt-4*"], "routes": ["/v1/*", "/v2/*"]}),
    })
}

impl Limit {
    fn json(&self) -> Value {
        let mut json = Map::new();
        let mut put = |field: &str, value: Value| {
            json.insert(field.to_owned(), value);
        };
        put("name", json!(self.name));
        put("dimension", json!(self.dim.name()));
        put("capacity", json!(self.capacity));
        match self.kind {
            Kind::Sliding { window, parts } => {
                put("window", json!(format!("{window}ns")));
                put("sub_windows", json!(parts));
            }
            Kind::Bucket { window, burst } => {
                put("algorithm", json!("bucket"));
                put("window", json!(format!("{window}ns")));
                put("burst", json!(burst));
            }
            Kind::Calendar(period) => {
                put("algorithm", json!("calendar"));
                put("window", json!(period));
            }
            Kind::Slots => put("algorithm", json!("concurrency")),
        }
        if self.shadow {
            put("enforcement", json!("shadow"));
        }
        if let Some(only_for) = &self.only_for {
            put("match", only_for.clone());
        }
        Value::Object(json)
    }
}
