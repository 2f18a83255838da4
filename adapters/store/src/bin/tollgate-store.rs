//! The linter of config files, as a program.
//!
//! ```sh
//! cargo run -p tollgate-store --features cli -- check tenants.toml
//! ```
//!
//! It ends with 0 if all could be put in force, with 1 if not, and with 2 if it was called in a wrong way.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tollgate_store::check::{RULES, Report, check};

/// Tenant configs of tollgate.
#[derive(Parser)]
#[command(name = "tollgate-store", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Says what is wrong or odd with config files, taken together as one set of tenants.
    Check {
        /// Files in TOML, YAML or JSON, or directories of them.
        #[arg(required = true)]
        paths: Vec<PathBuf>,
        /// Write one JSON object a finding, and nothing else.
        #[arg(long)]
        json: bool,
        /// End with 1 if there are only warnings, too.
        #[arg(long)]
        deny_warnings: bool,
        /// Leave out the warnings of a rule, such as durable; may be given several times.
        #[arg(long, value_name = "RULE")]
        allow: Vec<String>,
    },
}

fn main() -> ExitCode {
    let Command::Check {
        paths,
        json,
        deny_warnings,
        allow,
    } = Cli::parse().command;
    if let Some(unknown) = allow.iter().find(|rule| !RULES.contains(&rule.as_str())) {
        eprintln!(
            "error: there is no rule {unknown:?}; the rules are {}",
            RULES.join(", ")
        );
        return ExitCode::from(2);
    }
    let mut report = check(&paths);
    report.allow(&allow);
    if let Err(error) = write(&report, json) {
        // Who reads no further has heard enough; the status says the rest.
        if error.kind() != io::ErrorKind::BrokenPipe {
            eprintln!("error: the findings can't be written: {error}");
            return ExitCode::FAILURE;
        }
    }
    let good = report.errors() == 0 && !(deny_warnings && report.warnings() > 0);
    if good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn write(report: &Report, json: bool) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if !json {
        return writeln!(out, "{report}");
    }
    for finding in &report.findings {
        serde_json::to_writer(&mut out, finding)?;
        writeln!(out)?;
    }
    Ok(())
}
