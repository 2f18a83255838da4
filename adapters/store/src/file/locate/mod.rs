//! Where in a text a config's parts are, so that a problem can be told with its line.
//!
//! The parsers that read configs for their values keep no places. A text that has a problem is parsed once more,
//! for places alone; one without problems never is.

mod json;
mod label;
mod toml;
mod yaml;

use std::cell::Cell;
use std::collections::HashMap;

use serde::Serialize;
use tollgate::ConfigError;

use crate::file::format::Format;
pub(crate) use crate::file::locate::label::label;
use crate::file::locate::label::shortened;

/// A place in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[non_exhaustive]
pub struct Spot {
    /// The line, from 1.
    pub line: u64,
    /// The column in characters, from 1.
    pub column: u64,
}

/// A value and where it begins.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    pub(crate) at: Spot,
    pub(crate) shape: Shape,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Shape {
    Text(String),
    /// A number, a flag, null.
    Other,
    List(Vec<Node>),
    /// In the order of the text, with keys that are given twice.
    Map(Vec<Entry>),
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) key_at: Spot,
    pub(crate) value: Node,
}

impl Node {
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        let Shape::Map(entries) = &self.shape else {
            return None;
        };
        let entry = entries.iter().find(|entry| entry.key == key)?;
        Some(&entry.value)
    }

    pub(crate) fn items(&self) -> &[Self] {
        match &self.shape {
            Shape::List(items) => items,
            Shape::Text(_) | Shape::Other | Shape::Map(_) => &[],
        }
    }

    fn text_at(&self, key: &str) -> Option<&str> {
        match &self.get(key)?.shape {
            Shape::Text(text) => Some(text),
            Shape::Other | Shape::List(_) | Shape::Map(_) => None,
        }
    }

    /// The name of this item as messages give it: its text at `key`, or `#3` for the third.
    fn name(&self, key: &str, index: usize) -> String {
        let place = || format!("#{}", index + 1);
        self.text_at(key).map_or_else(place, label)
    }
}

/// The places of a text's parts, by the names that messages give them.
#[derive(Debug)]
pub(crate) struct Places {
    root: Node,
    /// The places in the list of tenants of those that messages call so: several if an id is given twice.
    tenants: HashMap<String, Vec<usize>>,
}

impl Places {
    /// The places of a text that its own parser has accepted; `None` if they can't be found.
    pub(crate) fn of(format: Format, text: &str) -> Option<Self> {
        let root = match format {
            Format::Json => json::tree(text),
            Format::Toml => toml::tree(text),
            Format::Yaml => yaml::tree(text),
        }?;
        let mut tenants: HashMap<String, Vec<usize>> = HashMap::new();
        for (index, tenant) in tenants_of(&root).iter().enumerate() {
            let name = tenant.name("tenant_id", index);
            tenants.entry(name).or_default().push(index);
        }
        Some(Self { root, tenants })
    }

    /// The tenant at this place of the list.
    pub(crate) fn tenant(&self, index: usize) -> Option<&Node> {
        tenants_of(&self.root).get(index)
    }

    /// Where the cause of `error` is: its field, or else the smallest part around it that is there.
    pub(crate) fn of_error(&self, error: &ConfigError) -> Spot {
        if error.tenant.is_empty() {
            return in_part(&self.root, "", error).unwrap_or(self.root.at);
        }
        let indices = self.tenants.get(&error.tenant);
        let named = indices.into_iter().flatten();
        let mut named: Vec<&Node> = named.filter_map(|&index| self.tenant(index)).collect();
        if is_repeated(error) {
            named.reverse();
        }
        let exact = named.iter().find_map(|tenant| in_tenant(tenant, error));
        let around = || named.first().map_or(self.root.at, |tenant| tenant.at);
        exact.unwrap_or_else(around)
    }
}

fn tenants_of(root: &Node) -> &[Node] {
    root.get("tenants").map_or(&[], Node::items)
}

