//! Statements at random, valid ones, that are written as if there were one tenant.

mod aggregate;
mod cte;
mod expr;
mod from;
mod predicate;
mod scope;
mod select;
mod set;
mod write;

use std::collections::BTreeSet;

use self::scope::{Cte, Level};
use super::dice::Dice;
use super::names;
use super::statement::{self, Statement};
use super::world::{TENANTS, Ty, Value, World};
use crate::oracle::dialect::Dialect;

/// How many parts a statement has at most, more or less.
const FUEL: usize = 22;

/// Writes one statement.
pub(super) struct Grammar<'w> {
    world: &'w World,
    dice: Dice,
    values: Vec<Value>,
    features: BTreeSet<&'static str>,
    /// What can be named here, the innermost last.
    levels: Vec<Level>,
    /// Levels before this one can't be named.
    barrier: usize,
    /// The CTEs that can be named here, the innermost last.
    ctes: Vec<Cte>,
    fuel: usize,
    fresh: usize,
    /// Whether placeholders can be used here.
    parameters: bool,
    /// A table that must not be read here, since what one reads would depend on the order in which rows are changed.
    untouchable: Option<usize>,
}

/// The statement that these choices lead to, and the choices.
pub(super) fn generate(world: &World, dice: Dice) -> (Statement, Dice) {
    let mut grammar = Grammar {
        world,
        dice,
        values: Vec::new(),
        features: BTreeSet::new(),
        levels: Vec::new(),
        barrier: 0,
        ctes: Vec::new(),
        fuel: FUEL,
        fresh: 0,
        parameters: true,
        untouchable: None,
    };
    let tenant = TENANTS[grammar.dice.weighted(&[55, 25, 13, 7])];
    let writes = grammar.dice.percent(35);
    let (sql, ordered) = if writes {
        (grammar.write(), false)
    } else {
        let query = grammar.query(None, select::Place::Top);
        (query.sql, query.ordered)
    };
    grammar.finish(tenant, &sql, ordered, writes)
}

impl Grammar<'_> {
    fn finish(
        mut self,
        tenant: &'static str,
        sql: &str,
        ordered: bool,
        writes: bool,
    ) -> (Statement, Dice) {
        let dialect = self.world.dialect;
        let (sql, values) = statement::number(dialect, sql, &self.values, &mut self.dice);
        let sql = if self.dice.percent(15) {
            self.feature("odd white space");
            statement::respace(&sql, &mut self.dice)
        } else {
            sql
        };
        if !values.is_empty() {
            self.feature("placeholders");
        }
        let statement = Statement {
            sql,
            values,
            tenant,
            ordered,
            // A CTE may write, too.
            writes: writes || self.features.contains("CTE that writes"),
            features: self.features,
        };
        (statement, self.dice)
    }

    fn feature(&mut self, name: &'static str) {
        self.features.insert(name);
    }

    /// Whether there may be more parts; each time fewer.
    fn spend(&mut self) -> bool {
        self.fuel = self.fuel.saturating_sub(1);
        self.fuel > 0
    }

    fn is(&self, dialect: Dialect) -> bool {
        self.world.dialect == dialect
    }

    fn spell(&mut self, name: &str) -> String {
        names::spell(self.world.dialect, name, &mut self.dice)
    }

    /// A name that nothing else has.
    fn fresh(&mut self, prefix: &str) -> String {
        self.fresh += 1;
        format!("{prefix}{}", self.fresh)
    }

    /// A name for a column of this type.
    fn fresh_column(&mut self, ty: Ty) -> String {
        self.fresh(match ty {
            Ty::Int => "i",
            Ty::Text => "t",
            Ty::Nocase => "c",
        })
    }

    /// Runs `inner` with nothing of the outside to name, except what is innermost.
    fn behind_barrier<T>(&mut self, inner: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.barrier, self.levels.len().saturating_sub(1));
        let done = inner(self);
        self.barrier = before;
        done
    }

    /// Runs `inner` with one more level of names.
    fn within<T>(&mut self, level: Level, inner: impl FnOnce(&mut Self) -> T) -> T {
        self.levels.push(level);
        let done = inner(self);
        self.levels.pop();
        done
    }
}
