//! The statements that make a world's tables: those of all tenants, or those that one tenant would have alone.

use super::names::plain;
use super::world::{Row, Table, Ty, Value, World};
use crate::oracle::dialect::Dialect;

/// Whose rows a database holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    Everybodys,
    Only(&'static str),
}

impl Holds {
    /// Whether it has this row of a tenants' table.
    fn has(self, row: &Row) -> bool {
        match self {
            Self::Everybodys => true,
            Self::Only(tenant) => row.owner == Some(tenant),
        }
    }
}

/// CREATE and INSERT, in this order.
pub(super) fn statements(world: &World, holds: Holds) -> Vec<String> {
    let mut all = Vec::new();
    for (place, table) in world.tables.iter().enumerate() {
        let name = full_name(world.dialect, table);
        if table.view {
            // Of the reader's own rights, where a view has its owner's otherwise.
            let with = match world.dialect {
                Dialect::PostgreSql => " WITH (security_invoker = true)",
                Dialect::Sqlite | Dialect::MySql => "",
            };
            let of = full_name(world.dialect, &world.tables[0]);
            all.push(format!("CREATE VIEW {name}{with} AS SELECT * FROM {of}"));
            continue;
        }
        all.push(create(world.dialect, table, &name, holds));
        all.extend(indexes(world.dialect, table, &name, place));
        all.extend(insert(world.dialect, table, &name, holds));
    }
    all
}

/// A table's name as SQL writes it, with its schema if that isn't the default.
pub(super) fn full_name(dialect: Dialect, table: &Table) -> String {
    let name = plain(dialect, table.name);
    match table.schema {
        Some(schema) => format!("{}.{name}", plain(dialect, schema)),
        None => name,
    }
}

fn create(dialect: Dialect, table: &Table, name: &str, holds: Holds) -> String {
    let columns: Vec<String> = table
        .columns
        .iter()
        .enumerate()
        .map(|(place, column)| {
            let rest = if table.tenant == Some(place) {
                tenant_default(dialect, holds)
            } else if column.name == "id" {
                " DEFAULT 77".to_owned()
            } else {
                String::new()
            };
            format!(
                "{} {}{rest}",
                plain(dialect, column.name),
                type_of(dialect, column.ty)
            )
        })
        .collect();
    format!("CREATE TABLE {name} ({})", columns.join(", "))
}

/// A tenant by itself need not be named. Among others there is a name only where row-level security gives it, so that a
/// row without its tenant comes to light.
fn tenant_default(dialect: Dialect, holds: Holds) -> String {
    match holds {
        Holds::Only(tenant) => format!(" DEFAULT '{tenant}'"),
        Holds::Everybodys if dialect == Dialect::PostgreSql => {
            " DEFAULT current_setting('app.tenant_id', true)".to_owned()
        }
        Holds::Everybodys => String::new(),
    }
}

fn type_of(dialect: Dialect, ty: Ty) -> &'static str {
    match (dialect, ty) {
        (Dialect::Sqlite, Ty::Int) => "INTEGER",
        (Dialect::Sqlite, Ty::Text) => "TEXT",
        (Dialect::Sqlite, Ty::Nocase) => "TEXT COLLATE NOCASE",
        (_, Ty::Int) => "bigint",
        (Dialect::MySql, Ty::Text) => "varchar(60) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
        (Dialect::MySql, Ty::Nocase) => {
            "varchar(60) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci"
        }
        // PostgreSQL has no such type that could hold tenants' ids: the check at boot refuses it.
        _ => "text",
    }
}

fn indexes(dialect: Dialect, table: &Table, name: &str, place: usize) -> Vec<String> {
    let mut all = Vec::new();
    let Some(tenant) = table.tenant else {
        return all;
    };
    let tenant = plain(dialect, table.columns[tenant].name);
    if table.unique() {
        all.push(format!(
            "CREATE UNIQUE INDEX u{place} ON {name} ({tenant}, id)"
        ));
    }
    if table.indexed {
        all.push(format!("CREATE INDEX i{place} ON {name} ({tenant}, n)"));
        all.push(format!("CREATE INDEX j{place} ON {name} (n)"));
    }
    all
}

fn insert(dialect: Dialect, table: &Table, name: &str, holds: Holds) -> Option<String> {
    let rows: Vec<String> = table
        .rows
        .iter()
        .filter(|row| table.tenant.is_none() || holds.has(row))
        .map(|row| {
            let values: Vec<String> = row
                .values
                .iter()
                .map(|value| literal(dialect, value))
                .collect();
            format!("({})", values.join(", "))
        })
        .collect();
    (!rows.is_empty()).then(|| format!("INSERT INTO {name} VALUES {}", rows.join(", ")))
}

fn literal(dialect: Dialect, value: &Value) -> String {
    match value {
        Value::Int(Some(number)) => number.to_string(),
        Value::Text(Some(text)) if dialect == Dialect::MySql => {
            format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
        }
        Value::Text(Some(text)) => format!("'{}'", text.replace('\'', "''")),
        Value::Int(None) | Value::Text(None) => "NULL".to_owned(),
    }
}

/// One row of text for each row of each table: the table's number, the tenant, and all values, each in a form that
/// tells apart whatever the database does.
pub(super) fn dump(world: &World) -> String {
    let tables = world
        .tables
        .iter()
        .enumerate()
        .filter(|(_, table)| !table.view);
    let arms: Vec<String> = tables
        .map(|(place, table)| {
            let name = full_name(world.dialect, table);
            let tenant = table.tenant.map_or("NULL".to_owned(), |at| {
                plain(world.dialect, table.columns[at].name)
            });
            let text = |inner: &str| match world.dialect {
                Dialect::MySql => {
                    format!("CAST({inner} AS CHAR CHARACTER SET utf8mb4) COLLATE utf8mb4_bin")
                }
                Dialect::PostgreSql | Dialect::Sqlite => format!("CAST({inner} AS text)"),
            };
            let quote = match world.dialect {
                Dialect::PostgreSql => "quote_nullable",
                Dialect::Sqlite | Dialect::MySql => "quote",
            };
            let values: Vec<String> = table
                .columns
                .iter()
                .map(|column| text(&format!("{quote}({})", plain(world.dialect, column.name))))
                .collect();
            let values = match world.dialect {
                Dialect::MySql => format!("concat_ws(' ', {})", values.join(", ")),
                Dialect::PostgreSql | Dialect::Sqlite => values.join(" || ' ' || "),
            };
            format!("SELECT '{place}', {}, {values} FROM {name}", text(&tenant))
        })
        .collect();
    arms.join(" UNION ALL ")
}
