//! The auditor's own reading of a config's text, by the documentation and not by the engine's reader.

use serde::Deserialize;

use crate::facts::{About, Dim};

pub(super) const SECOND: u64 = 1_000_000_000;

/// How a limit counts; windows in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Sliding { window: u64, parts: u64 },
    Bucket { window: u64, burst: u64 },
    Calendar(Period),
    Slots,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Period {
    Minute,
    Hour,
    Day,
    Month,
}

/// A limit of a tenant.
#[derive(Debug, Clone)]
pub(super) struct Rule {
    pub(super) name: String,
    pub(super) dim: Dim,
    pub(super) capacity: u64,
    pub(super) shape: Shape,
    pub(super) shadow: bool,
    only_for: Option<Lists>,
}

/// A tenant's config.
#[derive(Debug, Clone)]
pub(super) struct Rules {
    pub(super) suspended: bool,
    pub(super) parent: Option<usize>,
    pub(super) limits: Vec<Rule>,
}

#[derive(Deserialize)]
struct Config {
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    parent: Option<String>,
    #[serde(default)]
    quota: Quota,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Quota {
    requests_per_minute: u64,
    tokens_per_minute: u64,
    limits: Vec<Limit>,
}

#[derive(Deserialize)]
struct Limit {
    name: String,
    dimension: String,
    capacity: u64,
    window: Option<String>,
    algorithm: Option<String>,
    sub_windows: Option<u64>,
    burst: Option<u64>,
    #[serde(rename = "match")]
    only_for: Option<Lists>,
    enforcement: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Lists {
    models: Vec<String>,
    tools: Vec<String>,
    routes: Vec<String>,
}

impl Rules {
    /// Reads a config as this world writes it.
    ///
    /// # Panics
    /// If the text is not such a config: then world and auditor speak of different things.
    pub(super) fn read(text: &str) -> Self {
        let config: Config = serde_json::from_str(text).expect("the world writes configs");
        let quota = config.quota;
        let short = [
            (
                "requests_per_minute",
                Dim::Requests,
                quota.requests_per_minute,
            ),
            ("tokens_per_minute", Dim::Tokens, quota.tokens_per_minute),
        ];
        let short = short.into_iter().filter(|(_, _, capacity)| *capacity > 0);
        let short = short.map(|(name, dim, capacity)| Rule {
            name: name.to_owned(),
            dim,
            capacity,
            shape: Shape::Sliding {
                window: 60 * SECOND,
                parts: 30,
            },
            shadow: false,
            only_for: None,
        });
        Self {
            suspended: config.status.as_deref() == Some("suspended"),
            parent: config.parent.as_deref().and_then(number_of),
            limits: short
                .chain(quota.limits.into_iter().map(Rule::of))
                .collect(),
        }
    }
}

/// The number in an id such as `t17`.
fn number_of(id: &str) -> Option<usize> {
    id.strip_prefix('t')?.parse().ok()
}

impl Rule {
    fn of(limit: Limit) -> Self {
        let window = limit.window.as_deref().unwrap_or("");
        let shape = match limit.algorithm.as_deref().unwrap_or("sliding") {
            "sliding" => Shape::Sliding {
                window: nanos(window),
                parts: limit.sub_windows.unwrap_or(30),
            },
            "bucket" => Shape::Bucket {
                window: nanos(window),
                burst: limit.burst.unwrap_or(limit.capacity),
            },
            "calendar" => Shape::Calendar(Period::named(window)),
            "concurrency" => Shape::Slots,
            other => panic!("the world knows no algorithm {other}"),
        };
        Self {
            dim: Dim::named(&limit.dimension).expect("the world has three dimensions"),
            name: limit.name,
            capacity: limit.capacity,
            shape,
            shadow: limit.enforcement.as_deref() == Some("shadow"),
            only_for: limit.only_for,
        }
    }

