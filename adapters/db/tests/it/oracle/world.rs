//! A schema with the rows of several tenants: what one batch of statements is run against.

use tollgate_db::Schema;

use crate::oracle::dialect::Dialect;

use super::dice::Dice;

/// Whom statements are run for. Two differ by case only, and the last has no rows.
pub(super) const TENANTS: &[&str] = &["acme", "ACME", "acme-2", "nobody"];

/// Whose rows there are; `None` is NULL.
const OWNERS: &[Option<&str>] = &[
    Some("acme"),
    Some("ACME"),
    Some("acme-2"),
    Some(""),
    Some("acme "),
    None,
];

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ty {
    Int,
    Text,
    /// Text that the database compares without regard to case. Only compared, never put out by itself, since the
    /// database may pick any of several spellings.
    Nocase,
}

/// A value of a row, or one to bind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Int(Option<i64>),
    Text(Option<String>),
}

/// A column, by its name in the catalog.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) ty: Ty,
}

/// A row, and whose it is.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) owner: Option<&'static str>,
    /// One for each column of the table.
    pub(super) values: Vec<Value>,
}

/// A table.
#[derive(Debug, Clone)]
pub(super) struct Table {
    /// `None` for the dialect's default.
    pub(super) schema: Option<&'static str>,
    pub(super) name: &'static str,
    pub(super) columns: Vec<Column>,
    /// Which column says whose a row is; shared tables have none.
    pub(super) tenant: Option<usize>,
    pub(super) rows: Vec<Row>,
    /// Which indexes it has, so that plans differ.
    pub(super) indexed: bool,
    /// A view of the first table; nothing is written to it.
    pub(super) view: bool,
}

impl Table {
    /// Whether no two rows of a tenant may have one id.
    pub(super) fn unique(&self) -> bool {
        self.tenant
            .is_some_and(|place| self.columns[place].ty == Ty::Text)
    }
}

/// Tables and their rows.
#[derive(Debug, Clone)]
pub(super) struct World {
    pub(super) dialect: Dialect,
    pub(super) tables: Vec<Table>,
}

const COLUMNS: &[Column] = &[
    column("name", Ty::Text),
    column("n", Ty::Int),
    column("parent", Ty::Int),
    column("tag", Ty::Nocase),
    column("Group", Ty::Int),
    column("note", Ty::Text),
];

const fn column(name: &'static str, ty: Ty) -> Column {
    Column { name, ty }
}

impl World {
    /// Three to six tables that the seed determines.
    pub(super) fn new(dialect: Dialect, seed: u64) -> Self {
        let mut dice = Dice::seeded(seed);
        let mut tables = vec![scoped(&mut dice, None, "resources")];
        for name in ["orders", "Mixed", "order", "odd name"] {
            if dice.percent(60) {
                tables.push(scoped(&mut dice, None, name));
            }
        }
        if dialect == Dialect::PostgreSql && dice.percent(50) {
            tables.push(scoped(&mut dice, Some("app"), "resources"));
        }
        if dice.percent(40) {
            tables.push(Table {
                name: "seen",
                view: true,
                ..tables[0].clone()
            });
        }
        tables.push(shared(&mut dice, "countries"));
        if dice.percent(30) {
            tables.push(shared(&mut dice, "Zones"));
        }
        Self { dialect, tables }
    }

    /// What a service would declare.
    pub(super) fn schema(&self) -> Schema {
        self.tables.iter().fold(Schema::new(), |schema, table| {
            let name = match table.schema {
                Some(schema) => (schema, table.name).into(),
                None => tollgate_db::TableName::from(table.name),
            };
            match table.tenant {
                Some(place) => schema.scoped_by(name, table.columns[place].name),
                None => schema.shared(name),
            }
        })
    }
}

fn scoped(dice: &mut Dice, schema: Option<&'static str>, name: &'static str) -> Table {
    let mut columns = columns(dice);
    let tenant_column = *dice.pick(&["tenant_id", "tenant_id", "org_id", "Owner"]);
    if tenant_column != "tenant_id" && dice.percent(50) {
        // A column like any other, in spite of its name.
        columns.push(column("tenant_id", Ty::Text));
    }
    let ty = if dice.percent(15) {
        Ty::Nocase
    } else {
        Ty::Text
    };
    let place = dice.below(columns.len() + 1);
    columns.insert(place, column(tenant_column, ty));
    let mut rows = Vec::new();
    for owner in OWNERS {
        let most = if owner.is_some_and(|id| id.eq_ignore_ascii_case("acme")) {
            8
        } else {
            3
        };
        for id in 1..=dice.between(1, most) {
            let mut values = row(dice, &columns, id, *owner);
            values[place] = Value::Text(owner.map(str::to_owned));
            let row = Row {
                owner: *owner,
                values,
            };
            rows.insert(dice.below(rows.len() + 1), row);
        }
    }
    Table {
        schema,
        name,
        columns,
        tenant: Some(place),
        rows,
        indexed: dice.percent(50),
        view: false,
    }
}

fn shared(dice: &mut Dice, name: &'static str) -> Table {
    let mut columns = columns(dice);
    if dice.percent(40) {
        columns.push(column("tenant_id", Ty::Text));
    }
    let rows = (1..=dice.between(2, 5))
        .map(|id| Row {
            owner: None,
            values: row(dice, &columns, id, None),
        })
        .collect();
    Table {
        schema: None,
        name,
        columns,
        tenant: None,
        rows,
        indexed: false,
        view: false,
    }
}

/// A number of its own for each row first, then others.
fn columns(dice: &mut Dice) -> Vec<Column> {
    let mut columns = vec![column("id", Ty::Int), COLUMNS[0], COLUMNS[1]];
    for other in &COLUMNS[2..] {
        if dice.percent(50) {
            columns.push(*other);
        }
    }
    columns
}

fn row(dice: &mut Dice, columns: &[Column], id: usize, owner: Option<&str>) -> Vec<Value> {
    let value = |column: &Column| match column.ty {
        Ty::Int if column.name == "id" => Value::Int(i64::try_from(id).ok()),
        Ty::Int => Value::Int(int(dice)),
        Ty::Text => Value::Text(text(dice)),
        Ty::Nocase => Value::Text(tag(dice, owner)),
    };
    columns.iter().map(value).collect()
}

/// A small number, sometimes NULL: other tenants have the same ones.
pub(super) fn int(dice: &mut Dice) -> Option<i64> {
    (!dice.percent(12)).then(|| i64::try_from(dice.below(8)).unwrap() - 1)
}

const TEXTS: &[&str] = &[
    "red", "Red", "a", "acme", "ACME", "acme-2", "", "it's", "Ärger", "nobody", "-- x", "100%",
];

/// A text, sometimes NULL: other tenants have the same ones.
pub(super) fn text(dice: &mut Dice) -> Option<String> {
    (!dice.percent(12)).then(|| (*dice.pick(TEXTS)).to_owned())
}

/// A text that each tenant writes in a way of its own, so that no tenant by itself has two spellings of one.
fn tag(dice: &mut Dice, owner: Option<&str>) -> Option<String> {
    let tag = *dice.pick(&["new", "old", "hot"]);
    (!dice.percent(12)).then(|| match owner {
        Some("ACME") => tag.to_ascii_uppercase(),
        _ => tag.to_owned(),
    })
}
