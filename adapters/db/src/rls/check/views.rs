//! Whether views lead around the policies.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::PgConnection;
use sqlx::postgres::PgRow;

use super::super::gap::Gap;
use super::super::policies::home;
use super::tables;
use crate::Schema;
use crate::row::row;
use crate::schema::Access;

row! {
    PgRow =>
    /// One relation that reads another by a rule.
    struct Edge {
        reader: i64,
        name: String,
        kind: String,
        invoker: bool,
        owner: String,
        /// No policy binds the owner.
        unbound: bool,
        /// The role of the connection may read or write it.
        reachable: bool,
        read: i64,
        read_name: String,
        read_kind: String,
        read_shared: bool,
    }
}

/// Who reads whom: a relation, and what its rules mention.
type Graph<'e> = BTreeMap<i64, Vec<&'e Edge>>;

pub(super) async fn gaps(
    connection: &mut PgConnection,
    family: &[tables::Row],
    schema: &Schema,
) -> Result<Vec<Gap>, sqlx::Error> {
    let (spaces, names): (Vec<_>, Vec<_>) = schema
        .tables
        .iter()
        .filter(|(_, access)| *access == Access::Shared)
        .map(|(name, _)| {
            let space = name.schema.as_deref().unwrap_or_else(|| home(schema));
            (space, name.table.as_str())
        })
        .unzip();
    let edges: Vec<Edge> = sqlx::query_as(include_str!("views.sql"))
        .bind(spaces)
        .bind(names)
        .persistent(false)
        .fetch_all(connection)
        .await?;
    let mut graph = Graph::new();
    for edge in &edges {
        graph.entry(edge.reader).or_default().push(edge);
    }
    let mut gaps = around(&edges, &graph, family);
    gaps.extend(beneath(&graph, family));
    Ok(gaps)
}

/// Views within the role's reach that read scoped tables unbound, or hold a copy.
fn around(edges: &[Edge], graph: &Graph<'_>, family: &[tables::Row]) -> Vec<Gap> {
    let scoped: BTreeSet<i64> = family.iter().map(|row| row.relation).collect();
    let start = edges.iter().filter(|edge| edge.reachable);
    let reach = closure(graph, start.map(|edge| edge.reader));
    let mut gaps = Vec::new();
    for (&view, reads) in graph.iter().filter(|(view, _)| reach.contains(view)) {
        let Some(edge) = reads.first() else { continue };
        let copies = || !closure(graph, [view]).is_disjoint(&scoped);
        if edge.kind == "m" {
            if copies() {
                let view = edge.name.clone();
                gaps.push(Gap::Copy { view });
            }
        } else if edge.unbound
            && !edge.invoker
            && reads.iter().any(|edge| scoped.contains(&edge.read))
        {
            // What a view reads by way of another view is read as that one says.
            gaps.push(Gap::View {
                view: edge.name.clone(),
                owner: edge.owner.clone(),
            });
        }
    }
    gaps
}

/// Tables without policies under views that are declared scoped.
fn beneath(graph: &Graph<'_>, family: &[tables::Row]) -> Vec<Gap> {
    let scoped: BTreeSet<i64> = family.iter().map(|row| row.relation).collect();
    let mut gaps = Vec::new();
    for view in family.iter().filter(|row| row.is_view()) {
        let read = closure(graph, [view.relation]);
        let edges = graph.iter().filter(|(reader, _)| read.contains(reader));
        let open: BTreeSet<&str> = edges
            .flat_map(|(_, edges)| edges)
            .filter(|edge| {
                edge.read_kind != "v" && !edge.read_shared && !scoped.contains(&edge.read)
            })
            .map(|edge| edge.read_name.as_str())
            .collect();
        gaps.extend(open.into_iter().map(|table| Gap::Beneath {
            view: view.name.clone(),
            table: table.to_owned(),
        }));
    }
    gaps
}

/// Whatever can be reached, the start included.
fn closure(graph: &Graph<'_>, start: impl IntoIterator<Item = i64>) -> BTreeSet<i64> {
    let mut reached = BTreeSet::new();
    let mut open: Vec<i64> = start.into_iter().collect();
    while let Some(next) = open.pop() {
        if reached.insert(next) {
            let reads = graph.get(&next).into_iter().flatten();
            open.extend(reads.map(|edge| edge.read));
        }
    }
    reached
}
