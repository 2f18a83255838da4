//! Takes the fields of one raw map, one by one, and reports whatever is wrong with each.

use std::collections::BTreeMap;

use crate::config::check::Bounds;
use crate::config::error::{Problems, label, quoted};
use crate::config::raw::Raw;

/// The fields of a map that nobody has asked for yet.
///
/// A getter gives `None` both where nothing is given (or null) and where something wrong is given
/// and has been reported, so that a default can stand in for it while the rest is read.
pub(super) struct Fields<'p> {
    entries: Vec<(String, Raw)>,
    known: Vec<&'static str>,
    prefix: &'static str,
    problems: &'p mut Problems,
}

impl<'p> Fields<'p> {
    /// Opens a map; reports and gives `None` if `raw` is none. `prefix` goes before field names.
    pub(super) fn open(
        raw: Raw,
        at: &str,
        prefix: &'static str,
        problems: &'p mut Problems,
    ) -> Option<Self> {
        let Raw::Map(entries) = raw else {
            problems.report(at, &raw.to_string(), "must be a map of fields");
            return None;
        };
        Some(Self {
            entries,
            known: Vec::new(),
            prefix,
            problems,
        })
    }

    /// The field's value if it is given and not null.
    pub(super) fn take(&mut self, key: &'static str) -> Option<Raw> {
        self.known.push(key);
        let mut given = self.entries.extract_if(.., |(found, _)| found == key);
        let (_, first) = given.next()?;
        let again: Vec<Raw> = given.map(|(_, value)| value).collect();
        for value in again {
            self.report(key, &value.to_string(), "given more than once");
        }
        (first != Raw::Null).then_some(first)
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.entries
            .iter()
            .any(|(found, value)| found == key && *value != Raw::Null)
    }

    /// Reports that a field must be given.
    pub(super) fn report_missing(&mut self, key: &'static str) {
        self.report(key, "", "must be given");
    }

    pub(super) fn report(&mut self, key: &str, value: &str, problem: impl Into<String>) {
        self.problems
            .report(&format!("{}{key}", self.prefix), value, problem);
    }

    pub(super) fn problems(&mut self) -> &mut Problems {
        self.problems
    }

    pub(super) fn text(&mut self, key: &'static str) -> Option<String> {
        let raw = self.take(key)?;
        self.as_text(key, raw)
    }

    /// Text that `parse` turns into a value; it gives the problem of text that is wrong.
    pub(super) fn parsed<T>(
        &mut self,
        key: &'static str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let text = self.text(key)?;
        match parse(&text) {
            Ok(value) => Some(value),
            Err(problem) => {
                self.report(key, &quoted(&text), problem);
                None
            }
        }
    }

    /// One of some words.
    pub(super) fn word<T: Copy>(
        &mut self,
        key: &'static str,
        words: &[(&'static str, T)],
    ) -> Option<T> {
        self.parsed(key, |text| {
            let found = words.iter().find(|(word, _)| *word == text);
            found.map(|(_, value)| *value).ok_or_else(|| {
                let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
                format!("must be one of {}", words.join(", "))
            })
        })
    }

    /// A whole number. What doesn't fit `T` breaks the bounds; what does is not held to them here.
    pub(super) fn whole<T: TryFrom<u128>>(
        &mut self,
        key: &'static str,
        bounds: Bounds,
    ) -> Option<T> {
        let raw = self.take(key)?;
        let value = if let Raw::Unsigned(value) = raw {
            value.try_into().ok()
        } else {
            None
        };
        if value.is_none() {
            self.report(key, &raw.to_string(), bounds.to_string());
        }
        value
    }

    pub(super) fn flag(&mut self, key: &'static str) -> Option<bool> {
        let raw = self.take(key)?;
        self.as_flag(key, &raw)
    }

    /// A list; empty if it isn't given.
    pub(super) fn list(&mut self, key: &'static str) -> Vec<Raw> {
        match self.take(key) {
            None => Vec::new(),
            Some(Raw::List(values)) => values,
            Some(other) => {
                self.report(key, &other.to_string(), "must be a list");
                Vec::new()
            }
        }
    }

    /// A list of texts; `stand_in` takes the place of what is none, to keep the places right.
    pub(super) fn texts(&mut self, key: &'static str, stand_in: &str) -> Vec<String> {
        let values = self.list(key).into_iter().enumerate();
        values
            .map(|(at, raw)| self.as_text(&format!("{key}[{at}]"), raw))
            .map(|text| text.unwrap_or_else(|| stand_in.to_owned()))
            .collect()
    }

    /// A map of texts, without those that are none.
    pub(super) fn text_map(&mut self, key: &'static str) -> BTreeMap<String, String> {
        self.map(key, Self::as_text)
    }

    /// A map of flags, without those that are none.
    pub(super) fn flag_map(&mut self, key: &'static str) -> BTreeMap<String, bool> {
        self.map(key, |fields, at, raw| fields.as_flag(at, &raw))
    }

    /// Reports every field that nobody asked for.
    pub(super) fn finish(self) {
        let known = self.known.join(", ");
        for (key, value) in self.entries {
            let field = format!("{}{}", self.prefix, label(&key));
            let problem = format!("unknown field; the fields are {known}");
            self.problems.report(&field, &value.to_string(), problem);
        }
    }

    fn map<T>(
        &mut self,
        key: &'static str,
        read: impl Fn(&mut Self, &str, Raw) -> Option<T>,
    ) -> BTreeMap<String, T> {
        let entries = match self.take(key) {
            None => Vec::new(),
            Some(Raw::Map(entries)) => entries,
            Some(other) => {
                self.report(key, &other.to_string(), "must be a map");
                Vec::new()
            }
        };
        let mut map = BTreeMap::new();
        for (name, raw) in entries {
            let at = format!("{key}.{}", label(&name));
            if map.contains_key(&name) {
                self.report(&at, &raw.to_string(), "given more than once");
                continue;
            }
            if let Some(value) = read(self, &at, raw) {
                map.insert(name, value);
            }
        }
        map
    }

    fn as_text(&mut self, at: &str, raw: Raw) -> Option<String> {
        if let Raw::Text(text) = raw {
            return Some(text);
        }
        self.report(at, &raw.to_string(), "must be text");
        None
    }

    fn as_flag(&mut self, at: &str, raw: &Raw) -> Option<bool> {
        if let Raw::Bool(flag) = raw {
            return Some(*flag);
        }
        self.report(at, &raw.to_string(), "must be true or false");
        None
    }
}