    /// Whether it counts a request that is about this.
    pub(super) fn is_for(&self, about: &About) -> bool {
        let Some(lists) = &self.only_for else {
            return true;
        };
        let any = |list: &[String], name: Option<&str>, star: &str| {
            let fits = |entry: &String, name: &str| match entry.strip_suffix(star) {
                Some(stem) => name.starts_with(stem),
                None => entry == name,
            };
            list.is_empty() || name.is_some_and(|name| list.iter().any(|entry| fits(entry, name)))
        };
        // The routes of this world lie below a prefix and are never the prefix itself.
        any(&lists.models, about.model, "*")
            && any(&lists.tools, about.tool, "*")
            && any(&lists.routes, about.route, "*")
    }

    /// The most that it ever admits at once.
    pub(super) fn most(&self) -> u64 {
        if let Shape::Bucket { burst, .. } = self.shape {
            burst
        } else {
            self.capacity
        }
    }
}

impl Period {
    fn named(name: &str) -> Self {
        match name {
            "minute" => Self::Minute,
            "hour" => Self::Hour,
            "day" => Self::Day,
            "month" => Self::Month,
            other => panic!("the world knows no period {other}"),
        }
    }

    /// The window of UTC that holds `at`: its first instant, and the first one after it.
    pub(super) fn around(self, at: u64) -> (u64, u64) {
        let length = match self {
            Self::Minute => 60 * SECOND,
            Self::Hour => 3_600 * SECOND,
            Self::Day => DAY,
            Self::Month => return month_around(at),
        };
        let start = at - at % length;
        (start, start + length)
    }
}

const DAY: u64 = 86_400 * SECOND;

/// Counts the months off from 1970, which is slow and plainly right.
fn month_around(at: u64) -> (u64, u64) {
    let (mut start, mut year, mut month) = (0, 1970_u64, 0_usize);
    loop {
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let february = if leap { 29 } else { 28 };
        let days = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month];
        let end = start + days * DAY;
        if at < end {
            return (start, end);
        }
        (start, month) = (end, month + 1);
        if month == 12 {
            (year, month) = (year + 1, 0);
        }
    }
}

/// `1500000ns`, `60s`: whole numbers of one unit.
fn nanos(text: &str) -> u64 {
    let units = [
        ("ns", 1),
        ("ms", 1_000_000),
        ("s", SECOND),
        ("h", 3_600 * SECOND),
    ];
    let read = |(unit, length): (&str, u64)| {
        let number: u64 = text.strip_suffix(unit)?.parse().ok()?;
        Some(number * length)
    };
    units
        .into_iter()
        .find_map(read)
        .expect("the world writes windows")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_those_of_the_calendar() {
        // 2028-02-29T12:00:00Z lies between 2028-02-01 and 2028-03-01.
        let (start, end) = (1_832_976_000 * SECOND, 1_835_481_600 * SECOND);
        assert_eq!(Period::Month.around(1_835_438_400 * SECOND), (start, end));
        assert_eq!(Period::Month.around(end - 1), (start, end));
        assert_eq!(Period::Month.around(end).0, end);
    }

    #[test]
    fn a_limit_is_for_what_its_lists_name() {
        let text = r#"{"quota": {"limits": [{"name": "a", "dimension": "bytes", "capacity": 1,
            "window": "7ns", "match": {"models": ["gpt-4*"], "routes": ["/v1/*"]}}]}}"#;
        let rule = &Rules::read(text).limits[0];
        let about = |model, route| About {
            model: Some(model),
            route: Some(route),
            tool: None,
        };
        assert!(rule.is_for(&about("gpt-4o", "/v1/chat")));
        assert!(!rule.is_for(&about("gpt-3", "/v1/chat")));
        assert!(!rule.is_for(&about("gpt-4o", "/v2/chat")));
        assert!(!rule.is_for(&About::default()));
        assert_eq!(
            rule.shape,
            Shape::Sliding {
                window: 7,
                parts: 30
            }
        );
    }
}
