//! SQLite's catalog.

mod explain;

use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, SqliteConnection, SqlitePool};

use self::explain::Roots;
use super::facts::{Column, Comparison, Facts, Key, Kind, Reads, Reference, Relation};
use crate::TableName;
use crate::row::row;

row! {
    SqliteRow =>
    struct RelationRow {
        space: String,
        name: String,
        kind: String,
        strict: bool,
    }
}

row! {
    SqliteRow =>
    struct ColumnRow {
        name: String,
        data_type: String,
        not_null: bool,
        hidden: i64,
        key: i64,
    }
}

row! {
    SqliteRow =>
    struct IndexRow {
        name: String,
        origin: String,
    }
}

row! {
    SqliteRow =>
    struct ReferenceRow {
        id: i64,
        target: String,
        here: String,
        there: Option<String>,
        cascades: bool,
    }
}

const RELATIONS: &str = "SELECT schema AS space, name, type AS kind, strict FROM pragma_table_list
    WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY schema, name";

const COLUMNS: &str =
    "SELECT name, type AS data_type, \"notnull\" AS not_null, hidden, pk AS \"key\"
    FROM pragma_table_xinfo(?2, ?1) ORDER BY cid";

const INDEXES: &str =
    "SELECT name, origin FROM pragma_index_list(?2, ?1) WHERE \"unique\" ORDER BY name";

const INDEX_COLUMNS: &str = "SELECT name FROM pragma_index_info(?2, ?1) ORDER BY seqno";

const REFERENCES: &str = "SELECT id, \"table\" AS target, \"from\" AS here, \"to\" AS there,
        on_delete IN ('CASCADE', 'SET NULL', 'SET DEFAULT') OR on_update IN ('CASCADE', 'SET NULL', 'SET DEFAULT')
            AS cascades
    FROM pragma_foreign_key_list(?2, ?1) ORDER BY id, seq";

pub(super) async fn facts(pool: &SqlitePool, columns: &[&str]) -> Result<Facts, sqlx::Error> {
    // One connection: temporary tables and attached databases are one connection's own.
    let connection = &mut *pool.acquire().await?;
    let roots = Roots::read(connection).await?;
    let rows: Vec<RelationRow> = sqlx::query_as(RELATIONS)
        .fetch_all(&mut *connection)
        .await?;
    let mut relations = Vec::new();
    for row in &rows {
        relations.push(relation(connection, &roots, row, columns, &rows).await?);
    }
    Ok(Facts {
        home: "main".to_owned(),
        relations,
        callable: Vec::new(),
        general: Vec::new(),
    })
}

async fn relation(
    connection: &mut SqliteConnection,
    roots: &Roots,
    row: &RelationRow,
    asked: &[&str],
    all: &[RelationRow],
) -> Result<Relation, sqlx::Error> {
    let kind = kind(&row.kind);
    let name: TableName = (row.space.as_str(), row.name.as_str()).into();
    let mut relation = Relation {
        kind,
        columns: Vec::new(),
        keys: Vec::new(),
        references: Vec::new(),
        reads: Reads::default(),
        shadow: shadow(row, all),
        name,
    };
    if kind == Kind::View {
        relation.reads = roots.read_by(connection, &relation.name).await;
        if relation.reads.unknown.is_some() {
            // Its columns could not be told either.
            return Ok(relation);
        }
    }
    let table = &relation.name;
    let columns: Vec<ColumnRow> = about(connection, COLUMNS, table).await?;
    if kind == Kind::Table {
        relation.keys = keys(connection, table, &columns).await?;
        relation.references = references(connection, table).await?;
    }
    for column in &columns {
        if asked
            .iter()
            .any(|name| name.eq_ignore_ascii_case(&column.name))
        {
            let collation = explain::collation(connection, table, &column.name).await?;
            let column = judged(column, row.strict, kind, collation);
            relation.columns.push(column);
        }
    }
    Ok(relation)
}

/// What SQLite says of a relation, which is bound after its schema.
async fn about<T>(
    connection: &mut SqliteConnection,
    sql: &'static str,
    table: &TableName,
) -> Result<Vec<T>, sqlx::Error>
where
    T: for<'r> sqlx::FromRow<'r, SqliteRow> + Send + Unpin,
{
    sqlx::query_as(sql)
        .bind(table.schema.as_deref())
        .bind(&table.table)
        .fetch_all(connection)
        .await
}

fn kind(word: &str) -> Kind {
    match word {
        "table" => Kind::Table,
        "view" => Kind::View,
        "virtual" => Kind::Virtual,
        _ => Kind::Other("shadow table"),
    }
}

