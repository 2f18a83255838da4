//! What stands in FROM, USING and UPDATE … FROM: tables, joins, sub-selects.

use super::Grammar;
use super::scope::{Atom, Cte, Level};
use super::select::Place;
use crate::oracle::dialect::Dialect;
use crate::oracle::names;
use crate::oracle::world::{Table, Ty};

/// A FROM list, or a part of one.
#[derive(Debug, Clone)]
pub(super) struct From {
    pub(super) sql: String,
    pub(super) level: Level,
    /// Whether it has only tables, and no join that puts NULLs in.
    pub(super) bases_only: bool,
    /// A table by itself, with whose columns others can be merged.
    base: bool,
}

impl Grammar<'_> {
    /// One to three items.
    pub(super) fn from(&mut self) -> From {
        self.tables_beside(&mut Vec::new())
    }

    /// The same beside tables that have these names.
    pub(super) fn tables_beside(&mut self, used: &mut Vec<String>) -> From {
        let mut whole = self.tree(used);
        for _ in 0..self.dice.weighted(&[75, 20, 5]) {
            if !self.spend() {
                break;
            }
            self.feature("comma in FROM");
            let next = if self.may_be_lateral() {
                self.lateral(&whole.level, used)
            } else {
                self.tree(used)
            };
            whole = From {
                sql: format!("{}, {}", whole.sql, next.sql),
                level: whole.level.and(next.level),
                bases_only: whole.bases_only && next.bases_only,
                base: false,
            };
        }
        whole
    }

    /// Joins, from left to right.
    fn tree(&mut self, used: &mut Vec<String>) -> From {
        let mut left = self.primary(used);
        for _ in 0..self.dice.weighted(&[50, 32, 13, 5]) {
            if !self.spend() {
                break;
            }
            left = self.join(left, used);
        }
        left
    }

    fn join(&mut self, left: From, used: &mut Vec<String>) -> From {
        if self.may_be_lateral() {
            let right = self.lateral(&left.level, used);
            let (word, on) = *self
                .dice
                .pick(&[("CROSS JOIN", ""), ("LEFT JOIN", " ON true")]);
            return joined(left, word, right, on);
        }
        let right = self.primary(used);
        // SQLite looks for the columns in all tables before.
        let first = used.len() <= 2 || !self.is(Dialect::Sqlite);
        if left.base && right.base && first && self.dice.percent(25) {
            return self.merging(left, right);
        }
        let full = !self.is(Dialect::MySql);
        let kinds: &[&'static str] = &[
            "JOIN",
            "INNER JOIN",
            "LEFT JOIN",
            "RIGHT JOIN",
            "LEFT OUTER JOIN",
            "CROSS JOIN",
            "FULL JOIN",
        ];
        let mut kind =
            kinds[self
                .dice
                .weighted(&[20, 10, 25, 18, 5, 10, if full { 12 } else { 0 }])];
        let equal = self.equality(&left.level, &right.level);
        if kind == "FULL JOIN" && equal.is_none() {
            kind = "CROSS JOIN";
        }
        self.feature(kind);
        if kind == "CROSS JOIN" {
            return joined(left, kind, right, "");
        }
        let on = self.on(&left, &right, equal, kind);
        joined(left, kind, right, &format!(" ON {on}"))
    }

    fn on(&mut self, left: &From, right: &From, equal: Option<String>, kind: &str) -> String {
        let mut both = left.level.clone().and(right.level.clone());
        // SQLite knows the tables of the whole FROM there.
        both.qualified = true;
        let more = self.dice.percent(35);
        match equal {
            // PostgreSQL joins in full only by what it can hash.
            Some(equal) if kind == "FULL JOIN" => equal,
            Some(equal) if self.dice.percent(75) => {
                if !more {
                    return equal;
                }
                self.feature("condition in ON");
                let test = self.within(both, Self::predicate);
                let word = *self.dice.pick(&["AND", "OR"]);
                format!("{equal} {word} {test}")
            }
            _ => self.within(both, Self::predicate),
        }
    }

    fn equality(&mut self, left: &Level, right: &Level) -> Option<String> {
        let ty = self.ty();
        let of = |level: &Level| -> Vec<String> {
            let fits = level.atoms.iter().filter(|atom| atom.ty == ty);
            fits.map(|atom| atom.text.clone()).collect()
        };
        let (left, right) = (of(left), of(right));
        if left.is_empty() || right.is_empty() {
            return None;
        }
        let (one, other) = (self.dice.pick(&left), self.dice.pick(&right));
        Some(format!("{one} = {other}"))
    }

    /// NATURAL and USING, which make one column of two.
    fn merging(&mut self, left: From, mut right: From) -> From {
        let natural = self.dice.percent(50);
        let kinds: &[&'static str] = match self.world.dialect {
            Dialect::MySql => &["JOIN", "LEFT JOIN", "RIGHT JOIN"],
            Dialect::PostgreSql | Dialect::Sqlite => {
                &["JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"]
            }
        };
        let kind = *self.dice.pick(kinds);
        let has = |atom: &Atom, name: &str| {
            let bare = atom.bare.as_deref();
            bare.is_some_and(|other| other.eq_ignore_ascii_case(name))
        };
        let both = |name: &str| left.level.atoms.iter().any(|atom| has(atom, name));
        let shared = |name: &str| if natural { both(name) } else { name == "id" };
        for atom in &mut right.level.atoms {
            if atom.bare.as_deref().is_some_and(shared) {
                atom.bare = None;
            }
        }
        if natural {
            self.feature("NATURAL JOIN");
            return joined(left, &format!("NATURAL {kind}"), right, "");
        }
        self.feature("USING");
        let using = format!(" USING ({})", self.spell("id"));
        joined(left, kind, right, &using)
    }

    fn may_be_lateral(&mut self) -> bool {
        self.is(Dialect::PostgreSql) && self.dice.percent(12) && self.spend()
    }

    /// A sub-select that names what stands to its left.
    fn lateral(&mut self, left: &Level, used: &mut Vec<String>) -> From {
        self.feature("LATERAL");
        let query = self.within(left.clone(), |grammar| grammar.query(None, Place::Derived));
        let alias = self.alias(used);
        let level = self.level_of(&query.columns, &alias);
        not_base(format!("LATERAL ({}) AS {alias}", query.sql), level)
    }

    fn primary(&mut self, used: &mut Vec<String>) -> From {
        if !self.spend() {
            return self.base(used);
        }
        match self.dice.weighted(&[50, 14, 28, 4, 4]) {
            1 => self.derived(used),
            2 => self.cte_or_base(used),
            3 => self.values(used),
            4 => self.parenthesised(used),
            _ => self.base(used),
        }
    }

    fn derived(&mut self, used: &mut Vec<String>) -> From {
        self.feature("sub-select in FROM");
        let query = if self.is(Dialect::MySql) {
            self.behind_wall(|grammar| grammar.query(None, Place::Derived))
        } else {
            self.query(None, Place::Derived)
        };
        let alias = self.alias(used);
        let level = self.level_of(&query.columns, &alias);
        not_base(format!("({}) AS {alias}", query.sql), level)
    }

    fn values(&mut self, used: &mut Vec<String>) -> From {
        self.feature("VALUES in FROM");
        let row = |grammar: &mut Self| {
            format!(
                "({}, {})",
                grammar.constant(Ty::Int),
                grammar.constant(Ty::Text)
            )
        };
        let rows = self.several(1, 3, row);
        let alias = self.alias(used);
        let names = ["column1", "column2"];
        let columns = [
            (names[0].to_owned(), Ty::Int),
            (names[1].to_owned(), Ty::Text),
        ];
        let level = self.level_of(&columns, &alias);
        let sql = match self.world.dialect {
            Dialect::PostgreSql => format!("(VALUES {rows}) AS {alias}(column1, column2)"),
            Dialect::Sqlite => format!("(VALUES {rows}) AS {alias}"),
            Dialect::MySql => return self.derived(used),
        };
        not_base(sql, level)
    }

    fn parenthesised(&mut self, used: &mut Vec<String>) -> From {
        self.feature("join in parentheses");
        let (left, right) = (self.base(used), self.base(used));
        let inner = self.join_of_two(left, right);
        let columns = inner.level.column_names();
        if let Some(columns) = columns
            && !self.is(Dialect::MySql)
            && self.dice.percent(30)
        {
            self.feature("join in parentheses with a name");
            let alias = self.alias(used);
            let level = self.level_of(&columns, &alias);
            return not_base(format!("({}) AS {alias}", inner.sql), level);
        }
        From {
            sql: format!("({})", inner.sql),
            bases_only: false,
            ..inner
        }
    }

    fn join_of_two(&mut self, left: From, right: From) -> From {
        match self.equality(&left.level, &right.level) {
            Some(equal) => joined(left, "LEFT JOIN", right, &format!(" ON {equal}")),
            None => joined(left, "CROSS JOIN", right, ""),
        }
    }

    fn cte_or_base(&mut self, used: &mut Vec<String>) -> From {
        let mut found: Vec<Cte> = Vec::new();
        for cte in self.ctes.iter().rev() {
            let again = |other: &Cte| names::same(self.world.dialect, &other.name, &cte.name);
            if !found.iter().any(again) {
                found.push(cte.clone());
            }
        }
        found.retain(|cte| !cte.hidden);
        if found.is_empty() {
            return self.base(used);
        }
        self.feature("CTE read");
        let cte = self.dice.pick(&found).clone();
        let name = self.spell(&cte.name);
        let (sql, alias) = self.named(name.clone(), &cte.name, name, used);
        let level = self.level_of(&cte.columns, &alias);
        not_base(sql, level)
    }

    /// A table of the schema, unless a CTE hides it.
    pub(super) fn base(&mut self, used: &mut Vec<String>) -> From {
        let world = self.world;
        let untouchable = self.untouchable;
        let can = |place: &usize| {
            let table = &world.tables[*place];
            let touched = untouchable == Some(*place) || table.view && untouchable == Some(0);
            !touched && (!self.is_hidden(table) || self.home().is_some())
        };
        let places: Vec<usize> = (0..world.tables.len()).filter(can).collect();
        if places.is_empty() {
            return self.derived_of_constants(used);
        }
        // The shared tables, the last ones, are of less interest.
        let place = places[self.dice.below(places.len())];
        let table = &world.tables[place];
        if table.tenant.is_none() {
            self.feature("shared table");
        }
        let (sql, name, qualified) = self.table_name(table);
        let (sql, alias) = self.named(sql, table.name, name, used);
        let mut level = self.level_of(&columns_of(table), &alias);
        if qualified
            && !sql.contains(" AS ")
            && self.dice.percent(20)
            && let Some(home) = self.home_of(table)
        {
            self.feature("schema before a column");
            for atom in &mut level.atoms {
                atom.text = format!("{home}.{}", atom.text);
            }
        }
        From {
            sql,
            level,
            bases_only: table.tenant.is_some() && !table.view,
            base: true,
        }
    }

    fn derived_of_constants(&mut self, used: &mut Vec<String>) -> From {
        let alias = self.alias(used);
        let columns = [("i0".to_owned(), Ty::Int), ("t0".to_owned(), Ty::Text)];
        let level = self.level_of(&columns, &alias);
        not_base(format!("(SELECT 1 AS i0, 'x' AS t0) AS {alias}"), level)
    }

    /// How a table is written, its name by itself, and whether the schema stands before it.
    pub(super) fn table_name(&mut self, table: &Table) -> (String, String, bool) {
        let name = self.spell(table.name);
        let must = table.schema.is_some() || self.is_hidden(table);
        match self.home_of(table) {
            Some(home) if must || self.dice.percent(10) => {
                self.feature("schema before a table");
                (format!("{home}.{name}"), name, true)
            }
            _ => (name.clone(), name, false),
        }
    }

    /// Whether a CTE has its name.
    fn is_hidden(&self, table: &Table) -> bool {
        let same = |cte: &Cte| names::same(self.world.dialect, &cte.name, table.name);
        table.schema.is_none() && self.ctes.iter().any(same)
    }

    fn home_of(&self, table: &Table) -> Option<&'static str> {
        table.schema.or_else(|| self.home())
    }

    fn home(&self) -> Option<&'static str> {
        match self.world.dialect {
            Dialect::PostgreSql => Some("public"),
            Dialect::Sqlite => Some("main"),
            Dialect::MySql => None,
        }
    }

    /// A table with an alias or, if nothing else has its name, without; and what its columns are qualified by.
    fn named(
        &mut self,
        sql: String,
        name: &str,
        written: String,
        used: &mut Vec<String>,
    ) -> (String, String) {
        let folded = name.to_ascii_lowercase();
        if used.contains(&folded) || self.dice.percent(45) {
            let alias = self.alias(used);
            return (format!("{sql} AS {alias}"), alias);
        }
        used.push(folded);
        (sql, written)
    }

    /// A name that nothing else in this FROM has; now and then it is that of a table.
    pub(super) fn alias(&mut self, used: &mut Vec<String>) -> String {
        if self.dice.percent(3) {
            let place = self.dice.below(self.world.tables.len());
            let name = self.world.tables[place].name;
            if !used.contains(&name.to_ascii_lowercase()) {
                self.feature("alias that is a table's name");
                used.push(name.to_ascii_lowercase());
                return self.spell(name);
            }
        }
        let alias = self.fresh("a");
        used.push(alias.clone());
        if self.dice.percent(10) {
            // A name of its own where case counts.
            return names::plain(self.world.dialect, &alias.to_ascii_uppercase());
        }
        alias
    }

    /// The columns of a table that is called `alias` here.
    pub(super) fn level_of(&mut self, columns: &[(String, Ty)], alias: &str) -> Level {
        let unquoted = alias.trim_matches(['"', '`', '[', ']']);
        let qualifier = unquoted.to_ascii_lowercase();
        let atoms = columns
            .iter()
            .map(|(name, ty)| Atom {
                text: format!("{alias}.{}", self.spell(name)),
                bare: Some(name.clone()),
                ty: *ty,
                column: true,
                table: alias.to_owned(),
                qualifier: qualifier.clone(),
            })
            .collect();
        Level {
            atoms,
            tables: vec![qualifier],
            qualified: false,
        }
    }
}

/// The columns of a table, by name.
pub(super) fn columns_of(table: &Table) -> Vec<(String, Ty)> {
    let columns = table.columns.iter();
    columns
        .map(|column| (column.name.to_owned(), column.ty))
        .collect()
}

fn joined(left: From, word: &str, right: From, on: &str) -> From {
    let inner = !["LEFT", "RIGHT", "FULL"]
        .iter()
        .any(|outer| word.contains(outer));
    From {
        sql: format!("{} {word} {}{on}", left.sql, right.sql),
        level: left.level.and(right.level),
        bases_only: left.bases_only && right.bases_only && inner,
        base: false,
    }
}

fn not_base(sql: String, level: Level) -> From {
    From {
        sql,
        level,
        bases_only: false,
        base: false,
    }
}
