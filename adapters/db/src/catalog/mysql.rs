//! The catalog of MySQL and MariaDB.

use sqlx::mysql::MySqlRow;
use sqlx::{MySqlConnection, MySqlPool};

use super::Finding;
use super::facts::{Column, Comparison, Facts, Key, Kind, Reads, Reference, Relation};
use crate::TableName;
use crate::row::row;

row! {
    MySqlRow =>
    struct RelationRow {
        space: String,
        name: String,
        kind: String,
    }
}

row! {
    MySqlRow =>
    struct ColumnRow {
        space: String,
        relation: String,
        name: String,
        data_type: String,
        base: String,
        nullable: i64,
        generated: i64,
        collation: Option<String>,
    }
}

row! {
    MySqlRow =>
    struct KeyRow {
        space: String,
        relation: String,
        name: String,
        column: Option<String>,
    }
}

row! {
    MySqlRow =>
    struct ReferenceRow {
        space: String,
        relation: String,
        name: String,
        target_space: String,
        target: String,
        here: String,
        there: String,
        cascades: i64,
    }
}

const RELATIONS: &str =
    "SELECT CAST(table_schema AS CHAR) AS space, CAST(table_name AS CHAR) AS name,
        CAST(table_type AS CHAR) AS kind
    FROM information_schema.tables
    WHERE table_schema NOT IN ('information_schema', 'mysql', 'performance_schema', 'sys')
    ORDER BY table_schema, table_name";

const COLUMNS: &str = "SELECT CAST(table_schema AS CHAR) AS space, CAST(table_name AS CHAR) AS relation,
        CAST(column_name AS CHAR) AS name, CAST(column_type AS CHAR) AS data_type, CAST(data_type AS CHAR) AS base,
        CAST(is_nullable = 'YES' AS SIGNED) AS nullable,
        CAST(COALESCE(generation_expression, '') <> '' AS SIGNED) AS generated, CAST(collation_name AS CHAR) AS collation
    FROM information_schema.columns
    WHERE table_schema NOT IN ('information_schema', 'mysql', 'performance_schema', 'sys')
    ORDER BY table_schema, table_name, ordinal_position";

const KEYS: &str =
    "SELECT CAST(table_schema AS CHAR) AS space, CAST(table_name AS CHAR) AS relation,
        CAST(index_name AS CHAR) AS name, CAST(column_name AS CHAR) AS `column`
    FROM information_schema.statistics
    WHERE non_unique = 0
    ORDER BY table_schema, table_name, index_name, seq_in_index";

const REFERENCES: &str = "SELECT CAST(k.table_schema AS CHAR) AS space, CAST(k.table_name AS CHAR) AS relation,
        CAST(k.constraint_name AS CHAR) AS name, CAST(k.referenced_table_schema AS CHAR) AS target_space,
        CAST(k.referenced_table_name AS CHAR) AS target, CAST(k.column_name AS CHAR) AS here,
        CAST(k.referenced_column_name AS CHAR) AS there,
        CAST(r.delete_rule IN ('CASCADE', 'SET NULL', 'SET DEFAULT')
            OR r.update_rule IN ('CASCADE', 'SET NULL', 'SET DEFAULT') AS SIGNED) AS cascades
    FROM information_schema.key_column_usage AS k
    JOIN information_schema.referential_constraints AS r
        ON r.constraint_schema = k.constraint_schema AND r.constraint_name = k.constraint_name
        AND r.table_name = k.table_name
    WHERE k.referenced_table_name IS NOT NULL
    ORDER BY k.table_schema, k.table_name, k.constraint_name, k.ordinal_position";

