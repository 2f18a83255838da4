//! Where the second wall has a hole.

use std::fmt;

/// Everything that keeps row-level security from holding, at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RlsGaps(pub(crate) Vec<Gap>);

impl RlsGaps {
    /// One by one: at least one.
    pub fn iter(&self) -> impl Iterator<Item = &Gap> {
        self.0.iter()
    }
}

impl fmt::Display for RlsGaps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("row-level security does not hold:")?;
        for gap in &self.0 {
            write!(f, "\n- {gap}")?;
        }
        f.write_str(
            "\nRun rls::migration_sql as the owner of the tables, and connect as a role that owns none of them.",
        )
    }
}

impl std::error::Error for RlsGaps {}

/// One hole. Tables and views are named with their schema.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Gap {
    /// The role is too mighty for policies to bind it, or can become one that is.
    #[error("{}", mighty(login, role, *power))]
    Power {
        /// The role of the connection.
        login: String,
        /// Itself, or a role that it can `SET ROLE` to.
        role: String,
        /// What that may do.
        power: Power,
    },
    /// The role owns a table, or can become its owner, and could turn its policies off.
    #[error(
        "role {login} is, or can become, {owner}, the owner of {table}, and could turn its policies off"
    )]
    Owner {
        /// The role of the connection.
        login: String,
        /// The owner.
        owner: String,
        /// The table.
        table: String,
    },
    /// The role may empty a table: no policy governs TRUNCATE.
    #[error(
        "role {login}, or one that it can become, may TRUNCATE {table}, which no policy governs"
    )]
    Truncate {
        /// The role of the connection.
        login: String,
        /// The table.
        table: String,
    },
    /// Connections start with a tenant: whoever sets none sees that one's rows.
    #[error(
        "connections start with app.tenant_id = {value:?}: must be without, so that who sets none sees nothing"
    )]
    Preset {
        /// The tenant.
        value: String,
    },
    /// There is no such table or view.
    #[error("no table {table}")]
    NoTable {
        /// The table.
        table: String,
    },
    /// What is declared can have no policies: a foreign table, or a materialised view.
    #[error("{table} is a {kind}, which can have no policy")]
    Kind {
        /// The relation.
        table: String,
        /// What it is.
        kind: &'static str,
    },
    /// The tenant's column does not exist, or is of a type that the migration makes no policy for.
    #[error("{table}: no column {column} of a type that compares exactly")]
    Column {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
    /// Row-level security is off.
    #[error("{table}: row-level security is not enabled")]
    NotEnabled {
        /// The table, or a partition of it.
        table: String,
    },
    /// Policies do not bind the owner of the table, nor views that belong to him.
    #[error("{table}: row-level security is not forced")]
    NotForced {
        /// The table, or a partition of it.
        table: String,
    },
    /// A policy of the migration is missing.
    #[error("{table}: no policy {policy}")]
    NoPolicy {
        /// The table, or a partition of it.
        table: String,
        /// The policy.
        policy: &'static str,
    },
    /// A policy has the migration's name, and is not what the migration makes.
    #[error("{table}: policy {policy} is {part} {found}, must be {wanted}")]
    Policy {
        /// The table, or a partition of it.
        table: String,
        /// The policy.
        policy: &'static str,
        /// What differs.
        part: Part,
        /// What it is, as PostgreSQL prints it.
        found: String,
        /// What the migration makes it.
        wanted: String,
    },
    /// A view that the role can reach reads a scoped table with the rights of somebody whom no policy binds.
    #[error(
        "view {view} reads a scoped table as {owner}, whom no policy binds: set its security_invoker, or its owner"
    )]
    View {
        /// The view.
        view: String,
        /// Whose rights it has.
        owner: String,
    },
    /// A materialised view that the role can reach holds a copy of tenants' rows.
    #[error("materialised view {view} holds a copy of scoped rows, which no policy governs")]
    Copy {
        /// The view.
        view: String,
    },
    /// A view is declared scoped, and reads a table that is neither scoped nor shared, so has no policies.
    #[error(
        "view {view} is declared scoped and reads {table}, which has no policies: declare that too"
    )]
    Beneath {
        /// The view.
        view: String,
        /// What it reads.
        table: String,
    },
}

/// What makes a role too mighty for policies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Power {
    /// No policy binds it.
    Superuser,
    /// It has the attribute BYPASSRLS: no policy binds it.
    BypassRls,
    /// It has the attribute CREATEROLE: up to PostgreSQL 15 it can make itself a member of almost any role.
    CreateRole,
    /// It may read or write the server's files, or run programs on it.
    ServerFiles,
}

fn mighty(login: &str, role: &str, power: Power) -> String {
    let what = match power {
        Power::Superuser => "a superuser",
        Power::BypassRls => "exempt from policies (BYPASSRLS)",
        Power::CreateRole => "allowed to grant itself other roles (CREATEROLE)",
        Power::ServerFiles => "allowed to touch the server's files or run programs there",
    };
    if login == role {
        format!("role {login} is {what}")
    } else {
        format!("role {login} can become {role}, which is {what}")
    }
}

/// A part of a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Part {
    /// PERMISSIVE or RESTRICTIVE.
    Kind,
    /// The command that it is for.
    Command,
    /// The roles that it binds.
    Roles,
    /// The rows that are seen.
    Using,
    /// The rows that may be written.
    WithCheck,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Kind => "AS",
            Self::Command => "FOR",
            Self::Roles => "TO",
            Self::Using => "USING",
            Self::WithCheck => "WITH CHECK",
        })
    }
}
