//! WITH: plain, recursive, hiding a table, writing.

use super::Grammar;
use super::scope::Cte;
use super::select::Place;
use crate::oracle::dialect::Dialect;
use crate::oracle::names;
use crate::oracle::world::{Table, Ty};

impl Grammar<'_> {
    /// WITH one or two CTEs, which can be named from now on.
    pub(super) fn with_clause(&mut self, may_write: bool) -> String {
        self.feature("WITH");
        let first = self.ctes.len();
        let recursive = self.dice.percent(25);
        let count = self.dice.between(1, 2);
        let names = self.cte_names(count);
        // Where SQLite takes a table's name for the CTE before that is whole, the rewriter takes it for a mistake.
        let hides = self.is(Dialect::Sqlite) && names.iter().any(|name| self.is_tables(name));
        // Where a CTE may name itself or one behind it, nothing of that name can be read before it is whole.
        // For MySQL the rewriter refuses it throughout, and there no table can be named with its schema.
        if recursive || !self.is(Dialect::PostgreSql) {
            self.ctes.extend(names.iter().map(|name| Cte {
                name: name.clone(),
                columns: Vec::new(),
                hidden: true,
            }));
        }
        let mut parts = Vec::new();
        for (place, name) in names.into_iter().enumerate() {
            let (text, columns) = self.cte(&name, recursive, may_write && place == 0);
            parts.push(text);
            let cte = Cte {
                name,
                columns,
                hidden: false,
            };
            match self.ctes.get_mut(first + place) {
                Some(hidden) => *hidden = cte,
                None => self.ctes.push(cte),
            }
        }
        let anywhere = recursive && self.is(Dialect::PostgreSql) || self.is(Dialect::Sqlite);
        if anywhere && !hides && parts.len() > 1 && self.dice.percent(30) {
            self.feature("CTE that may be named before it is written");
            parts.reverse();
        }
        let word = if recursive { "WITH RECURSIVE" } else { "WITH" };
        format!("{word} {} ", parts.join(", "))
    }

    fn is_tables(&self, name: &str) -> bool {
        let same = |table: &Table| names::same(self.world.dialect, table.name, name);
        self.world.tables.iter().any(same)
    }

    fn cte_names(&mut self, count: usize) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        while names.len() < count {
            let name = if self.dice.percent(30) {
                let place = self.dice.below(self.world.tables.len());
                self.world.tables[place].name.to_owned()
            } else {
                self.fresh("q")
            };
            let taken = |other: &String| names::same(self.world.dialect, other, &name);
            if names.iter().any(taken) {
                continue;
            }
            if name.starts_with('q') {
                names.push(name);
            } else {
                self.feature("CTE that hides a table");
                names.push(name);
            }
        }
        names
    }

    fn cte(&mut self, name: &str, recursive: bool, may_write: bool) -> (String, Vec<(String, Ty)>) {
        let written = self.spell(name);
        let hides = self.is(Dialect::Sqlite) && self.is_tables(name);
        if recursive && !hides && self.dice.percent(70) {
            return self.behind_wall_on_mysql(|grammar| grammar.recursive(&written));
        }
        if may_write && self.is(Dialect::PostgreSql) && self.dice.percent(25) {
            self.feature("CTE that writes");
            let (sql, columns) = self.write_returning();
            return (format!("{written} AS ({sql})"), columns);
        }
        let query = self.behind_wall_on_mysql(|grammar| grammar.query(None, Place::Derived));
        // SQLite has it too, the parser not for SQLite.
        let how = match self.dice.below(8) {
            6 if self.is(Dialect::PostgreSql) => "MATERIALIZED ",
            7 if self.is(Dialect::PostgreSql) => "NOT MATERIALIZED ",
            _ => "",
        };
        if !self.dice.percent(30) {
            return (format!("{written} AS {how}({})", query.sql), query.columns);
        }
        let columns: Vec<(String, Ty)> = query
            .columns
            .iter()
            .map(|(_, ty)| (self.fresh_column(*ty), *ty))
            .collect();
        let list: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
        let list = list.join(", ");
        (
            format!("{written}({list}) AS {how}({})", query.sql),
            columns,
        )
    }

    /// It walks from row to row, two steps at most.
    fn recursive(&mut self, written: &str) -> (String, Vec<(String, Ty)>) {
        self.feature("recursive CTE");
        let columns = vec![
            (self.fresh_column(Ty::Int), Ty::Int),
            (self.fresh_column(Ty::Int), Ty::Int),
            (self.fresh_column(Ty::Text), Ty::Text),
        ];
        let (step, at) = (columns[0].0.clone(), columns[1].0.clone());
        let start = self.base(&mut Vec::new());
        let zero = self.cast(Ty::Int, "0");
        let start = self.within(start.level, |grammar| {
            let (key, text) = (grammar.int(), grammar.text());
            let (key, text) = (grammar.cast(Ty::Int, &key), grammar.cast(Ty::Text, &text));
            let test = grammar.predicate();
            format!(
                "SELECT {zero}, {key}, {text} FROM {} WHERE {test}",
                start.sql
            )
        });
        let mut used = vec!["self".to_owned()];
        let next = self.base(&mut used);
        let own = self.level_of(&columns, "self");
        let on = self.equality_to(&format!("self.{at}"), &next.level);
        let union = *self.dice.pick(&["UNION ALL", "UNION"]);
        let next = self.within(own.and(next.level), |grammar| {
            let (key, text) = (grammar.leaf(Ty::Int), grammar.leaf(Ty::Text));
            let (key, text) = (grammar.cast(Ty::Int, &key), grammar.cast(Ty::Text, &text));
            let test = grammar.predicate();
            format!(
                "SELECT self.{step} + 1, {key}, {text} FROM {written} AS self JOIN {} ON {on} WHERE self.{step} < 2 AND ({test})",
                next.sql
            )
        });
        let list: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
        let list = list.join(", ");
        (
            format!("{written}({list}) AS ({start} {union} {next})"),
            columns,
        )
    }

    fn equality_to(&mut self, text: &str, level: &super::scope::Level) -> String {
        let found: Vec<&str> = level
            .atoms
            .iter()
            .filter(|atom| atom.ty == Ty::Int)
            .map(|atom| atom.text.as_str())
            .collect();
        format!("{} = {text}", self.dice.pick(&found))
    }

    fn behind_wall_on_mysql<T>(&mut self, inner: impl FnOnce(&mut Self) -> T) -> T {
        if self.is(Dialect::MySql) {
            self.behind_wall(inner)
        } else {
            inner(self)
        }
    }
}
