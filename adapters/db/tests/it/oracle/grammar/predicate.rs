//! Expressions that are true, false or unknown.

use super::Grammar;
use super::select::Place;
use crate::oracle::dialect::Dialect;
use crate::oracle::world::Ty;

impl Grammar<'_> {
    /// A condition, often with an OR that nobody put in parentheses.
    pub(super) fn predicate(&mut self) -> String {
        if !self.spend() {
            return self.comparison();
        }
        match self.dice.weighted(&[46, 20, 14, 10, 10]) {
            0 => self.test(),
            1 => {
                self.feature("OR without parentheses");
                format!("{} OR {}", self.predicate(), self.predicate())
            }
            2 => format!("{} AND {}", self.predicate(), self.predicate()),
            3 => format!("NOT ({})", self.predicate()),
            _ => format!("({} OR {})", self.predicate(), self.predicate()),
        }
    }

    fn test(&mut self) -> String {
        match self.dice.weighted(&[36, 10, 8, 6, 6, 10, 8, 18, 6, 4]) {
            0 => self.comparison(),
            1 => format!("{} IS{} NULL", self.some_leaf(), self.maybe_not()),
            2 => self.list(),
            3 => {
                let (of, low, high) = (self.int(), self.leaf(Ty::Int), self.leaf(Ty::Int));
                let not = self.maybe_not();
                format!("{of}{not} BETWEEN {low} AND {high}")
            }
            4 => {
                let pattern = *self.dice.pick(&["'%e%'", "'a%'", "'A_ME%'"]);
                format!("{}{} LIKE {pattern}", self.leaf(Ty::Text), self.maybe_not())
            }
            5 => self.exists(),
            6 => self.in_select(),
            7 => {
                self.feature("scalar sub-select in a condition");
                let ty = self.ty();
                format!("{} {} {}", self.leaf(ty), self.operator(), self.scalar(ty))
            }
            8 => self.any_or_all(),
            _ => self.rows(),
        }
    }

    /// Two values compared.
    pub(super) fn comparison(&mut self) -> String {
        let ty = if self.dice.percent(12) {
            Ty::Nocase
        } else {
            self.ty()
        };
        let (left, right) = (self.expr(ty), self.leaf(ty));
        if self.dice.percent(8) && !self.is(Dialect::MySql) {
            self.feature("IS DISTINCT FROM");
            let not = self.maybe_not();
            return format!("{left} IS{not} DISTINCT FROM {right}");
        }
        format!("{left} {} {right}", self.operator())
    }

    fn list(&mut self) -> String {
        let ty = self.ty();
        let of = self.leaf(ty);
        let among = self.several(1, 3, |grammar| grammar.leaf(ty));
        format!("{of}{} IN ({among})", self.maybe_not())
    }

    fn exists(&mut self) -> String {
        self.feature("EXISTS");
        let not = if self.dice.percent(35) { "NOT " } else { "" };
        let query = self.query(None, Place::Exists);
        format!("{not}EXISTS ({})", query.sql)
    }

    fn in_select(&mut self) -> String {
        self.feature("IN (sub-select)");
        let ty = self.ty();
        let of = self.leaf(ty);
        let not = self.maybe_not();
        let query = self.query(Some(&[ty]), Place::Compared);
        format!("{of}{not} IN ({})", query.sql)
    }

    fn any_or_all(&mut self) -> String {
        if self.is(Dialect::Sqlite) {
            return self.in_select();
        }
        let ty = self.ty();
        let (of, operator) = (self.leaf(ty), self.operator());
        let word = *self.dice.pick(&["ANY", "ALL", "SOME"]);
        self.feature("ANY, ALL (sub-select)");
        let query = self.query(Some(&[ty]), Place::Compared);
        format!("{of} {operator} {word} ({})", query.sql)
    }

    fn rows(&mut self) -> String {
        let (one, two) = (self.leaf(Ty::Int), self.leaf(Ty::Text));
        if self.dice.percent(50) {
            self.feature("row IN (sub-select)");
            let query = self.query(Some(&[Ty::Int, Ty::Text]), Place::Compared);
            return format!("({one}, {two}) IN ({})", query.sql);
        }
        self.feature("rows compared");
        let (three, four) = (self.leaf(Ty::Int), self.leaf(Ty::Text));
        format!("({one}, {two}) {} ({three}, {four})", self.operator())
    }

    fn some_leaf(&mut self) -> String {
        let ty = self.ty();
        self.leaf(ty)
    }

    /// A type that can be put out.
    pub(super) fn ty(&mut self) -> Ty {
        *self.dice.pick(&[Ty::Int, Ty::Text])
    }

    fn operator(&mut self) -> &'static str {
        const OPERATORS: &[&str] = &["=", "=", "<>", "<", "<=", ">", ">="];
        OPERATORS[self.dice.below(OPERATORS.len())]
    }

    fn maybe_not(&mut self) -> &'static str {
        if self.dice.percent(30) { " NOT" } else { "" }
    }

    /// So many of something, with commas between.
    pub(super) fn several(
        &mut self,
        least: usize,
        most: usize,
        mut one: impl FnMut(&mut Self) -> String,
    ) -> String {
        let count = self.dice.between(least, most);
        let all: Vec<String> = (0..count).map(|_| one(self)).collect();
        all.join(", ")
    }
}
