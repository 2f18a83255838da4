//! A statement as its author wrote it, with the values that the author binds.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::dice::Dice;
use super::world::Value;
use crate::oracle::dialect::Dialect;

/// A generated statement.
#[derive(Debug, Clone)]
pub(super) struct Statement {
    pub(super) sql: String,
    /// What the author binds, from 1.
    pub(super) values: Vec<Value>,
    pub(super) tenant: &'static str,
    /// Whether the order of its rows is determined, up to rows that are equal.
    pub(super) ordered: bool,
    pub(super) writes: bool,
    /// What there is in it: kinds of joins, places of sub-selects, …
    pub(super) features: BTreeSet<&'static str>,
}

/// Stands for the value of this number until the text is whole.
pub(super) fn marker(value: usize) -> String {
    format!("\u{1}{value}\u{2}")
}

/// Puts placeholders where the markers are, and the values in the order in which they are bound.
pub(super) fn number(
    dialect: Dialect,
    sql: &str,
    values: &[Value],
    dice: &mut Dice,
) -> (String, Vec<Value>) {
    let numbered = match dialect {
        Dialect::PostgreSql => Some("$"),
        Dialect::Sqlite => dice.percent(40).then_some("?"),
        Dialect::MySql => None,
    };
    // A number for each value that occurs, in an order that isn't that of the text.
    let mut order: Vec<usize> = Vec::new();
    for (_, value) in markers(sql) {
        if numbered.is_none() {
            order.push(value);
        } else if !order.contains(&value) {
            order.insert(dice.below(order.len() + 1), value);
        }
    }
    let mut text = String::new();
    let mut rest = sql;
    for (piece, value) in markers(sql) {
        text.push_str(piece);
        match numbered {
            Some(sign) => {
                let place = order.iter().position(|other| *other == value).unwrap();
                write!(text, "{sign}{}", place + 1).unwrap();
            }
            None => text.push('?'),
        }
        rest = &rest[piece.len() + marker(value).len()..];
    }
    text.push_str(rest);
    let bound = order.iter().map(|value| values[*value].clone()).collect();
    (text, bound)
}

/// Each marker's value, with the text since the one before.
fn markers(sql: &str) -> impl Iterator<Item = (&str, usize)> {
    let mut pieces: Vec<&str> = sql.split('\u{2}').collect();
    pieces.pop();
    pieces.into_iter().map(|piece| {
        let (text, value) = piece.split_once('\u{1}').unwrap();
        (text, value.parse().unwrap())
    })
}

const SPACES: &[&str] = &["  ", "\n", "\t", "\r\n", " /* it's */ ", " -- \"\n"];

/// Writes some spaces otherwise: as newlines, tabs, comments.
pub(super) fn respace(sql: &str, dice: &mut Dice) -> String {
    let mut text = String::new();
    let mut quote = None;
    for letter in sql.chars() {
        match (quote, letter) {
            (None, '\'' | '"' | '`') => quote = Some(letter),
            (None, '[') => quote = Some(']'),
            (Some(end), letter) if end == letter => quote = None,
            (None, ' ') if dice.percent(30) => {
                let space = SPACES[dice.below(SPACES.len())];
                text.push_str(space);
                continue;
            }
            _ => {}
        }
        text.push(letter);
    }
    text
}

#[test]
fn placeholders_with_numbers_keep_their_values_whatever_the_order() {
    let values: Vec<Value> = (0..3).map(|n| Value::Int(Some(n))).collect();
    let sql = format!("a {} b {} c {}", marker(2), marker(0), marker(2));
    for seed in 0..20 {
        let mut dice = Dice::seeded(seed);
        let (text, bound) = number(Dialect::PostgreSql, &sql, &values, &mut dice);
        let read: Vec<&Value> = text
            .split_whitespace()
            .filter_map(|word| word.strip_prefix('$'))
            .map(|place| &bound[place.parse::<usize>().unwrap() - 1])
            .collect();
        assert_eq!(read, [&values[2], &values[0], &values[2]], "{text}");
    }
}

#[test]
fn placeholders_without_numbers_are_bound_in_the_order_of_the_text() {
    let values: Vec<Value> = (0..2).map(|n| Value::Int(Some(n))).collect();
    let sql = format!("{} and {} and {}", marker(1), marker(0), marker(1));
    let (text, bound) = number(Dialect::MySql, &sql, &values, &mut Dice::seeded(1));
    assert_eq!(text, "? and ? and ?");
    assert_eq!(
        bound,
        [&values[1], &values[0], &values[1]].map(Clone::clone)
    );
}
