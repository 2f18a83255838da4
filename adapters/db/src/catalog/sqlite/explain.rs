//! Has SQLite tell what a statement would read, by the program that it compiles.

use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, SqliteConnection};

use super::super::facts::Reads;
use super::{naming, quoted};
use crate::TableName;
use crate::row::row;

row! {
    SqliteRow =>
    struct Instruction {
        opcode: String,
        p2: i64,
        p3: i64,
        p4: Option<String>,
    }
}

/// Which table a page of a database is the root of, or of whose index.
pub(super) struct Roots(Vec<Root>);

struct Root {
    database: i64,
    space: String,
    page: i64,
    table: String,
}

row! {
    SqliteRow =>
    struct Database {
        seq: i64,
        name: String,
    }
}

impl Roots {
    pub(super) async fn read(connection: &mut SqliteConnection) -> Result<Self, sqlx::Error> {
        let databases: Vec<Database> = sqlx::query_as("SELECT seq, name FROM pragma_database_list")
            .fetch_all(&mut *connection)
            .await?;
        let mut roots = Vec::new();
        for Database { seq, name } in databases {
            // The catalog is a table too, at the first page.
            let catalog = "sqlite_schema".to_owned();
            roots.push(Root {
                database: seq,
                space: name.clone(),
                page: 1,
                table: catalog,
            });
            let sql = format!(
                "SELECT rootpage, tbl_name FROM {}.sqlite_schema WHERE rootpage > 0",
                quoted(&name)
            );
            let pages: Vec<(i64, String)> = sqlx::query_as(AssertSqlSafe(sql))
                .fetch_all(&mut *connection)
                .await?;
            roots.extend(pages.into_iter().map(|(page, table)| Root {
                database: seq,
                space: name.clone(),
                page,
                table,
            }));
        }
        Ok(Self(roots))
    }

    /// Every table that a look at all of a view reads.
    ///
    /// SQLite compiles a statement to a program, and a program opens whatever it reads. What the optimiser leaves out can't
    /// have a part in any row.
    pub(super) async fn read_by(
        &self,
        connection: &mut SqliteConnection,
        view: &TableName,
    ) -> Reads {
        let mut reads = Reads::default();
        let program = explain(connection, naming("EXPLAIN SELECT * FROM", view, "")).await;
        match program {
            // A view of what is not there, say.
            Err(error) => reads.unknown = Some(format!("it can't be read: {error}")),
            Ok(program) => {
                for instruction in program {
                    match self.opened(&instruction) {
                        Opened::Nothing => {}
                        Opened::Table(table) => reads.relations.push(table),
                        Opened::Unknown => {
                            reads.unknown = Some(format!("it uses {}", instruction.opcode));
                        }
                    }
                }
            }
        }
        reads.relations.sort();
        reads.relations.dedup();
        reads
    }

    fn opened(&self, instruction: &Instruction) -> Opened {
        match instruction.opcode.as_str() {
            "OpenRead" | "ReopenIdx" => {
                let is_it =
                    |root: &&Root| (root.database, root.page) == (instruction.p3, instruction.p2);
                self.0.iter().find(is_it).map_or(Opened::Unknown, |root| {
                    Opened::Table((root.space.as_str(), root.table.as_str()).into())
                })
            }
            // What the program itself made.
            "OpenDup" | "OpenEphemeral" | "OpenAutoindex" | "OpenPseudo" | "SorterOpen" => {
                Opened::Nothing
            }
            // VOpen is a virtual table.
            other if other.contains("Open") => Opened::Unknown,
            _ => Opened::Nothing,
        }
    }
}

enum Opened {
    Nothing,
    Table(TableName),
    Unknown,
}

/// The collation that a column is compared by.
pub(super) async fn collation(
    connection: &mut SqliteConnection,
    table: &TableName,
    column: &str,
) -> Result<Option<String>, sqlx::Error> {
    // With the sign no index is used, and the comparison is an instruction of its own.
    let condition = format!(" AS t WHERE +t.{} = 'x'", quoted(column));
    let program = explain(
        connection,
        naming("EXPLAIN SELECT 1 FROM", table, &condition),
    )
    .await?;
    Ok(program
        .iter()
        .filter(|instruction| matches!(instruction.opcode.as_str(), "Eq" | "Ne"))
        .find_map(|instruction| instruction.p4.as_deref())
        // BINARY-8: the collation, and the encoding.
        .and_then(|named| named.rsplit_once('-'))
        .map(|(name, _)| name.to_owned()))
}

async fn explain(
    connection: &mut SqliteConnection,
    sql: AssertSqlSafe<String>,
) -> Result<Vec<Instruction>, sqlx::Error> {
    sqlx::query_as(sql)
        .persistent(false)
        .fetch_all(connection)
        .await
}
