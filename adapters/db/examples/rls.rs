//! Prints the migration for row-level security on PostgreSQL, to be read, kept and run.
//!
//! ```sh
//! cargo run -p tollgate-db --example rls -- --scoped resources --scoped orders:org_id | psql -v ON_ERROR_STOP=1 "$DATABASE_URL"
//! ```
#![expect(clippy::print_stdout, reason = "its output is what it is for")]

use clap::Parser;
use tollgate_db::{Schema, rls};

/// Prints the migration for row-level security on PostgreSQL.
#[derive(Parser)]
struct Options {
    /// A table, and the tenant's column if that is not `tenant_id`: `orders:org_id`, `app.orders:org_id`.
    #[arg(long, value_name = "TABLE[:COLUMN]", required = true)]
    scoped: Vec<String>,
    /// The schema of tables that are named without one.
    #[arg(long, value_name = "SCHEMA", default_value = "public")]
    default_schema: String,
    /// Prints what takes the migration back.
    #[arg(long)]
    down: bool,
}

fn main() {
    let options = Options::parse();
    let mut schema = Schema::new().default_schema(options.default_schema);
    for table in &options.scoped {
        schema = match table.split_once(':') {
            Some((table, column)) => schema.scoped_by(table, column),
            None => schema.scoped(table.as_str()),
        };
    }
    let sql = if options.down {
        rls::down_sql(&schema)
    } else {
        rls::migration_sql(&schema)
    };
    print!("{sql}");
}
