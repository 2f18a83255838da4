//! PostgreSQL's catalog.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::postgres::PgRow;
use sqlx::{PgConnection, PgPool};

use super::Finding;
use super::facts::{
    Callable, Column, Comparison, Facts, How, Key, Kind, Reads, Reference, Relation,
};
use crate::TableName;
use crate::look::Look;
use crate::rewrite::allow;
use crate::row::row;

row! {
    PgRow =>
    struct RelationRow {
        relation: i64,
        space: String,
        name: String,
        kind: String,
        shadowed: bool,
        meant: Option<String>,
    }
}

row! {
    PgRow =>
    struct ColumnRow {
        relation: i64,
        name: String,
        data_type: String,
        nullable: bool,
        generated: bool,
        base: Option<String>,
        exact: bool,
    }
}

row! {
    PgRow =>
    struct KeyRow {
        relation: i64,
        name: String,
        columns: Vec<Option<String>>,
    }
}

row! {
    PgRow =>
    struct ReferenceRow {
        relation: i64,
        name: String,
        space: String,
        target: String,
        here: Vec<String>,
        there: Vec<String>,
        cascades: bool,
    }
}

row! {
    PgRow =>
    struct ReadRow {
        reader: i64,
        read: Option<i64>,
        function: Option<String>,
    }
}

row! {
    PgRow =>
    struct FunctionRow {
        space: String,
        name: String,
        arguments: String,
        like_column: bool,
    }
}

row! {
    PgRow =>
    struct Settings {
        strings: String,
        first: Option<String>,
    }
}

pub(super) async fn facts(pool: &PgPool, columns: &[&str]) -> Result<Facts, sqlx::Error> {
    // One connection: a name may mean one thing here, and another there.
    let mut look = Look::begin(pool).await?;
    let connection = look.connection();
    let general = settings(connection).await?;
    let mut relations = relations(connection).await?;
    for row in all::<ColumnRow>(connection, include_str!("columns.sql"), Some(columns)).await? {
        if let Some(relation) = relations.get_mut(&row.relation) {
            relation.columns.push(column(row));
        }
    }
    for row in all::<KeyRow>(connection, include_str!("keys.sql"), None).await? {
        if let Some(relation) = relations.get_mut(&row.relation) {
            relation.keys.push(Key {
                name: row.name,
                columns: row.columns,
            });
        }
    }
    for row in all::<ReferenceRow>(connection, include_str!("references.sql"), None).await? {
        if let Some(relation) = relations.get_mut(&row.relation) {
            relation.references.push(Reference {
                name: row.name,
                target: (row.space.as_str(), row.target.as_str()).into(),
                pairs: row.here.into_iter().zip(row.there).collect(),
                cascades: row.cascades,
            });
        }
    }
    let listed: Vec<&str> = allow::functions::on_postgresql().collect();
    let callable: Vec<FunctionRow> =
        all(connection, include_str!("functions.sql"), Some(&listed)).await?;
    let edges = all::<ReadRow>(connection, include_str!("reads.sql"), None).await?;
    look.end().await?;
    see_through(&mut relations, &edges);
    Ok(Facts {
        home: "public".to_owned(),
        relations: relations.into_values().collect(),
        callable: callable.into_iter().map(function).collect(),
        general,
    })
}

async fn all<T>(
    connection: &mut PgConnection,
    sql: &'static str,
    names: Option<&[&str]>,
) -> Result<Vec<T>, sqlx::Error>
where
    T: for<'r> sqlx::FromRow<'r, PgRow> + Send + Unpin,
{
    let mut query = sqlx::query_as(sql);
    if let Some(names) = names {
        query = query.bind(names);
    }
    query.persistent(false).fetch_all(connection).await
}

