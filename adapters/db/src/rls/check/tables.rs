//! Whether the scoped tables have the policies that the migration makes.

use sqlx::PgConnection;
use sqlx::postgres::PgRow;

use super::super::gap::{Gap, Part};
use super::super::policies;
use crate::Schema;
use crate::row::row;

/// The policy that lets a tenant see its rows. Without any such policy nobody sees anything.
const PERMISSIVE: &str = "tollgate_tenant";
/// The policy that keeps every other row from it: no permissive policy of somebody else can widen this one.
const RESTRICTIVE: &str = "tollgate_tenant_only";

/// The tenant, as PostgreSQL prints it in an expression.
const SETTING: &str = "NULLIF(current_setting('app.tenant_id'::text, true), ''::text)";

row! {
    PgRow =>
    /// A scoped table, or one below it, and one of its policies, if it has any of ours.
    pub(super) struct Row {
        /// The number of the declaration, from 1.
        declared: i64,
        pub(super) relation: i64,
        pub(super) name: String,
        pub(super) kind: String,
        enabled: bool,
        forced: bool,
        owner: String,
        login: String,
        owned: bool,
        truncates: bool,
        /// Somebody may read or write it other than by way of the table above it.
        exposed: bool,
        /// The column as SQL names it.
        quoted: String,
        col: String,
        /// PostgreSQL's own type beneath all domains.
        base: Option<String>,
        is_domain: Option<bool>,
        exact: bool,
        policy: Option<String>,
        command: Option<String>,
        strictness: String,
        roles: Option<String>,
        qual: Option<String>,
        checked: Option<String>,
    }
}

/// Every scoped table with all below it; a row for each of our policies, or one without any.
pub(super) async fn family(
    connection: &mut PgConnection,
    schema: &Schema,
) -> Result<Vec<Row>, sqlx::Error> {
    let (spaces, (names, columns)): (Vec<_>, (Vec<_>, Vec<_>)) = policies::scoped(schema)
        .map(|(space, name, column)| (space, (name, column)))
        .unzip();
    sqlx::query_as(include_str!("tables.sql"))
        .bind(spaces)
        .bind(names)
        .bind(columns)
        .persistent(false)
        .fetch_all(connection)
        .await
}

/// What is wrong with the tables themselves.
pub(super) fn gaps(family: &[Row], schema: &Schema) -> Vec<Gap> {
    let mut gaps = Vec::new();
    for (number, (space, name, _)) in (1_i64..).zip(policies::scoped(schema)) {
        if !family.iter().any(|row| row.declared == number) {
            let table = format!("{space}.{name}");
            gaps.push(Gap::NoTable { table });
        }
    }
    for rows in family
        .chunk_by(|one, other| (one.declared, one.relation) == (other.declared, other.relation))
    {
        if let Some(table) = rows.first() {
            table_gaps(table, &mut gaps);
            if table.can_have_policies() && table.exposed {
                policy_gaps(table, rows, &mut gaps);
            }
        }
    }
    gaps
}

impl Row {
    pub(super) fn is_view(&self) -> bool {
        self.kind == "v"
    }

    fn can_have_policies(&self) -> bool {
        matches!(self.kind.as_str(), "r" | "p")
    }

    /// The condition as PostgreSQL prints what the migration makes; `None` for a type that it makes none for.
    fn condition(&self) -> Option<String> {
        let (column, domain) = (&self.quoted, self.is_domain == Some(true));
        let sql_type = match self.base.as_deref()? {
            "text" if !domain => return Some(format!("({column} = {SETTING})")),
            "text" | "varchar" | "bpchar" => {
                return Some(format!("(({column})::text = {SETTING})"));
            }
            "uuid" => "uuid",
            "int2" => "smallint",
            "int4" => "integer",
            "int8" => "bigint",
            _ => return None,
        };
        let value = if domain {
            format!("({column})::{sql_type}")
        } else {
            column.clone()
        };
        Some(format!(
            "(({value} = ({SETTING})::{sql_type}) AND (({value})::text = {SETTING}))"
        ))
    }
}

fn table_gaps(row: &Row, gaps: &mut Vec<Gap>) {
    let table = || row.name.clone();
    let login = || row.login.clone();
    if row.owned {
        let owner = row.owner.clone();
        gaps.push(Gap::Owner {
            login: login(),
            owner,
            table: table(),
        });
    } else if row.truncates {
        gaps.push(Gap::Truncate {
            login: login(),
            table: table(),
        });
    }
    if row.is_view() {
        return;
    }
    if !row.can_have_policies() {
        let kind = match row.kind.as_str() {
            "m" => "materialised view",
            "f" => "foreign table",
            _ => "relation of another kind",
        };
        gaps.push(Gap::Kind {
            table: table(),
            kind,
        });
        return;
    }
    if !row.exposed {
        return;
    }
    if !row.enabled {
        gaps.push(Gap::NotEnabled { table: table() });
    }
    if !row.forced {
        gaps.push(Gap::NotForced { table: table() });
    }
}

fn policy_gaps(table: &Row, rows: &[Row], gaps: &mut Vec<Gap>) {
    let Some(condition) = table.condition().filter(|_| table.exact) else {
        gaps.push(Gap::Column {
            table: table.name.clone(),
            column: table.col.clone(),
        });
        return;
    };
    for (policy, strictness) in [(PERMISSIVE, "PERMISSIVE"), (RESTRICTIVE, "RESTRICTIVE")] {
        match rows
            .iter()
            .find(|row| row.policy.as_deref() == Some(policy))
        {
            None => gaps.push(Gap::NoPolicy {
                table: table.name.clone(),
                policy,
            }),
            Some(row) => gaps.extend(differences(row, policy, strictness, &condition)),
        }
    }
}

fn differences<'r>(
    row: &'r Row,
    policy: &'static str,
    strictness: &'r str,
    condition: &'r str,
) -> impl Iterator<Item = Gap> + 'r {
    let command = match row.command.as_deref() {
        Some("*") => "ALL",
        Some("r") => "SELECT",
        Some("a") => "INSERT",
        Some("w") => "UPDATE",
        Some("d") => "DELETE",
        Some(_) | None => "unknown",
    };
    let none = || "missing";
    [
        (Part::Kind, row.strictness.as_str(), strictness),
        (Part::Command, command, "ALL"),
        (
            Part::Roles,
            row.roles.as_deref().unwrap_or_default(),
            "PUBLIC",
        ),
        (
            Part::Using,
            row.qual.as_deref().unwrap_or_else(none),
            condition,
        ),
        (
            Part::WithCheck,
            row.checked.as_deref().unwrap_or_else(none),
            condition,
        ),
    ]
    .into_iter()
    .filter(|(_, found, wanted)| found != wanted)
    .map(move |(part, found, wanted)| Gap::Policy {
        table: row.name.clone(),
        policy,
        part,
        found: found.to_owned(),
        wanted: wanted.to_owned(),
    })
}
