//! INSERT, UPDATE and DELETE.

use super::Grammar;
use super::from::{From, columns_of};
use super::scope::Level;
use crate::oracle::dialect::Dialect;
use crate::oracle::names;
use crate::oracle::world::{Column, Table, Ty};

/// The table that is written to.
struct Target<'w> {
    table: &'w Table,
    place: usize,
    /// As it stands behind INTO, UPDATE, FROM.
    sql: String,
    level: Level,
    /// Names that are taken.
    used: Vec<String>,
}

impl<'w> Grammar<'w> {
    /// A statement that writes.
    pub(super) fn write(&mut self) -> String {
        let ctes = self.ctes.len();
        let with = !self.is(Dialect::MySql) && self.dice.percent(15);
        let target = self.target(with);
        let with = if with && self.spend() {
            self.feature("WITH before a write");
            self.with_clause(false)
        } else {
            String::new()
        };
        let returning = self.dice.percent(35);
        let (sql, _) = self.write_to(target, returning);
        self.ctes.truncate(ctes);
        format!("{with}{sql}")
    }

    /// The same, with rows to return.
    pub(super) fn write_returning(&mut self) -> (String, Vec<(String, Ty)>) {
        let target = self.target(false);
        self.write_to(target, true)
    }

    fn target(&mut self, plain: bool) -> Target<'w> {
        let world = self.world;
        let can =
            |place: &usize| world.tables[*place].tenant.is_some() && !world.tables[*place].view;
        let places: Vec<usize> = (0..world.tables.len()).filter(can).collect();
        let place = *self.dice.pick(&places);
        let table = &world.tables[place];
        // On SQLite and MySQL what a sub-select reads may have been written by the same statement.
        self.untouchable = (!self.is(Dialect::PostgreSql)).then_some(place);
        let (mut sql, name, _) = self.table_name(table);
        let mut used = Vec::new();
        let aliased = !plain && !self.is(Dialect::MySql) && self.dice.percent(30);
        let alias = if aliased {
            let alias = self.alias(&mut used);
            sql = format!("{sql} AS {alias}");
            alias
        } else {
            used.push(table.name.to_ascii_lowercase());
            name
        };
        Target {
            table,
            place,
            sql,
            level: self.level_of(&columns_of(table), &alias),
            used,
        }
    }

    fn write_to(&mut self, target: Target<'_>, returning: bool) -> (String, Vec<(String, Ty)>) {
        let mut level = self.returned(&target);
        let sql = match self.dice.weighted(&[40, 35, 25]) {
            0 => self.insert(target),
            1 => self.update(target),
            _ => self.delete(target),
        };
        // What else the statement reads can be named there, too.
        level.qualified =
            sql.starts_with("UPDATE") && sql.contains(" FROM ") || sql.contains(" USING ");
        let done = if returning && !self.is(Dialect::MySql) {
            self.returning(&sql, level)
        } else {
            (sql, Vec::new())
        };
        self.untouchable = None;
        done
    }

    /// What RETURNING can name. SQLite forgets the alias there.
    fn returned(&self, target: &Target<'_>) -> Level {
        let mut level = target.level.clone();
        if self.is(Dialect::Sqlite) && target.sql.contains(" AS ") {
            for atom in &mut level.atoms {
                atom.text = names::plain(Dialect::Sqlite, atom.bare.as_deref().unwrap_or("id"));
                atom.column = false;
            }
        }
        level
    }

    fn returning(&mut self, sql: &str, level: Level) -> (String, Vec<(String, Ty)>) {
        self.feature("RETURNING");
        let columns = level.column_names();
        // There, * shows the rows of USING as well: any of those that go with the deleted one.
        let any = self.features.contains("DELETE … USING");
        if let Some(columns) = columns.filter(|_| !any)
            && self.dice.percent(25)
        {
            return (format!("{sql} RETURNING *"), columns);
        }
        let (items, columns) = self.within(level, |grammar| {
            let types = grammar.types(None);
            let before = grammar.features.contains("scalar sub-select");
            let done = grammar.items(&types);
            if !before && grammar.features.contains("scalar sub-select") {
                grammar.feature("sub-select in RETURNING");
            }
            done
        });
        (format!("{sql} RETURNING {items}"), columns)
    }

    fn update(&mut self, mut target: Target<'_>) -> String {
        self.feature("UPDATE");
        let from = !self.is(Dialect::MySql) && self.dice.percent(25) && self.spend();
        let (from, test) = if from {
            self.update_from(&mut target)
        } else {
            (String::new(), None)
        };
        let set = self.within(target.level.clone(), |grammar| {
            grammar.assignments(target.table)
        });
        let and = test.is_some();
        let test = self.test_of(&target, test);
        let cut = if self.is(Dialect::MySql) && !and && self.dice.percent(15) {
            self.feature("UPDATE … LIMIT");
            " ORDER BY id LIMIT 2"
        } else {
            ""
        };
        format!("UPDATE {} SET {set}{from}{test}{cut}", target.sql)
    }

    /// FROM something of which at most one row goes with each row of the target, or of which the new values say nothing.
    fn update_from(&mut self, target: &mut Target<'_>) -> (String, Option<String>) {
        self.feature("UPDATE … FROM");
        if self.dice.percent(60) {
            let other = self.base(&mut target.used);
            let keyed = other
                .level
                .atoms
                .iter()
                .find(|atom| atom.bare.as_deref() == Some("id"));
            let own = target.level.atoms.iter().find(|atom| atom.ty == Ty::Int);
            if let (Some(key), Some(own)) = (keyed, own) {
                let test = format!("{} = {}", key.text, own.text);
                let sql = format!(" FROM {}", other.sql);
                target.level = target.level.clone().and(other.level);
                return (sql, Some(test));
            }
        }
        let From { sql, level, .. } = self.tables_beside(&mut target.used);
        target.level.qualified = true;
        let test = self.within(target.level.clone().and(level), Self::predicate);
        (format!(" FROM {sql}"), Some(test))
    }

    fn assignments(&mut self, table: &Table) -> String {
        let mut columns = writable(table);
        let mut parts = Vec::new();
        for _ in 0..self.dice.between(1, 2) {
            if columns.is_empty() {
                break;
            }
            let column = columns.remove(self.dice.below(columns.len()));
            let name = self.spell(column.name);
            parts.push(format!("{name} = {}", self.new_value(column)));
        }
        if !self.is(Dialect::MySql) && columns.len() > 1 && self.dice.percent(20) {
            self.feature("SET (…) = (…)");
            let (one, two) = (columns[0], columns[1]);
            let (first, second) = (self.spell(one.name), self.spell(two.name));
            let values = format!("{}, {}", self.new_value(one), self.new_value(two));
            parts.push(format!("({first}, {second}) = ({values})"));
        }
        if self.dice.percent(6) {
            let (id, own) = (self.spell("id"), self.own_id());
            parts.push(format!("{id} = {own} + 100"));
        }
        parts.join(", ")
    }

    /// The target's own number, wherever else there is one.
    fn own_id(&self) -> String {
        let atoms = self.levels.last().map(|level| level.atoms.as_slice());
        let id = atoms
            .into_iter()
            .flatten()
            .find(|atom| atom.bare.as_deref() == Some("id"));
        id.map_or_else(|| "id".to_owned(), |atom| atom.text.clone())
    }

    fn new_value(&mut self, column: Column) -> String {
        if self.dice.percent(15) {
            self.feature("sub-select in SET");
            return match column.ty {
                Ty::Int => self.scalar(Ty::Int),
                Ty::Text | Ty::Nocase => self.scalar(Ty::Text),
            };
        }
        self.expr(column.ty)
    }

    fn delete(&mut self, mut target: Target<'_>) -> String {
        self.feature("DELETE");
        let using = self.is(Dialect::PostgreSql) && self.dice.percent(30) && self.spend();
        if !using {
            let test = self.test_of(&target, None);
            return format!("DELETE FROM {}{test}", target.sql);
        }
        self.feature("DELETE … USING");
        let from = self.tables_beside(&mut target.used);
        let level = target.level.and(from.level);
        let test = self.within(level, Self::predicate);
        format!("DELETE FROM {} USING {} WHERE {test}", target.sql, from.sql)
    }

    fn test_of(&mut self, target: &Target<'_>, and: Option<String>) -> String {
        let more = self
            .dice
            .percent(80)
            .then(|| self.within(target.level.clone(), Self::predicate));
        match (and, more) {
            (Some(test), Some(more)) => format!(" WHERE {test} AND ({more})"),
            (None, Some(test)) | (Some(test), None) => format!(" WHERE {test}"),
            (None, None) => {
                self.feature("write without WHERE");
                String::new()
            }
        }
    }

    fn insert(&mut self, target: Target<'_>) -> String {
        let target = self.without_alias_on_sqlite(target);
        self.feature("INSERT");
        let Target { table, sql, .. } = &target;
        if !self.is(Dialect::MySql) && self.dice.percent(5) {
            self.feature("INSERT … DEFAULT VALUES");
            return format!("INSERT INTO {sql} DEFAULT VALUES");
        }
        let mut columns = writable(table);
        columns.retain(|_| self.dice.percent(75));
        columns.insert(
            self.dice.below(columns.len() + 1),
            Column {
                name: "id",
                ty: Ty::Int,
            },
        );
        let names: Vec<String> = columns
            .iter()
            .map(|column| self.spell(column.name))
            .collect();
        let names = names.join(", ");
        let upsert = table.unique() && !self.is(Dialect::MySql) && self.dice.percent(40);
        let source = self.source(&columns, upsert);
        let conflict = if upsert {
            self.on_conflict(&target)
        } else {
            String::new()
        };
        format!("INSERT INTO {sql} ({names}) {source}{conflict}")
    }

    /// SQLite has INSERT INTO t AS a, the parser not for SQLite.
    fn without_alias_on_sqlite<'t>(&mut self, target: Target<'t>) -> Target<'t> {
        let Some((sql, _)) = target.sql.split_once(" AS ") else {
            return target;
        };
        if !self.is(Dialect::Sqlite) {
            return target;
        }
        Target {
            sql: sql.to_owned(),
            level: self.level_of(
                &columns_of(target.table),
                &names::plain(Dialect::Sqlite, target.table.name),
            ),
            ..target
        }
    }

    fn source(&mut self, columns: &[Column], upsert: bool) -> String {
        if self.dice.percent(60) {
            let rows: Vec<String> = (0..self.dice.between(1, 3))
                .map(|row| self.row_of_values(columns, row, upsert))
                .collect();
            return format!("VALUES {}", rows.join(", "));
        }
        self.feature("INSERT … SELECT");
        let ctes = self.ctes.len();
        let with = if self.dice.percent(12) && self.spend() {
            self.feature("INSERT … WITH");
            self.with_clause(false)
        } else {
            String::new()
        };
        let mut select = self.select_of_rows(columns, 0, upsert);
        if self.dice.percent(15) && !upsert {
            self.feature("INSERT … SELECT … UNION");
            let other = self.select_of_rows(columns, 500, upsert);
            select = format!("{select} UNION ALL {other}");
        }
        self.ctes.truncate(ctes);
        format!("{with}{select}")
    }

    fn row_of_values(&mut self, columns: &[Column], row: usize, upsert: bool) -> String {
        // Mostly a number that no row has; for an upsert, one that some have.
        let taken = self.dice.percent(if upsert { 60 } else { 6 });
        let id = if taken {
            self.dice.between(1, 2) + 2 * row
        } else {
            50 + row
        };
        let value = |grammar: &mut Self, column: &Column| match column.name {
            "id" => id.to_string(),
            _ if grammar.dice.percent(12) => {
                grammar.feature("sub-select in VALUES");
                grammar.scalar(column.ty)
            }
            _ => grammar.constant(column.ty),
        };
        let values: Vec<String> = columns.iter().map(|column| value(self, column)).collect();
        format!("({})", values.join(", "))
    }

    /// Rows from one table, each with a number of its own.
    fn select_of_rows(&mut self, columns: &[Column], offset: usize, upsert: bool) -> String {
        let from = self.base(&mut Vec::new());
        let Some(key) = from
            .level
            .atoms
            .iter()
            .find(|atom| atom.bare.as_deref() == Some("id"))
        else {
            return self.row_by_itself(columns, offset);
        };
        let some_taken = upsert && self.dice.percent(70);
        let id = if some_taken {
            key.text.clone()
        } else {
            format!("{} + {}", key.text, offset + 100)
        };
        self.within(from.level, |grammar| {
            let value = |column: &Column| match column.name {
                "id" => id.clone(),
                _ => grammar.expr(column.ty),
            };
            let values: Vec<String> = columns.iter().map(value).collect();
            let test = grammar.predicate();
            format!(
                "SELECT {} FROM {} WHERE {test}",
                values.join(", "),
                from.sql
            )
        })
    }

    fn row_by_itself(&mut self, columns: &[Column], offset: usize) -> String {
        let value = |column: &Column| match column.name {
            "id" => (offset + 100).to_string(),
            _ => self.constant(column.ty),
        };
        let values: Vec<String> = columns.iter().map(value).collect();
        format!("SELECT {} WHERE 1 = 1", values.join(", "))
    }

    fn on_conflict(&mut self, target: &Target<'_>) -> String {
        self.feature("ON CONFLICT");
        let tenant = target
            .table
            .tenant
            .map_or("", |place| target.table.columns[place].name);
        let (id, tenant) = (self.spell("id"), self.spell(tenant));
        let keys = if self.dice.percent(50) {
            format!("{id}, {tenant}")
        } else {
            format!("{tenant}, {id}")
        };
        if self.dice.percent(35) {
            return format!(" ON CONFLICT ({keys}) DO NOTHING");
        }
        self.feature("ON CONFLICT DO UPDATE");
        debug_assert!(self.untouchable.is_none_or(|place| place == target.place));
        let excluded = self.level_of(&columns_of(target.table), "excluded");
        self.within(target.level.clone().and(excluded), |grammar| {
            let mut columns = writable(target.table);
            let column = columns.remove(grammar.dice.below(columns.len()));
            let name = grammar.spell(column.name);
            let value = grammar.new_value(column);
            let test = if grammar.dice.percent(40) {
                format!(" WHERE {}", grammar.predicate())
            } else {
                String::new()
            };
            format!(" ON CONFLICT ({keys}) DO UPDATE SET {name} = {value}{test}")
        })
    }
}

/// The columns that statements may set: neither the number nor the tenant's.
fn writable(table: &Table) -> Vec<Column> {
    let all = table.columns.iter().enumerate();
    let can =
        |(place, column): &(usize, &Column)| Some(*place) != table.tenant && column.name != "id";
    all.filter(can).map(|(_, column)| *column).collect()
}
