//! One SELECT.

use super::Grammar;
use super::scope::{Atom, Level};
use crate::oracle::dialect::Dialect;
use crate::oracle::world::Ty;

/// Where a query stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// By itself.
    Top,
    /// In FROM, or as a CTE: its columns are named.
    Derived,
    /// Beside others in a set operation.
    Arm,
    /// After IN, ANY, ALL.
    Compared,
    /// In EXISTS.
    Exists,
    /// As a value: one row at most.
    Scalar,
}

/// A SELECT, or several put together.
#[derive(Debug, Clone)]
pub(super) struct Query {
    pub(super) sql: String,
    pub(super) columns: Vec<(String, Ty)>,
    /// How many columns it has; `None` if nobody counted.
    pub(super) width: Option<usize>,
    pub(super) ordered: bool,
    /// What it may be sorted by, beside its columns.
    pub(super) sort: Option<String>,
    /// Whether its rows are rows of tables, which can be locked.
    pub(super) lockable: bool,
}

/// How rows become rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Plain,
    Grouped,
    Whole,
}

impl Grammar<'_> {
    /// SELECT … FROM … WHERE … GROUP BY … HAVING …, and what `tail` puts behind it, where its columns can still be
    /// named.
    pub(super) fn select(&mut self, types: Option<&[Ty]>, place: Place) -> Query {
        let from = self.from();
        self.within(from.level.clone(), |grammar| {
            let test = if grammar.dice.percent(65) {
                format!(" WHERE {}", grammar.predicate())
            } else {
                String::new()
            };
            let mode = match place {
                Place::Scalar => Mode::Whole,
                Place::Top | Place::Derived | Place::Arm | Place::Compared | Place::Exists => {
                    [Mode::Plain, Mode::Grouped, Mode::Whole][grammar.dice.weighted(&[75, 20, 5])]
                }
            };
            let tables = format!("FROM {}{test}", from.sql);
            let bases = from.bases_only;
            match mode {
                Mode::Plain => {
                    let query = grammar.plain(types, place, &tables);
                    Query {
                        lockable: query.lockable && bases,
                        ..query
                    }
                }
                Mode::Grouped => grammar.grouped(types, &tables),
                Mode::Whole => grammar.whole(types, &tables),
            }
        })
    }

    fn plain(&mut self, types: Option<&[Ty]>, place: Place, tables: &str) -> Query {
        if types.is_none()
            && self.dice.percent(35)
            && let Some(query) = self.star(place, tables)
        {
            return query;
        }
        let types = self.types(types);
        // In sub-selects MariaDB computes them wrongly (DELETE … WHERE n IN (SELECT rank() OVER …)), or, by what it makes
        // of the plan, not at all.
        let may = !self.is(Dialect::MySql) || place == Place::Top && self.levels.len() == 1;
        let window = (may && self.dice.percent(12)).then(|| self.window_definition());
        let clause = match &window {
            Some(definition) => {
                self.feature("WINDOW");
                format!(" WINDOW w AS ({definition})")
            }
            None => String::new(),
        };
        let windowed = window.is_some() || may && self.dice.percent(8);
        let mut columns = Vec::new();
        let mut items = Vec::new();
        for ty in types {
            let value = if windowed && ty == Ty::Int {
                self.window(window.as_ref().map(|_| "w"))
            } else {
                self.expr(ty)
            };
            self.item(&value, ty, &mut items, &mut columns);
        }
        if self.dice.percent(12) {
            self.feature("DISTINCT");
            return self.distinct(&items, columns, &format!("{tables}{clause}"), place);
        }
        let sort = self.sort(place);
        let sql = format!("SELECT {} {tables}{clause}", items.join(", "));
        Query {
            sort,
            lockable: !windowed,
            ..built(sql, columns)
        }
    }

    fn distinct(
        &mut self,
        items: &[String],
        columns: Vec<(String, Ty)>,
        tail: &str,
        place: Place,
    ) -> Query {
        let items = items.join(", ");
        if self.is(Dialect::PostgreSql) && place != Place::Arm && self.dice.percent(30) {
            self.feature("DISTINCT ON");
            let first = &columns[0].0;
            let all: Vec<String> = (1..=columns.len()).map(|place| place.to_string()).collect();
            let sql = format!(
                "SELECT * FROM (SELECT {items} {tail}) AS {first}d ORDER BY {}",
                all.join(", ")
            );
            let sql = sql.replacen("SELECT *", &format!("SELECT DISTINCT ON ({first}) *"), 1);
            return Query {
                width: None,
                ..built(sql, columns)
            };
        }
        built(format!("SELECT DISTINCT {items} {tail}"), columns)
    }

    /// An expression to sort by, while the columns can be named: often a count that differs from row to row.
    fn sort(&mut self, place: Place) -> Option<String> {
        if place != Place::Top || !self.dice.percent(25) || !self.spend() {
            return None;
        }
        if self.dice.percent(30) {
            self.feature("expression in ORDER BY");
            return Some(format!("coalesce({}, 0)", self.int()));
        }
        self.feature("sub-select in ORDER BY");
        self.telling()
    }

    /// SELECT *, or of one table.
    fn star(&mut self, place: Place, tables: &str) -> Option<Query> {
        let level = self.levels.last()?;
        let columns = level.column_names();
        if place == Place::Derived && columns.is_none() {
            return None;
        }
        let count = level.tables.len();
        let table = level.atoms.first()?.table.clone();
        self.feature("SELECT *");
        let (star, columns) = if count > 1 && place == Place::Top && self.dice.percent(30) {
            self.feature("SELECT t.*");
            (format!("{table}.*"), None)
        } else {
            ("*".to_owned(), columns)
        };
        let width = columns.as_ref().map(Vec::len);
        Some(Query {
            sql: format!("SELECT {star} {tables}"),
            columns: columns.unwrap_or_default(),
            width,
            ordered: false,
            sort: self.sort(place),
            lockable: true,
        })
    }

    /// GROUP BY one or two columns.
    fn grouped(&mut self, types: Option<&[Ty]>, tables: &str) -> Query {
        self.feature("GROUP BY");
        let parameters = std::mem::replace(&mut self.parameters, false);
        let mut keys: Vec<Atom> = Vec::new();
        for _ in 0..self.dice.between(1, 2) {
            let key = self.key();
            if let Some(key) = key
                && keys.iter().all(|other| other.text != key.text)
            {
                keys.push(key);
            }
        }
        if keys.is_empty() {
            self.parameters = parameters;
            return self.whole(types, tables);
        }
        let hidden = if self.dice.percent(12) {
            self.feature("sub-select in GROUP BY");
            format!(", coalesce({}, 0)", self.scalar(Ty::Int))
        } else {
            String::new()
        };
        self.parameters = parameters;
        let by: Vec<&str> = keys.iter().map(|key| key.text.as_str()).collect();
        // PostgreSQL before 18 sorts CUBE wrongly by a key that a condition makes constant, as policies make the tenant's.
        let numbers = keys.iter().all(|key| key.ty == Ty::Int);
        let by = match self.dice.below(12) {
            9.. if self.is(Dialect::PostgreSql) && numbers => {
                self.feature("ROLLUP, CUBE");
                format!("CUBE ({}){hidden}", by.join(", "))
            }
            _ => format!("{}{hidden}", by.join(", ")),
        };
        // MariaDB's HAVING can't name a key that is no column.
        let may_have = !self.is(Dialect::MySql) || keys.iter().all(|key| key.column);
        let level = self.group_level(keys, &[Ty::Int, Ty::Text]);
        self.levels_swapped(level, |grammar| {
            let having = if may_have && grammar.dice.percent(40) {
                grammar.feature("HAVING");
                // MariaDB does not always find keys of the query from within a sub-select there.
                let test = if grammar.is(Dialect::MySql) {
                    grammar.counting_test()
                } else {
                    grammar.telling_test()
                };
                format!(" HAVING {test}")
            } else {
                String::new()
            };
            let types = grammar.types(types);
            let (items, columns) = grammar.items(&types);
            built(
                format!("SELECT {items} {tables} GROUP BY {by}{having}"),
                columns,
            )
        })
    }

    fn key(&mut self) -> Option<Atom> {
        let innermost = self.levels.last()?;
        let plain = |atom: &&Atom| atom.ty != Ty::Nocase;
        let found: Vec<Atom> = innermost.atoms.iter().filter(plain).cloned().collect();
        if found.is_empty() {
            return None;
        }
        let mut key = self.dice.pick(&found).clone();
        key.bare = None;
        if key.ty == Ty::Text && self.dice.percent(20) {
            key.text = format!("lower({})", key.text);
            key.column = false;
        }
        Some(key)
    }

    /// What can be named once rows are grouped: the keys, and aggregates.
    fn group_level(&mut self, keys: Vec<Atom>, types: &[Ty]) -> Level {
        let tables = self.levels.last().map(|level| level.tables.clone());
        let mut atoms = keys;
        for ty in types {
            let text = self.aggregate(*ty);
            atoms.push(Atom {
                text,
                bare: None,
                ty: *ty,
                column: false,
                table: String::new(),
                qualifier: String::new(),
            });
        }
        Level {
            atoms,
            tables: tables.unwrap_or_default(),
            qualified: true,
        }
    }

    /// One row for all.
    fn whole(&mut self, types: Option<&[Ty]>, tables: &str) -> Query {
        self.feature("aggregate");
        let types = self.types(types);
        let level = self.group_level(Vec::new(), &types);
        self.levels_swapped(level, |grammar| {
            let (mut items, mut columns) = (Vec::new(), Vec::new());
            let aggregates = grammar.levels.last().map(|level| level.atoms.clone());
            for aggregate in aggregates.into_iter().flatten() {
                let (value, ty) = (aggregate.text, aggregate.ty);
                let value = if grammar.dice.percent(25) {
                    format!("coalesce({value}, {})", grammar.leaf(ty))
                } else {
                    value
                };
                grammar.item(&value, ty, &mut items, &mut columns);
            }
            // MariaDB looks for names there in another order.
            let having = if !grammar.is(Dialect::MySql) && grammar.dice.percent(8) {
                grammar.feature("HAVING");
                format!(" HAVING {}", grammar.predicate())
            } else {
                String::new()
            };
            built(
                format!("SELECT {} {tables}{having}", items.join(", ")),
                columns,
            )
        })
    }

    fn levels_swapped<T>(&mut self, level: Level, inner: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.levels.pop();
        let done = self.within(level, inner);
        self.levels.extend(before);
        done
    }

    /// Those asked for, or some.
    pub(super) fn types(&mut self, asked: Option<&[Ty]>) -> Vec<Ty> {
        match asked {
            Some(types) => types.to_vec(),
            None => (0..self.dice.between(1, 4)).map(|_| self.ty()).collect(),
        }
    }

    /// Values with names, for a SELECT list or RETURNING.
    pub(super) fn items(&mut self, types: &[Ty]) -> (String, Vec<(String, Ty)>) {
        let (mut items, mut columns) = (Vec::new(), Vec::new());
        for ty in types {
            let value = self.expr(*ty);
            self.item(&value, *ty, &mut items, &mut columns);
        }
        (items.join(", "), columns)
    }

    fn item(
        &mut self,
        value: &str,
        ty: Ty,
        items: &mut Vec<String>,
        columns: &mut Vec<(String, Ty)>,
    ) {
        let name = self.fresh_column(ty);
        items.push(format!("{value} AS {name}"));
        columns.push((name, ty));
    }
}

fn built(sql: String, columns: Vec<(String, Ty)>) -> Query {
    Query {
        sql,
        width: Some(columns.len()),
        columns,
        ordered: false,
        sort: None,
        lockable: false,
    }
}