pub(super) async fn facts(pool: &MySqlPool, columns: &[&str]) -> Result<Facts, sqlx::Error> {
    let connection = &mut *pool.acquire().await?;
    let home: Option<String> = sqlx::query_scalar("SELECT DATABASE()")
        .fetch_one(&mut *connection)
        .await?;
    let general = settings(connection).await?;
    let mut relations: Vec<Relation> = all::<RelationRow>(connection, RELATIONS)
        .await?
        .iter()
        .map(relation)
        .collect();
    for row in all::<ColumnRow>(connection, COLUMNS).await? {
        let asked = columns
            .iter()
            .any(|name| name.eq_ignore_ascii_case(&row.name));
        if let Some(relation) = find(&mut relations, &row.space, &row.relation).filter(|_| asked) {
            relation.columns.push(column(row));
        }
    }
    let rows: Vec<KeyRow> = all(connection, KEYS).await?;
    for rows in rows.chunk_by(|one, other| {
        (&one.space, &one.relation, &one.name) == (&other.space, &other.relation, &other.name)
    }) {
        let Some(first) = rows.first() else { continue };
        if let Some(relation) = find(&mut relations, &first.space, &first.relation) {
            relation.keys.push(Key {
                name: first.name.clone(),
                columns: rows.iter().map(|row| row.column.clone()).collect(),
            });
        }
    }
    let rows: Vec<ReferenceRow> = all(connection, REFERENCES).await?;
    for rows in rows.chunk_by(|one, other| {
        (&one.space, &one.relation, &one.name) == (&other.space, &other.relation, &other.name)
    }) {
        let Some(first) = rows.first() else { continue };
        if let Some(relation) = find(&mut relations, &first.space, &first.relation) {
            relation.references.push(reference(first, rows));
        }
    }
    Ok(Facts {
        home: home.unwrap_or_default(),
        relations,
        callable: Vec::new(),
        general,
    })
}

async fn all<T>(connection: &mut MySqlConnection, sql: &'static str) -> Result<Vec<T>, sqlx::Error>
where
    T: for<'r> sqlx::FromRow<'r, MySqlRow> + Send + Unpin,
{
    sqlx::query_as(sql).fetch_all(connection).await
}

async fn settings(connection: &mut MySqlConnection) -> Result<Vec<Finding>, sqlx::Error> {
    let mode: String = sqlx::query_scalar("SELECT CAST(@@SESSION.sql_mode AS CHAR)")
        .fetch_one(connection)
        .await?;
    // MariaDB's other grammar.
    let is_oracle = mode.split(',').any(|word| word == "ORACLE");
    Ok(is_oracle
        .then_some(Finding::Setting {
            name: "sql_mode",
            value: mode,
            wanted: "without ORACLE",
        })
        .into_iter()
        .collect())
}

fn find<'r>(relations: &'r mut [Relation], space: &str, name: &str) -> Option<&'r mut Relation> {
    let wanted: TableName = (space, name).into();
    relations
        .iter_mut()
        .find(|relation| relation.name == wanted)
}

fn relation(row: &RelationRow) -> Relation {
    let kind = match row.kind.as_str() {
        "BASE TABLE" | "SYSTEM VERSIONED" => Kind::Table,
        "VIEW" => Kind::View,
        _ => Kind::Other("relation of another kind"),
    };
    let unknown = match kind {
        Kind::View => Some("this database's catalog does not tell what a view reads".to_owned()),
        Kind::Table | Kind::Virtual | Kind::Other(_) => None,
    };
    Relation {
        name: (row.space.as_str(), row.name.as_str()).into(),
        kind,
        columns: Vec::new(),
        keys: Vec::new(),
        references: Vec::new(),
        reads: Reads {
            unknown,
            ..Reads::default()
        },
        shadow: None,
    }
}

fn column(row: ColumnRow) -> Column {
    let comparison = match (row.base.as_str(), row.collation) {
        ("binary" | "varbinary" | "tinyblob" | "blob" | "mediumblob" | "longblob", _) => {
            Comparison::Exact
        }
        ("char" | "varchar" | "tinytext" | "text" | "mediumtext" | "longtext", Some(collation)) => {
            if collation.ends_with("_bin") {
                Comparison::Exact
            } else {
                Comparison::MadeExact(collation)
            }
        }
        _ => Comparison::Inexact("takes different strings for equal: must be text"),
    };
    Column {
        name: row.name,
        data_type: row.data_type,
        nullable: row.nullable != 0,
        generated: row.generated != 0,
        comparison,
    }
}

fn reference(first: &ReferenceRow, rows: &[ReferenceRow]) -> Reference {
    Reference {
        name: first.name.clone(),
        target: (first.target_space.as_str(), first.target.as_str()).into(),
        pairs: rows
            .iter()
            .map(|row| (row.here.clone(), row.there.clone()))
            .collect(),
        cascades: first.cascades != 0,
    }
}
