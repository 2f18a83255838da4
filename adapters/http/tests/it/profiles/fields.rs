//! Reading every dialect as a client of it does.

use std::collections::BTreeMap;
use std::time::Duration;

use http::{HeaderName, HeaderValue};
use sfv::{BareItem, Item, List, ListEntry, Parser};

/// The headers of a response or of a reply; no name is there twice.
#[derive(Debug)]
pub(crate) struct Fields(BTreeMap<String, String>);

impl Fields {
    /// Checks on the way that every name and value is one that a framework would take.
    pub(crate) fn of<'a>(headers: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut fields = BTreeMap::new();
        for (name, value) in headers {
            assert!(
                HeaderName::from_lowercase(name.as_bytes()).is_ok(),
                "{name:?}"
            );
            assert!(HeaderValue::from_str(value).is_ok(), "{name}: {value:?}");
            let before = fields.insert(name.to_owned(), value.to_owned());
            assert_eq!(before, None, "{name} is there twice");
        }
        Self(fields)
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    pub(crate) fn number(&self, name: &str) -> Option<u64> {
        self.get(name).map(digits)
    }

    /// The items of a list of strings with parameters (RFC 9651), as `RateLimit` and its like are.
    pub(crate) fn policies(&self, name: &str) -> Option<Vec<Policy>> {
        let list: List = Parser::new(self.get(name)?).parse().unwrap();
        Some(list.into_iter().map(Policy::of).collect())
    }

    /// A duration as Go reads it.
    pub(crate) fn go(&self, name: &str) -> Option<Duration> {
        self.get(name).map(go_duration)
    }

    /// A time as RFC 3339 writes it, in UTC; since 1970.
    pub(crate) fn time(&self, name: &str) -> Option<Duration> {
        let text = self.get(name)?;
        assert!(text.ends_with('Z') && text.len() == 20, "{text}");
        let time: jiff::Timestamp = text.parse().unwrap();
        Some(Duration::from_secs(time.as_second().try_into().unwrap()))
    }

    /// How many headers begin so.
    pub(crate) fn count(&self, prefix: &str) -> usize {
        self.0
            .keys()
            .filter(|name| name.starts_with(prefix))
            .count()
    }
}

/// One item of `RateLimit-Policy` or of `RateLimit`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Policy {
    pub(crate) name: String,
    pub(crate) integers: BTreeMap<String, u64>,
    pub(crate) unit: Option<String>,
}

impl Policy {
    fn of(entry: ListEntry) -> Self {
        let ListEntry::Item(Item {
            bare_item: BareItem::String(name),
            params,
        }) = entry
        else {
            panic!("no string: {entry:?}")
        };
        let (mut integers, mut unit) = (BTreeMap::new(), None);
        for (key, value) in params {
            let key = key.as_str();
            if let BareItem::Integer(value) = value {
                let value = u64::try_from(i64::from(value)).unwrap();
                integers.insert(key.to_owned(), value);
            } else if let ("qu", BareItem::String(value)) = (key, &value) {
                unit = Some(value.as_str().to_owned());
            } else {
                panic!("{key}: {value:?}");
            }
        }
        Self {
            name: name.as_str().to_owned(),
            integers,
            unit,
        }
    }
}

/// Digits and nothing else.
fn digits(text: &str) -> u64 {
    assert!(text.bytes().all(|byte| byte.is_ascii_digit()), "{text:?}");
    text.parse().unwrap()
}

/// What `time.ParseDuration` makes of hours, minutes, seconds and milliseconds in this order.
fn go_duration(text: &str) -> Duration {
    if let Some(millis) = text.strip_suffix("ms") {
        return Duration::from_millis(digits(millis));
    }
    let (hours, rest) = text.split_once('h').unwrap_or(("0", text));
    let (minutes, rest) = rest.split_once('m').unwrap_or(("0", rest));
    let seconds = rest.strip_suffix('s').unwrap();
    let (seconds, fraction) = seconds.split_once('.').unwrap_or((seconds, "0"));
    let millis = digits(&format!("{fraction:0<3}"));
    assert!(fraction.len() <= 3, "{text}");
    Duration::from_secs(digits(hours) * 3_600 + digits(minutes) * 60 + digits(seconds))
        + Duration::from_millis(millis)
}
