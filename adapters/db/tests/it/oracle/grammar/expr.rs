//! Expressions that have a value.

use super::Grammar;
use super::scope::Atom;
use crate::oracle::dialect::Dialect;
use crate::oracle::statement::marker;
use crate::oracle::world::{self, Ty, Value};

impl Grammar<'_> {
    /// An expression of this type.
    pub(super) fn expr(&mut self, ty: Ty) -> String {
        match ty {
            Ty::Int => self.int(),
            Ty::Text => self.text(),
            Ty::Nocase => self.atom(Ty::Nocase).unwrap_or_else(|| self.text()),
        }
    }

    /// A number.
    pub(super) fn int(&mut self) -> String {
        if !self.spend() || self.dice.percent(55) {
            return self.leaf(Ty::Int);
        }
        match self.dice.weighted(&[18, 10, 10, 12, 10, 8, 7, 18, 4]) {
            0 => format!("{} + {}", self.int(), self.leaf(Ty::Int)),
            1 => format!("{} - {}", self.int(), self.leaf(Ty::Int)),
            2 => format!("abs({})", self.int()),
            3 => format!("coalesce({}, {})", self.int(), self.int()),
            4 => {
                self.feature("CASE");
                let (test, yes, no) = (self.predicate(), self.int(), self.int());
                format!("CASE WHEN {test} THEN {yes} ELSE {no} END")
            }
            5 => format!("length({})", self.text()),
            6 => format!("nullif({}, {})", self.int(), self.int()),
            7 => self.scalar(Ty::Int),
            _ => {
                let (low, high) = (self.leaf(Ty::Int), self.leaf(Ty::Int));
                match self.world.dialect {
                    Dialect::Sqlite => format!("max({low}, {high})"),
                    Dialect::PostgreSql | Dialect::MySql => format!("greatest({low}, {high})"),
                }
            }
        }
    }

    /// A text.
    pub(super) fn text(&mut self) -> String {
        if !self.spend() || self.dice.percent(55) {
            return self.leaf(Ty::Text);
        }
        match self.dice.weighted(&[10, 10, 18, 14, 10, 8, 18, 6]) {
            0 => format!("lower({})", self.text()),
            1 => format!("upper({})", self.text()),
            2 => match self.world.dialect {
                Dialect::MySql => format!("concat({}, {})", self.text(), self.text()),
                Dialect::PostgreSql | Dialect::Sqlite => {
                    format!("{} || {}", self.leaf(Ty::Text), self.leaf(Ty::Text))
                }
            },
            3 => format!("coalesce({}, {})", self.text(), self.text()),
            4 => {
                self.feature("CASE");
                let (of, is) = (self.leaf(Ty::Int), self.leaf(Ty::Int));
                let (yes, no) = (self.text(), self.leaf(Ty::Text));
                format!("CASE {of} WHEN {is} THEN {yes} ELSE {no} END")
            }
            5 => format!("substr({}, 1, 3)", self.text()),
            6 => self.scalar(Ty::Text),
            _ => format!("replace({}, 'e', 'i')", self.text()),
        }
    }

    /// An expression without parts: a column if there is one to name.
    pub(super) fn leaf(&mut self, ty: Ty) -> String {
        if self.dice.percent(25) {
            self.constant(ty)
        } else {
            self.atom(ty).unwrap_or_else(|| self.constant(ty))
        }
    }

    /// A literal, or a placeholder.
    pub(super) fn constant(&mut self, ty: Ty) -> String {
        if self.parameters && self.dice.percent(35) {
            return self.placeholder(ty);
        }
        match ty {
            Ty::Int => match world::int(&mut self.dice) {
                Some(number) if number >= 0 => number.to_string(),
                Some(number) => format!("({number})"),
                None => self.cast(Ty::Int, "NULL"),
            },
            Ty::Text | Ty::Nocase => match world::text(&mut self.dice) {
                Some(text) => format!("'{}'", text.replace('\'', "''")),
                None => self.cast(Ty::Text, "NULL"),
            },
        }
    }

    /// A value that the author binds, sometimes one that was bound before.
    pub(super) fn placeholder(&mut self, ty: Ty) -> String {
        let fits = |value: &Value| matches!(value, Value::Int(_)) == (ty == Ty::Int);
        let again = self.values.iter().position(fits);
        if let Some(again) = again
            && self.dice.percent(20)
        {
            return marker(again);
        }
        let value = match ty {
            Ty::Int => Value::Int(world::int(&mut self.dice)),
            Ty::Text | Ty::Nocase => Value::Text(world::text(&mut self.dice)),
        };
        self.bind(value)
    }

    pub(super) fn bind(&mut self, value: Value) -> String {
        self.values.push(value);
        marker(self.values.len() - 1)
    }

    pub(super) fn cast(&mut self, ty: Ty, inner: &str) -> String {
        let name = match (ty, self.world.dialect) {
            (Ty::Int, Dialect::MySql) => "SIGNED",
            (Ty::Int, Dialect::Sqlite) => "INTEGER",
            (Ty::Int, _) => "bigint",
            (_, Dialect::MySql) => "CHAR",
            _ => "text",
        };
        format!("CAST({inner} AS {name})")
    }

    /// A column that can be named here, if there is one of this type.
    pub(super) fn atom(&mut self, ty: Ty) -> Option<String> {
        let innermost = self.levels.len().checked_sub(1)?;
        // Mostly of the innermost level; elsewhere the sub-select is correlated.
        let outside = self.barrier < innermost && self.dice.percent(25);
        let level = if outside {
            self.barrier + self.dice.below(innermost - self.barrier)
        } else {
            innermost
        };
        let found = self.candidates(level, ty, outside);
        if found.is_empty() {
            return None;
        }
        if outside {
            self.feature("correlated");
        }
        let atom = self.dice.pick(&found).clone();
        Some(self.write_atom(&atom, level))
    }

    fn candidates(&self, level: usize, ty: Ty, outside: bool) -> Vec<Atom> {
        let inner = &self.levels[level + 1..];
        let can = |atom: &&Atom| {
            let hidden = || {
                inner
                    .iter()
                    .any(|level| level.tables.contains(&atom.qualifier))
            };
            atom.ty == ty && (!outside || atom.column && !hidden())
        };
        let atoms = &self.levels[level].atoms;
        atoms.iter().filter(can).cloned().collect()
    }

    fn write_atom(&mut self, atom: &Atom, level: usize) -> String {
        let innermost = level + 1 == self.levels.len();
        match &atom.bare {
            Some(name)
                if innermost && self.levels[level].is_clear(name) && self.dice.percent(60) =>
            {
                self.spell(&name.clone())
            }
            _ => atom.text.clone(),
        }
    }
}