async fn settings(connection: &mut PgConnection) -> Result<Vec<Finding>, sqlx::Error> {
    let found: Vec<Settings> = all(connection, include_str!("settings.sql"), None).await?;
    let mut findings = Vec::new();
    for settings in found {
        if settings.strings != "on" {
            findings.push(Finding::Setting {
                name: "standard_conforming_strings",
                value: settings.strings,
                wanted: "on",
            });
        }
        // Else functions and operators of a user's take the place of those that are known.
        if settings.first.as_deref() != Some("pg_catalog") {
            findings.push(Finding::Setting {
                name: "search_path",
                value: format!("led by {}", settings.first.unwrap_or_default()),
                wanted: "led by pg_catalog, as it is unless it names that",
            });
        }
    }
    Ok(findings)
}

async fn relations(connection: &mut PgConnection) -> Result<BTreeMap<i64, Relation>, sqlx::Error> {
    let rows: Vec<RelationRow> = all(connection, include_str!("relations.sql"), None).await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let shadow = row
                .shadowed
                .then(|| row.meant.unwrap_or_else(|| "nothing".to_owned()));
            let relation = Relation {
                name: (row.space.as_str(), row.name.as_str()).into(),
                kind: kind(&row.kind),
                columns: Vec::new(),
                keys: Vec::new(),
                references: Vec::new(),
                reads: Reads {
                    unknown: (row.kind == "f").then(|| format!("{} is a foreign table", row.name)),
                    ..Reads::default()
                },
                shadow,
            };
            (row.relation, relation)
        })
        .collect())
}

fn function(row: FunctionRow) -> Callable {
    Callable {
        name: row.name,
        space: row.space,
        arguments: row.arguments,
        how: if row.like_column {
            How::LikeColumn
        } else {
            How::ByListedName
        },
    }
}

fn kind(letter: &str) -> Kind {
    match letter {
        "r" | "p" | "f" => Kind::Table,
        "v" | "m" => Kind::View,
        "S" => Kind::Other("sequence"),
        "c" => Kind::Other("type"),
        _ => Kind::Other("relation of another kind"),
    }
}

fn column(row: ColumnRow) -> Column {
    let comparison = match row.base.as_deref() {
        Some("text" | "varchar" | "bpchar") if row.exact => Comparison::Exact,
        Some("text" | "varchar" | "bpchar") => {
            Comparison::Inexact("has a collation that takes different strings for equal")
        }
        Some("uuid" | "int2" | "int4" | "int8") => {
            Comparison::Inexact("does not compare with a tenant's id, which is text")
        }
        Some(_) | None => Comparison::Inexact("may take different strings for equal: must be text"),
    };
    Column {
        name: row.name,
        data_type: row.data_type,
        nullable: row.nullable,
        generated: row.generated,
        comparison,
    }
}

/// Tells every relation what its rows are made of, at any depth.
fn see_through(relations: &mut BTreeMap<i64, Relation>, edges: &[ReadRow]) {
    let mut graph: BTreeMap<i64, Vec<&ReadRow>> = BTreeMap::new();
    for edge in edges {
        graph.entry(edge.reader).or_default().push(edge);
    }
    let known: BTreeMap<i64, (TableName, Option<String>)> = relations
        .iter()
        .map(|(oid, relation)| {
            (
                *oid,
                (relation.name.clone(), relation.reads.unknown.clone()),
            )
        })
        .collect();
    for (oid, relation) in relations {
        let mut seen = BTreeSet::from([*oid]);
        let mut open = vec![*oid];
        while let Some(next) = open.pop() {
            for edge in graph.get(&next).into_iter().flatten() {
                if let Some(function) = &edge.function {
                    // Two views may call the same.
                    relation.reads.functions.insert(function.clone());
                }
                let Some(read) = edge.read.filter(|read| seen.insert(*read)) else {
                    continue;
                };
                if let Some((name, unknown)) = known.get(&read) {
                    relation.reads.relations.push(name.clone());
                    relation.reads.unknown =
                        relation.reads.unknown.take().or_else(|| unknown.clone());
                }
                open.push(read);
            }
        }
    }
}
