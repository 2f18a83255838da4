//! Places in YAML, from the parser's own spans. What an alias or a merge brings is where it was written.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Location, Spanned};

use crate::file::format;
use crate::file::locate::{Entry, Node, Shape, Spot};

pub(super) fn tree(text: &str) -> Option<Node> {
    let read: Read = format::yaml(text).ok()?;
    Some(read.0)
}

/// A node as it is read.
struct Read(Node);

impl<'de> Deserialize<'de> for Read {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let Spanned { value, defined, .. } = Spanned::<ReadShape>::deserialize(from)?;
        let at = spot(defined);
        Ok(Self(Node { at, shape: value.0 }))
    }
}

fn spot(location: Location) -> Spot {
    Spot {
        line: location.line(),
        column: location.column(),
    }
}

struct ReadShape(Shape);

impl<'de> Deserialize<'de> for ReadShape {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(ShapeVisitor).map(Self)
    }
}

struct ShapeVisitor;

impl<'de> Visitor<'de> for ShapeVisitor {
    type Value = Shape;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Shape, E> {
        Ok(Shape::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Shape, E> {
        Ok(Shape::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Shape, E> {
        Ok(Shape::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Shape, E> {
        Ok(Shape::Other)
    }

    fn visit_unit<E>(self) -> Result<Shape, E> {
        Ok(Shape::Other)
    }

    fn visit_str<E>(self, text: &str) -> Result<Shape, E> {
        Ok(Shape::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Shape, A::Error> {
        let mut items = Vec::new();
        while let Some(Read(item)) = from.next_element()? {
            items.push(item);
        }
        Ok(Shape::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Shape, A::Error> {
        let mut entries = Vec::new();
        while let Some((Read(key), Read(value))) = from.next_entry()? {
            let name = match key.shape {
                Shape::Text(text) => text,
                // Messages show such a key in another way; what is below it is not looked for.
                Shape::Other | Shape::List(_) | Shape::Map(_) => continue,
            };
            entries.push(Entry {
                key: name,
                key_at: key.at,
                value,
            });
        }
        Ok(Shape::Map(entries))
    }
}