fn is_repeated(error: &ConfigError) -> bool {
    error.problem == "given more than once"
}

fn in_tenant(tenant: &Node, error: &ConfigError) -> Option<Spot> {
    let Some(name) = &error.limit else {
        return in_part(tenant, "", error);
    };
    let limits = tenant.get("quota").and_then(|quota| quota.get("limits"));
    let limits = limits.map_or(&[][..], Node::items).iter().enumerate();
    let mut named: Vec<&Node> = limits
        .filter(|(index, limit)| limit.name("name", *index) == *name)
        .map(|(_, limit)| limit)
        .collect();
    if error.field == "name" {
        named.reverse(); // a name that is given twice is wrong where it is given again
    }
    let exact = named.iter().find_map(|limit| in_part(limit, "", error));
    // The limits of the shorthand fields are in no list.
    let shorthand = || tenant.get("quota").and_then(|quota| quota.get(name));
    exact
        .or_else(|| named.first().map(|limit| limit.at))
        .or_else(|| shorthand().map(|field| field.at))
}

/// Where a message's field is below `node`; `above` is the field that the node is.
fn in_part(node: &Node, above: &str, error: &ConfigError) -> Option<Spot> {
    let key_is_meant = error.problem.starts_with("unknown field") || is_repeated(error);
    let mut found = None;
    let mut look = |path: &str, key_at: Spot, value: &Node| {
        if shortened(path) == error.field {
            let spot = if key_is_meant { key_at } else { value.at };
            // What is given more than once is wrong where it is given again.
            if found.is_none() || is_repeated(error) {
                found = Some(spot);
            }
        } else if found.is_none() && error.field.starts_with(path) {
            found = in_part(value, path, error);
        }
    };
    match &node.shape {
        Shape::Map(entries) => {
            let dot = if above.is_empty() { "" } else { "." };
            for Entry { key, key_at, value } in entries {
                look(&format!("{above}{dot}{}", label(key)), *key_at, value);
            }
        }
        Shape::List(items) => {
            for (index, item) in items.iter().enumerate() {
                look(&format!("{above}[{index}]"), item.at, item);
            }
        }
        Shape::Text(_) | Shape::Other => {}
    }
    found
}

/// Turns offsets in a text into places.
#[derive(Debug)]
pub(crate) struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
    /// The offset that was turned into a place last, and how many characters of its line are before it: a whole
    /// config may be one line, and is gone through from its beginning to its end.
    last: Cell<(usize, usize)>,
}

impl<'t> Lines<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let starts = std::iter::once(0).chain(breaks.map(|(at, _)| at + 1));
        Self {
            text,
            starts: starts.collect(),
            last: Cell::default(),
        }
    }

    /// The place of the byte at `offset`, or of the end.
    pub(crate) fn spot(&self, offset: usize) -> Spot {
        let offset = std::cmp::min(offset, self.text.len());
        let line = self.starts.partition_point(|start| *start <= offset);
        let start = self.starts.get(line.saturating_sub(1)).copied();
        let start = start.unwrap_or(0);
        let (last, counted) = self.last.get();
        let (from, counted) = if (start..=offset).contains(&last) {
            (last, counted)
        } else {
            (start, 0)
        };
        let between = self.text.get(from..offset);
        let before = counted + between.map_or(0, |text| text.chars().count());
        if between.is_some() {
            self.last.set((offset, before));
        }
        let whole = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        Spot {
            line: whole(line),
            column: whole(before + 1),
        }
    }

    /// The place of a byte of a line, both counted from 1.
    pub(crate) fn spot_in_line(&self, line: usize, byte: usize) -> Spot {
        let start = self.starts.get(line.saturating_sub(1)).copied();
        self.spot(start.unwrap_or(self.text.len()) + byte.saturating_sub(1))
    }
}

#[cfg(test)]
mod tests;
