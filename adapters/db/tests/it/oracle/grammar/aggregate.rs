//! Values of many rows: sub-selects that give one, aggregates, window functions.

use super::Grammar;
use super::scope::{Atom, Level};
use super::select::Place;
use crate::oracle::dialect::Dialect;
use crate::oracle::world::Ty;

impl Grammar<'_> {
    /// A sub-select that gives one value.
    pub(super) fn scalar(&mut self, ty: Ty) -> String {
        if !self.spend() {
            return self.leaf(ty);
        }
        self.feature("scalar sub-select");
        if ty == Ty::Int && self.dice.percent(35) {
            // Every row too many shows.
            return format!("(SELECT count(*) FROM {})", self.base(&mut Vec::new()).sql);
        }
        format!("({})", self.query(Some(&[ty]), Place::Scalar).sql)
    }

    /// An aggregate over the rows of the innermost level.
    ///
    /// Its argument names nothing outside, or the database would take it for an aggregate of the outer query.
    pub(super) fn aggregate(&mut self, ty: Ty) -> String {
        self.behind_barrier(|grammar| {
            let call = grammar.aggregate_call(ty);
            let filtered = !grammar.is(Dialect::MySql) && grammar.dice.percent(15);
            let call = if filtered && grammar.spend() {
                grammar.feature("FILTER");
                format!("{call} FILTER (WHERE {})", grammar.telling_test())
            } else {
                call
            };
            // PostgreSQL sums up to numeric.
            if ty == Ty::Int {
                grammar.cast(Ty::Int, &call)
            } else {
                call
            }
        })
    }

    fn aggregate_call(&mut self, ty: Ty) -> String {
        let distinct = if self.dice.percent(15) {
            "DISTINCT "
        } else {
            ""
        };
        if ty == Ty::Int {
            return match self.dice.weighted(&[40, 25, 20, 15]) {
                0 => "count(*)".to_owned(),
                1 => format!("sum({distinct}{})", self.int()),
                2 => format!("count({distinct}{})", self.leaf(Ty::Text)),
                _ => format!("min({})", self.int()),
            };
        }
        if !distinct.is_empty() || self.dice.percent(60) {
            return format!("max({})", self.text());
        }
        self.feature("aggregate with ORDER BY");
        let of = self.leaf_of_rows();
        match self.world.dialect {
            Dialect::Sqlite => format!("group_concat({of}, ',' ORDER BY {of})"),
            Dialect::MySql => format!("group_concat({of} ORDER BY {of} SEPARATOR ',')"),
            Dialect::PostgreSql => format!("string_agg({of}, ',' ORDER BY {of})"),
        }
    }

    fn leaf_of_rows(&mut self) -> String {
        self.atom(Ty::Text).unwrap_or_else(|| "'x'".to_owned())
    }

    /// A function over a window of the rows of the innermost level, its value the same for rows that are peers.
    pub(super) fn window(&mut self, name: Option<&str>) -> String {
        self.feature("window function");
        let over = match name {
            Some(name) => name.to_owned(),
            None => format!("({})", self.window_definition()),
        };
        match self.dice.below(4) {
            0 => format!("rank() OVER {over}"),
            1 => format!("dense_rank() OVER {over}"),
            2 => format!("count(*) OVER {over}"),
            _ => {
                let sum = format!("sum({}) OVER {over}", self.leaf(Ty::Int));
                self.cast(Ty::Int, &sum)
            }
        }
    }

    /// Partitions and order, with frames that hold peers together.
    pub(super) fn window_definition(&mut self) -> String {
        let mut parts = Vec::new();
        if self.dice.percent(60) {
            let by = self.ordering();
            parts.push(format!("PARTITION BY {by}"));
        }
        let by = self.ordering();
        parts.push(format!("ORDER BY {by}"));
        if self.dice.percent(15) && !self.is(Dialect::MySql) {
            parts.push("GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW".to_owned());
        }
        parts.join(" ")
    }

    /// Something to order by: never a plain number, which would be a column's place.
    fn ordering(&mut self) -> String {
        if self.dice.percent(15) && self.spend() {
            self.feature("sub-select in a window");
            return self.telling().unwrap_or_else(|| self.scalar(Ty::Int));
        }
        let ty = self.ty();
        self.atom(ty)
            .or_else(|| self.atom(Ty::Int))
            .unwrap_or_else(|| "lower('x')".to_owned())
    }

    /// A count that differs from row to row, and with every row of another tenant.
    pub(super) fn telling(&mut self) -> Option<String> {
        let level = self.levels.last()?.clone();
        let own = self.some_number(&level)?;
        // Tables that have other names, or they would hide the column.
        let other = self.base(&mut level.tables.clone());
        let key = self.some_number(&other.level)?;
        Some(format!(
            "(SELECT count(*) FROM {} WHERE {key} = {own})",
            other.sql
        ))
    }

    /// A condition, often one on such a count.
    pub(super) fn telling_test(&mut self) -> String {
        if !self.dice.percent(40) {
            return self.predicate();
        }
        match self.telling() {
            Some(count) => format!("{count} > {}", self.dice.below(3)),
            None => self.predicate(),
        }
    }

    /// The same where a sub-select can't name the columns outside.
    pub(super) fn counting_test(&mut self) -> String {
        if !self.dice.percent(40) {
            return self.predicate();
        }
        self.feature("scalar sub-select");
        let all = self.base(&mut Vec::new()).sql;
        format!("(SELECT count(*) FROM {all}) > {}", self.dice.below(12))
    }

    fn some_number(&mut self, level: &Level) -> Option<String> {
        let number = |atom: &&Atom| atom.ty == Ty::Int && atom.column;
        let numbers: Vec<&Atom> = level.atoms.iter().filter(number).collect();
        if numbers.is_empty() {
            return None;
        }
        Some(numbers[self.dice.below(numbers.len())].text.clone())
    }
}
