//! Prometheus' text format, read back line by line: what does not follow it fails the test.
//!
//! <https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format>

use std::collections::{BTreeMap, BTreeSet};

/// A sample: its labels, sorted, and its value as it is written.
type Sample = (BTreeMap<String, String>, String);

/// Everything that a rendered page says.
#[derive(Debug, Default)]
pub(crate) struct Page {
    pub(crate) kinds: BTreeMap<String, String>,
    pub(crate) helps: BTreeMap<String, String>,
    samples: BTreeMap<String, Vec<Sample>>,
}

impl Page {
    pub(crate) fn parse(text: &str) -> Self {
        let mut page = Self::default();
        for line in text.lines().filter(|line| !line.is_empty()) {
            if let Some(help) = line.strip_prefix("# HELP ") {
                let (name, help) = help.split_once(' ').unwrap();
                let before = page.helps.insert(name.to_owned(), help.to_owned());
                assert!(before.is_none() && !help.is_empty(), "{line}");
            } else if let Some(kind) = line.strip_prefix("# TYPE ") {
                let (name, kind) = kind.split_once(' ').unwrap();
                assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
                let before = page.kinds.insert(name.to_owned(), kind.to_owned());
                assert!(before.is_none(), "{line}");
            } else {
                page.sample(line);
            }
        }
        page
    }

    fn sample(&mut self, line: &str) {
        let (series, value) = line.rsplit_once(' ').unwrap();
        assert!(value.parse::<f64>().is_ok(), "{line}");
        let (name, labels) = match series.split_once('{') {
            None => (series, BTreeMap::new()),
            Some((name, labels)) => (name, self::labels(labels.strip_suffix('}').unwrap())),
        };
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        assert!(
            name.chars().all(is_name) && name.starts_with("tollgate_"),
            "{line}"
        );
        assert!(
            self.kinds.contains_key(family(name)),
            "{line} before its # TYPE"
        );
        let samples = self.samples.entry(name.to_owned()).or_default();
        assert!(
            samples.iter().all(|(known, _)| *known != labels),
            "{line} twice"
        );
        samples.push((labels, value.to_owned()));
    }

    /// The value of the one sample with these labels and no others; `None` if there is none.
    pub(crate) fn get(&self, name: &str, labels: &[(&str, &str)]) -> Option<u64> {
        self.written(name, labels).map(whole)
    }

    /// The same as it is written.
    pub(crate) fn written(&self, name: &str, labels: &[(&str, &str)]) -> Option<&str> {
        let labels: BTreeMap<_, _> = labels
            .iter()
            .map(|(label, value)| ((*label).to_owned(), (*value).to_owned()))
            .collect();
        let mut samples = self.samples.get(name)?.iter();
        let found = samples.find(|(known, _)| *known == labels);
        found.map(|(_, value)| value.as_str())
    }

    /// The sum over all samples of this name.
    pub(crate) fn sum(&self, name: &str) -> u64 {
        let samples = self.samples.get(name).into_iter().flatten();
        samples.map(|(_, value)| whole(value)).sum()
    }

    /// All values that a label has, over all metrics.
    pub(crate) fn values(&self, label: &str) -> BTreeSet<&str> {
        let samples = self.samples.values().flatten();
        samples
            .filter_map(|(labels, _)| labels.get(label).map(String::as_str))
            .collect()
    }

    /// How many samples there are.
    pub(crate) fn len(&self) -> usize {
        self.samples.values().map(Vec::len).sum()
    }
}

/// What counts and sizes are: whole numbers.
fn whole(value: &str) -> u64 {
    value.parse().unwrap_or_else(|e| panic!("{value}: {e}"))
}

/// The name of the metric that a sample belongs to: a histogram's samples have names of their own.
fn family(name: &str) -> &str {
    let suffixes = ["_bucket", "_sum", "_count"];
    suffixes
        .iter()
        .find_map(|suffix| name.strip_suffix(suffix))
        .unwrap_or(name)
}

fn labels(mut text: &str) -> BTreeMap<String, String> {
    let mut labels = BTreeMap::new();
    while !text.is_empty() {
        let (name, rest) = text.split_once("=\"").unwrap();
        // No value of ours has a quote or a backslash in it.
        let (value, rest) = rest.split_once('"').unwrap();
        assert!(!value.contains('\\') && !name.is_empty(), "{text}");
        assert!(
            labels.insert(name.to_owned(), value.to_owned()).is_none(),
            "{text}"
        );
        text = rest.strip_prefix(',').unwrap_or(rest);
    }
    labels
}
