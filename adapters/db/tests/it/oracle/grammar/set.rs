//! Queries: a SELECT, or several in a set operation, with a WITH before and an order behind.

use super::Grammar;
use super::select::{Place, Query};
use crate::oracle::dialect::Dialect;
use crate::oracle::world::{Ty, Value};

impl Grammar<'_> {
    /// A query with columns of these types, or of any.
    pub(super) fn query(&mut self, types: Option<&[Ty]>, place: Place) -> Query {
        let ctes = self.ctes.len();
        let chance = if place == Place::Top { 30 } else { 6 };
        let with = if self.dice.percent(chance) && self.spend() {
            self.with_clause(place == Place::Top)
        } else {
            String::new()
        };
        let mut query = self.body(types, place);
        self.ctes.truncate(ctes);
        query.sql = format!("{with}{}", query.sql);
        query
    }

    fn body(&mut self, types: Option<&[Ty]>, place: Place) -> Query {
        let chance = match place {
            Place::Top => 18,
            Place::Scalar | Place::Arm => 0,
            Place::Derived | Place::Compared | Place::Exists => 10,
        };
        let mut query = if self.dice.percent(chance) && self.spend() {
            self.set_operation(types)
        } else {
            self.select(types, place)
        };
        if matches!(place, Place::Top | Place::Derived) || self.may_cut(place) {
            self.order(&mut query);
        }
        let lock = query.lockable && place == Place::Top && self.is(Dialect::PostgreSql);
        if lock && self.dice.percent(8) {
            self.feature("FOR UPDATE");
            let lock = *self.dice.pick(&[" FOR UPDATE", " FOR SHARE"]);
            query.sql.push_str(lock);
        }
        query
    }

    /// MySQL cuts no sub-select that something is compared with.
    fn may_cut(&mut self, place: Place) -> bool {
        place == Place::Compared && !self.is(Dialect::MySql) && self.dice.percent(20)
    }

    fn set_operation(&mut self, types: Option<&[Ty]>) -> Query {
        self.feature("set operation");
        let types = self.types(types);
        let mut whole = self.select(Some(&types), Place::Arm);
        for _ in 0..self.dice.weighted(&[0, 70, 22, 8]) {
            let operator = self.set_operator();
            let arm = self.arm(&types);
            // SQLite has no ORDER BY behind VALUES.
            if self.is(Dialect::Sqlite) && arm.starts_with("VALUES") {
                whole.width = None;
            }
            whole.sql = format!("{} {operator} {arm}", whole.sql);
        }
        whole.sort = None;
        whole.lockable = false;
        whole
    }

    fn set_operator(&mut self) -> &'static str {
        let all: &[&str] = match self.world.dialect {
            Dialect::PostgreSql => &[
                "UNION",
                "UNION ALL",
                "INTERSECT",
                "EXCEPT",
                "INTERSECT ALL",
                "EXCEPT ALL",
            ],
            Dialect::Sqlite | Dialect::MySql => &["UNION", "UNION ALL", "INTERSECT", "EXCEPT"],
        };
        let operator = *self.dice.pick(all);
        self.feature(operator);
        operator
    }

    fn arm(&mut self, types: &[Ty]) -> String {
        if self.dice.percent(12) {
            self.feature("VALUES in a set operation");
            let row: Vec<String> = types.iter().map(|ty| self.constant(*ty)).collect();
            return match self.world.dialect {
                Dialect::MySql => format!("SELECT {}", row.join(", ")),
                Dialect::PostgreSql | Dialect::Sqlite => format!("VALUES ({})", row.join(", ")),
            };
        }
        if self.is(Dialect::Sqlite) || !self.dice.percent(35) {
            return self.select(Some(types), Place::Arm).sql;
        }
        self.feature("arm in parentheses");
        let mut query = if self.dice.percent(40) && self.spend() {
            self.set_operation(Some(types))
        } else {
            self.select(Some(types), Place::Arm)
        };
        if self.dice.percent(30) {
            self.order(&mut query);
        }
        format!("({})", query.sql)
    }

    /// ORDER BY all columns, so that a cut leaves no choice; or by anything, without a cut.
    fn order(&mut self, query: &mut Query) {
        let Some(width) = query.width else { return };
        let mut all: Vec<String> = query.sort.iter().cloned().collect();
        all.extend((1..=width).map(|place| place.to_string()));
        let all = all.join(", ");
        match self.dice.weighted(&[50, 40, 10]) {
            0 if query.sort.is_none() => {}
            0 | 1 => {
                let cut = self.cut();
                query.sql = format!("{} ORDER BY {all}{cut}", query.sql);
                query.ordered = true;
            }
            _ => query.sql = format!("{} ORDER BY 1 DESC", query.sql),
        }
    }

    fn cut(&mut self) -> String {
        if self.dice.percent(40) {
            return String::new();
        }
        self.feature("LIMIT");
        if self.is(Dialect::PostgreSql) && self.dice.percent(20) {
            self.feature("FETCH FIRST");
            return " OFFSET 1 ROWS FETCH FIRST 3 ROWS ONLY".to_owned();
        }
        let count = match self.dice.below(3) {
            0 => "3".to_owned(),
            1 if self.parameters => self.bind(Value::Int(Some(2))),
            2 if !self.is(Dialect::MySql) => {
                self.feature("sub-select in LIMIT");
                let count = self.behind_wall(|grammar| grammar.scalar(Ty::Int));
                format!("abs(coalesce({count}, 2))")
            }
            _ => "4".to_owned(),
        };
        let skip = if self.dice.percent(25) {
            " OFFSET 1"
        } else {
            ""
        };
        format!(" LIMIT {count}{skip}")
    }

    /// Runs `inner` with nothing to name at all.
    pub(super) fn behind_wall<T>(&mut self, inner: impl FnOnce(&mut Self) -> T) -> T {
        let (levels, barrier) = (std::mem::take(&mut self.levels), self.barrier);
        self.barrier = 0;
        let done = inner(self);
        (self.levels, self.barrier) = (levels, barrier);
        done
    }
}
