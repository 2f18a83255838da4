//! Any value that a config may hold, so that a wrong one can be reported beside the others.
//!
//! serde's derived readers stop at the first problem. So a config is first read into this form,
//! which takes everything, and then turned into the typed one field by field (see `read`).

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// A value as it was found. Its depth is bounded by the parser (JSON: 128).
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Raw {
    Null,
    Bool(bool),
    Unsigned(u128),
    Negative(i128),
    Float(f64),
    Text(String),
    List(Vec<Raw>),
    /// In the order of the input, and with every key that was given twice.
    Map(Vec<(String, Raw)>),
}

impl Raw {
    /// The text at `key`, if this is a map that has one there.
    pub(super) fn text_at(&self, key: &str) -> Option<&str> {
        let Self::Map(entries) = self else {
            return None;
        };
        let (_, value) = entries.iter().find(|(found, _)| found == key)?;
        if let Self::Text(text) = value {
            Some(text)
        } else {
            None
        }
    }
}

/// As JSON would write it, escaped and on one line.
impl fmt::Display for Raw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Unsigned(value) => write!(f, "{value}"),
            Self::Negative(value) => write!(f, "{value}"),
            Self::Float(value) => write!(f, "{value:?}"),
            Self::Text(value) => write!(f, "{value:?}"),
            Self::List(values) => {
                f.write_str("[")?;
                for (index, value) in values.iter().enumerate() {
                    write!(f, "{}{value}", if index == 0 { "" } else { ", " })?;
                }
                f.write_str("]")
            }
            Self::Map(entries) => {
                f.write_str("{")?;
                for (index, (key, value)) in entries.iter().enumerate() {
                    write!(f, "{}{key:?}: {value}", if index == 0 { "" } else { ", " })?;
                }
                f.write_str("}")
            }
        }
    }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a config value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
        let value = i128::from(value);
        Ok(u128::try_from(value).map_or(Raw::Negative(value), Raw::Unsigned))
    }

    fn visit_i128<E>(self, value: i128) -> Result<Raw, E> {
        Ok(u128::try_from(value).map_or(Raw::Negative(value), Raw::Unsigned))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Raw, E> {
        Ok(Raw::Unsigned(value.into()))
    }

    fn visit_u128<E>(self, value: u128) -> Result<Raw, E> {
        Ok(Raw::Unsigned(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Raw, E> {
        Ok(Raw::Float(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Raw, E> {
        Ok(Raw::Text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Raw, E> {
        Ok(Raw::Text(value))
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<Raw, D::Error> {
        Raw::deserialize(from)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, from: D) -> Result<Raw, D::Error> {
        Raw::deserialize(from)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Raw, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = from.next_element()? {
            values.push(value);
        }
        Ok(Raw::List(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Raw, A::Error> {
        let mut entries = Vec::new();
        while let Some((key, value)) = from.next_entry::<Raw, Raw>()? {
            let key = if let Raw::Text(text) = key {
                text
            } else {
                key.to_string()
            };
            entries.push((key, value));
        }
        Ok(number(&entries).unwrap_or(Raw::Map(entries)))
    }
}

/// A number as `serde_json` gives it if anything in the program turned on `arbitrary_precision`:
/// a map of one reserved key to its digits.
fn number(entries: &[(String, Raw)]) -> Option<Raw> {
    let [(key, Raw::Text(digits))] = entries else {
        return None;
    };
    if key != "$serde_json::private::Number" {
        return None;
    }
    let unsigned = digits.parse().ok().map(Raw::Unsigned);
    unsigned
        .or_else(|| digits.parse().ok().map(Raw::Negative))
        .or_else(|| digits.parse().ok().map(Raw::Float))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Raw {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn every_value_is_taken_and_shown_as_it_was_written() {
        for text in [
            "null",
            "true",
            "18446744073709551615",
            "-9223372036854775808",
            "1.5",
            r#""a\"b""#,
            r#"[1, [], {"a": 1, "a": -2}]"#,
        ] {
            assert_eq!(json(text).to_string(), text);
        }
    }

    #[test]
    fn integers_of_128_bits_are_kept_exactly() {
        use serde::de::IntoDeserializer;
        use serde::de::value::Error;

        let read = |value: u128| {
            Raw::deserialize(IntoDeserializer::<Error>::into_deserializer(value)).unwrap()
        };
        assert_eq!(read(u128::MAX).to_string(), u128::MAX.to_string());
    }

    #[test]
    fn numbers_of_arbitrary_precision_are_numbers() {
        let read = |digits: &str| {
            json(&format!(
                r#"{{"$serde_json::private::Number": "{digits}"}}"#
            ))
        };
        assert_eq!(read("7"), Raw::Unsigned(7));
        assert_eq!(read("-7"), Raw::Negative(-7));
        assert_eq!(read("1e30"), Raw::Float(1e30));
    }
}
