//! The ways in which SQL may write one name of the catalog.

use super::dice::Dice;
use crate::oracle::dialect::Dialect;

/// Names that are words of the language, and must be quoted.
const RESERVED: &[&str] = &["order", "group", "Group"];

/// A name in one of its spellings, the plainest first.
pub(super) fn spell(dialect: Dialect, name: &str, dice: &mut Dice) -> String {
    let spellings = spellings(dialect, name);
    // Mostly as everybody writes it.
    if dice.percent(30) {
        dice.pick(&spellings).clone()
    } else {
        spellings[0].clone()
    }
}

/// A name in its plainest spelling, for DDL and for the test's own statements.
pub(super) fn plain(dialect: Dialect, name: &str) -> String {
    spellings(dialect, name).swap_remove(0)
}

fn spellings(dialect: Dialect, name: &str) -> Vec<String> {
    let word = name
        .chars()
        .all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
        && !RESERVED.contains(&name);
    let double = format!("\"{}\"", name.replace('"', "\"\""));
    let back = format!("`{name}`");
    let lower = name.chars().all(|letter| !letter.is_ascii_uppercase());
    let (upper, title) = (name.to_ascii_uppercase(), title(name));
    match dialect {
        Dialect::Sqlite => {
            let shouted = double.to_ascii_uppercase();
            let quoted = [double, back, format!("[{name}]"), shouted];
            let bare = [name.to_owned(), upper, title];
            bare.into_iter().filter(|_| word).chain(quoted).collect()
        }
        Dialect::MySql if word => vec![name.to_owned(), back],
        Dialect::MySql => vec![back],
        _ if word && lower => vec![name.to_owned(), double, upper, title],
        Dialect::PostgreSql => vec![double],
    }
}

fn title(name: &str) -> String {
    let (first, rest) = name.split_at(1);
    format!("{}{rest}", first.to_ascii_uppercase())
}

/// Whether two names are one for the database, both as the catalog has them.
pub(super) fn same(dialect: Dialect, one: &str, other: &str) -> bool {
    match dialect {
        Dialect::Sqlite => one.eq_ignore_ascii_case(other),
        Dialect::PostgreSql | Dialect::MySql => one == other,
    }
}

#[test]
fn a_name_with_capitals_is_always_quoted_on_postgresql() {
    assert_eq!(spellings(Dialect::PostgreSql, "Mixed"), ["\"Mixed\""]);
    assert!(spellings(Dialect::Sqlite, "Mixed").contains(&"MIXED".to_owned()));
}
