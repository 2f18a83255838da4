//! Places in TOML, from the parser's own spans.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::file::locate::{Entry, Lines, Node, Shape, Spot};

pub(super) fn tree(text: &str) -> Option<Node> {
    let table = DeTable::parse(text).ok()?;
    let lines = Lines::new(text);
    let at = lines.spot(table.span().start);
    let shape = map(table.get_ref(), &lines);
    Some(Node { at, shape })
}

/// In the order of the text, which the parser's sorted tables are not in.
fn map(table: &DeTable<'_>, lines: &Lines<'_>) -> Shape {
    let entry = |(key, value): (&Spanned<_>, &Spanned<DeValue<'_>>)| Entry {
        key: String::from(AsRef::<str>::as_ref(key.get_ref())),
        key_at: lines.spot(key.span().start),
        value: node(value, lines),
    };
    let mut entries: Vec<Entry> = table.iter().map(entry).collect();
    entries.sort_by_key(|entry| entry.key_at);
    Shape::Map(entries)
}

fn node(value: &Spanned<DeValue<'_>>, lines: &Lines<'_>) -> Node {
    let at: Spot = lines.spot(value.span().start);
    let shape = match value.get_ref() {
        DeValue::String(text) => Shape::Text(text.as_ref().to_owned()),
        DeValue::Array(items) => Shape::List(items.iter().map(|item| node(item, lines)).collect()),
        DeValue::Table(table) => map(table, lines),
        DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_) | DeValue::Datetime(_) => {
            Shape::Other
        }
    };
    Node { at, shape }
}
