//! One field of a line at a time, from its JSON text: exact, and with a message that names it.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::value::RawValue;
use tollgate::{Cost, Dimension, TenantId};

use crate::problem::{without_place, wrong};
use crate::time::Millis;

/// The name in a `settle` that is no dimension.
const AFTER: &str = "after_ms";
/// The most dimensions that a cost names: a tenant has no more limits.
const MOST_DIMENSIONS: usize = 64;

/// A text.
pub(crate) fn text<'l>(field: &str, raw: &'l RawValue) -> Result<Cow<'l, str>, String> {
    // Without escapes it can be borrowed.
    let borrowed: Result<&str, _> = serde_json::from_str(raw.get());
    borrowed
        .map(Cow::Borrowed)
        .or_else(|_| serde_json::from_str(raw.get()).map(Cow::Owned))
        .map_err(|_| wrong(field, raw.get(), "must be a text"))
}

/// A tenant's id.
pub(crate) fn tenant(field: &str, raw: &RawValue) -> Result<TenantId, String> {
    let id = text(field, raw)?;
    id.parse().map_err(|error| wrong(field, raw.get(), error))
}

/// A span of milliseconds.
pub(crate) fn millis(field: &str, raw: &RawValue) -> Result<Millis, String> {
    Millis::parse(raw.get()).ok_or_else(|| wrong(field, raw.get(), Millis::BOUND))
}

/// Amounts by dimension: `{"requests": 1, "tokens": 50}`.
pub(crate) fn cost(field: &str, raw: &RawValue) -> Result<Cost, String> {
    let entries = entries(field, raw)?;
    let mut entries = entries.iter();
    entries.try_fold(Cost::none(), |cost, (name, raw)| {
        add(cost, field, name, raw)
    })
}

/// When a request ends, and what it cost: `{"after_ms": 300, "tokens": 70}`.
pub(crate) fn settlement(field: &str, raw: &RawValue) -> Result<(Millis, Cost), String> {
    let (mut after, mut actual) = (None, Cost::none());
    for (name, raw) in &entries(field, raw)? {
        if name == AFTER {
            after = Some(millis(&format!("{field}.{AFTER}"), raw)?);
        } else {
            actual = add(actual, field, name, raw)?;
        }
    }
    match after {
        Some(after) => Ok((after, actual)),
        None => Err(format!("{field}.{AFTER}: must be given")),
    }
}

fn add(cost: Cost, field: &str, name: &str, raw: &RawValue) -> Result<Cost, String> {
    let dimension: Dimension = name.parse().map_err(|error| format!("{field}: {error}"))?;
    let amount: u64 = raw.get().parse().map_err(|_| {
        let bound = format!("must be a whole number from 0 to {}", u64::MAX);
        wrong(&format!("{field}.{name}"), raw.get(), bound)
    })?;
    Ok(cost.and(dimension, amount))
}

fn entries<'l>(field: &str, raw: &'l RawValue) -> Result<Vec<(String, &'l RawValue)>, String> {
    let Entries(found) = serde_json::from_str(raw.get()).map_err(|error| {
        let bound = if error.is_data() {
            without_place(&error)
        } else {
            error.to_string()
        };
        wrong(field, raw.get(), bound)
    })?;
    Ok(found)
}

/// The entries of an object, in order, none of them twice.
struct Entries<'l>(Vec<(String, &'l RawValue)>);

impl<'de> Deserialize<'de> for Entries<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(EntriesVisitor)
    }
}

struct EntriesVisitor;

impl<'de> Visitor<'de> for EntriesVisitor {
    type Value = Entries<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of amounts by dimension")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries<'de>, A::Error> {
        let mut entries: Vec<(String, &RawValue)> = Vec::new();
        while let Some((name, raw)) = map.next_entry::<String, &RawValue>()? {
            if entries.iter().any(|(known, _)| *known == name) {
                return Err(A::Error::custom(format_args!("names {name:?} twice")));
            }
            let dimensions = entries.iter().filter(|(known, _)| known != AFTER);
            if name != AFTER && dimensions.count() == MOST_DIMENSIONS {
                let most = format_args!("must name at most {MOST_DIMENSIONS} dimensions");
                return Err(A::Error::custom(most));
            }
            entries.push((name, raw));
        }
        Ok(Entries(entries))
    }
}