/// Temporary tables come before all others.
fn shadow(row: &RelationRow, all: &[RelationRow]) -> Option<String> {
    let is_shadow =
        |other: &&RelationRow| other.space == "temp" && other.name.eq_ignore_ascii_case(&row.name);
    if row.space == "temp" {
        return None;
    }
    let shadow = all.iter().find(is_shadow)?;
    Some(format!("temp.{}", shadow.name))
}

fn judged(row: &ColumnRow, strict: bool, kind: Kind, collation: Option<String>) -> Column {
    let comparison = match (affinity(&row.data_type, strict), collation) {
        (Affinity::Number, _) => Comparison::Inexact("takes 7 and 007 for equal: must be TEXT"),
        (Affinity::Text | Affinity::None, Some(name)) if name == "BINARY" => Comparison::Exact,
        (Affinity::Text | Affinity::None, Some(name)) => Comparison::MadeExact(name),
        (Affinity::Text | Affinity::None, None) => {
            Comparison::Inexact("has a collation that can't be told")
        }
    };
    Column {
        name: row.name.clone(),
        data_type: row.data_type.clone(),
        // A view says nothing of it.
        nullable: !row.not_null && kind == Kind::Table,
        generated: row.hidden == 2 || row.hidden == 3,
        comparison,
    }
}

/// What SQLite makes of values before it compares them.
enum Affinity {
    Text,
    Number,
    None,
}

/// By SQLite's rules, in their order.
fn affinity(data_type: &str, strict: bool) -> Affinity {
    let data_type = data_type.to_ascii_uppercase();
    let has = |word| data_type.contains(word);
    if has("INT") {
        Affinity::Number
    } else if has("CHAR") || has("CLOB") || has("TEXT") {
        Affinity::Text
    } else if has("BLOB") || data_type.is_empty() || strict && data_type == "ANY" {
        Affinity::None
    } else {
        Affinity::Number
    }
}

async fn keys(
    connection: &mut SqliteConnection,
    table: &TableName,
    columns: &[ColumnRow],
) -> Result<Vec<Key>, sqlx::Error> {
    let indexes: Vec<IndexRow> = about(connection, INDEXES, table).await?;
    let mut keys = Vec::new();
    // The rowid's other name has no index.
    if !indexes.iter().any(|index| index.origin == "pk") {
        let columns: Vec<_> = columns
            .iter()
            .filter(|column| column.key > 0)
            .map(|column| Some(column.name.clone()))
            .collect();
        if !columns.is_empty() {
            keys.push(Key {
                name: "PRIMARY KEY".to_owned(),
                columns,
            });
        }
    }
    for index in indexes {
        let columns = sqlx::query_scalar(INDEX_COLUMNS)
            .bind(table.schema.as_deref())
            .bind(&index.name)
            .fetch_all(&mut *connection)
            .await?;
        keys.push(Key {
            name: index.name,
            columns,
        });
    }
    Ok(keys)
}

async fn references(
    connection: &mut SqliteConnection,
    table: &TableName,
) -> Result<Vec<Reference>, sqlx::Error> {
    let rows: Vec<ReferenceRow> = about(connection, REFERENCES, table).await?;
    let mut references = Vec::new();
    for rows in rows.chunk_by(|one, other| one.id == other.id) {
        let Some(first) = rows.first() else { continue };
        let target = TableName {
            // A foreign key does not leave its database.
            schema: table.schema.clone(),
            table: first.target.clone(),
        };
        let mut there: Vec<String> = rows.iter().filter_map(|row| row.there.clone()).collect();
        if there.is_empty() {
            let mut columns: Vec<ColumnRow> = about(connection, COLUMNS, &target).await?;
            columns.retain(|column| column.key > 0);
            columns.sort_by_key(|column| column.key);
            there = columns.into_iter().map(|column| column.name).collect();
        }
        references.push(Reference {
            name: format!("the foreign key of {}", first.here),
            target,
            pairs: rows.iter().map(|row| row.here.clone()).zip(there).collect(),
            cascades: first.cascades,
        });
    }
    Ok(references)
}

/// A statement about a relation, its name as SQL writes it.
fn naming(before: &str, table: &TableName, after: &str) -> AssertSqlSafe<String> {
    let schema = table.schema.as_deref().unwrap_or("main");
    let (schema, table) = (quoted(schema), quoted(&table.table));
    AssertSqlSafe(format!("{before} {schema}.{table}{after}"))
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
