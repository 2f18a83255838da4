//! Shows what statements become: one line of JSON for each.
//!
//! ```sh
//! cargo run -p tollgate-db --example scope -- --dialect sqlite --scoped resources --scoped orders:org_id \
//!     --shared countries < statements.sql
//! ```
//!
//! Statements end with `;` at the end of a line, or come as lines of JSON, `{"sql": …}`. For each one comes
//! `{"sql": …, "binds": [{"caller": 1}, "tenant"]}` with the binds in bind order, or `{"refused": …, "at": …}`; at once, so
//! that a program can hold a dialogue over pipes.

use std::io::{self, BufRead, ErrorKind, Write};
use std::mem;
use std::process::ExitCode;

use clap::Parser;
use serde_json::{Value, json};
use tollgate_db::{Bind, Dialect, Refused, Rewriter, Schema};

/// Longer statements are cut: they are refused for their length anyway.
const LONGEST: usize = 64 << 20;

/// Shows what statements become when they are scoped to a tenant: statements on stdin, each ended by a `;` at the end of its line or written as JSON `{"sql": …}`; a line of JSON each on stdout.
#[derive(Parser)]
struct Options {
    /// Whose SQL it is: postgres, sqlite or mysql
    #[arg(long, value_parser = dialect)]
    dialect: Dialect,
    /// A table, and the tenant's column if that is not `tenant_id`: `orders:org_id`, `app.orders:org_id`
    #[arg(long, value_name = "TABLE[:COLUMN]")]
    scoped: Vec<String>,
    /// A table that every tenant may read
    #[arg(long, value_name = "TABLE")]
    shared: Vec<String>,
    /// A function that may be called
    #[arg(long, value_name = "NAME")]
    function: Vec<String>,
    /// A type that may be cast to
    #[arg(long = "type", value_name = "NAME")]
    data_type: Vec<String>,
    /// The schema of tables that are named without one, if it is not the dialect's own
    #[arg(long, value_name = "SCHEMA")]
    default_schema: Option<String>,
}

fn dialect(name: &str) -> Result<Dialect, String> {
    match name {
        "postgres" | "postgresql" => Ok(Dialect::PostgreSql),
        "sqlite" => Ok(Dialect::Sqlite),
        "mysql" => Ok(Dialect::MySql),
        _ => Err("must be postgres, sqlite or mysql".to_owned()),
    }
}

fn main() -> ExitCode {
    let Options {
        dialect,
        scoped,
        shared,
        function,
        data_type,
        default_schema,
    } = Options::parse();
    let mut schema = Schema::new();
    for table in &scoped {
        schema = match table.rsplit_once(':') {
            Some((table, column)) => schema.scoped_by(table, column),
            None => schema.scoped(table.as_str()),
        };
    }
    schema = shared
        .iter()
        .fold(schema, |schema, table| schema.shared(table.as_str()));
    schema = function.into_iter().fold(schema, Schema::function);
    schema = data_type.into_iter().fold(schema, Schema::data_type);
    if let Some(name) = default_schema {
        schema = schema.default_schema(name);
    }
    let rewriter = match Rewriter::new(dialect, schema) {
        Ok(rewriter) => rewriter,
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::from(2);
        }
    };
    match answer_all(&rewriter) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever read the answers has seen enough.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Answers what comes in, statement by statement.
fn answer_all(rewriter: &Rewriter) -> io::Result<()> {
    let mut input = io::stdin().lock();
    let mut statement = Vec::new();
    let mut line = Vec::new();
    while read_line(&mut input, &mut line)? {
        let text = line.trim_ascii();
        if statement.is_empty() {
            if text.is_empty() || text.starts_with(b"--") {
                continue;
            }
            if text.starts_with(b"{") {
                say(&answer_json(rewriter, text))?;
                continue;
            }
        }
        let ends = text.ends_with(b";");
        let room = LONGEST.saturating_sub(statement.len());
        statement.extend(line.iter().take(room));
        if ends {
            say(&answer(rewriter, &mem::take(&mut statement)))?;
        }
    }
    if !statement.trim_ascii().is_empty() {
        say(&answer(rewriter, &statement))?;
    }
    Ok(())
}

/// The next line, with its end, cut if it is too long; whether there is one.
fn read_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<bool> {
    line.clear();
    let mut any = false;
    loop {
        let chunk = input.fill_buf()?;
        if chunk.is_empty() {
            return Ok(any);
        }
        any = true;
        let end = chunk.iter().position(|byte| *byte == b'\n');
        let taken = end.map_or(chunk.len(), |end| end.saturating_add(1));
        let room = LONGEST.saturating_sub(line.len());
        line.extend(chunk.iter().take(taken.min(room)));
        input.consume(taken);
        if end.is_some() {
            return Ok(true);
        }
    }
}

fn answer_json(rewriter: &Rewriter, line: &[u8]) -> Value {
    let refused = |problem: String| {
        let shown: String = String::from_utf8_lossy(line).chars().take(200).collect();
        json!({"refused": problem, "at": shown})
    };
    match serde_json::from_slice::<Value>(line) {
        Err(error) => refused(format!("not JSON: {error}")),
        Ok(value) => match value.get("sql").and_then(Value::as_str) {
            Some(sql) => answer(rewriter, sql.as_bytes()),
            None => refused("no \"sql\" with a text in it".to_owned()),
        },
    }
}

fn answer(rewriter: &Rewriter, statement: &[u8]) -> Value {
    let statement = statement.trim_ascii();
    let sql = match std::str::from_utf8(statement) {
        Ok(sql) => sql,
        Err(error) => {
            let start = statement.get(..error.valid_up_to()).unwrap_or_default();
            let shown: String = String::from_utf8_lossy(start).chars().take(200).collect();
            return json!({"refused": format!("not UTF-8: {error}"), "at": shown});
        }
    };
    match rewriter.rewrite_afresh(sql) {
        Ok(scoped) => {
            let binds: Vec<Value> = scoped.binds().iter().map(bind).collect();
            json!({"sql": scoped.sql().as_ref(), "binds": binds})
        }
        Err(refused) => as_json(&refused),
    }
}

fn bind(bind: &Bind) -> Value {
    match bind {
        Bind::Caller(number) => json!({"caller": number}),
        Bind::Tenant => json!("tenant"),
    }
}

fn as_json(refused: &Refused) -> Value {
    json!({"refused": refused.reason().to_string(), "at": refused.at()})
}

fn say(answer: &Value) -> io::Result<()> {
    let mut output = io::stdout().lock();
    writeln!(output, "{answer}")?;
    output.flush()
}
