//! A tenant's row and its config: from one to the other, with every problem by the name of its column.

use serde::de::IgnoredAny;
use serde_json::{Map, Value};
use tollgate::{ConfigError, RawTenant, TenantConfig, TenantId};

use crate::store::database::{Dialect, Record};
use crate::store::shape::Shape;

/// The columns of a config, in the order in which they are selected. Not the seed's order: the last six are ours.
pub(crate) const COLUMNS: [&str; 11] = [
    "quota_requests_per_minute",
    "quota_tokens_per_minute",
    "allowed_models",
    "allowed_tools",
    "metadata",
    "limits",
    "allowed_methods",
    "allowed_paths",
    "features",
    "parent",
    "status",
];
const OF_THE_SEED: usize = 5;

/// Where [`select`] puts what.
const ID: usize = 0;
const VERSION: usize = 1;
const CREATED_AT: usize = 2;
const UPDATED_AT: usize = 3;
const CONFIG: usize = 4;

/// How many of [`COLUMNS`] the table has.
pub(crate) fn width(shape: Shape) -> usize {
    if shape.migrated {
        COLUMNS.len()
    } else {
        OF_THE_SEED
    }
}

/// Selects whole rows, of which [`Tenant::read`] makes sense.
pub(crate) fn select(shape: Shape, dialect: Dialect) -> String {
    let mut text = String::from("SELECT CAST(id AS TEXT), ");
    text += if shape.migrated {
        "CAST(version AS TEXT)"
    } else {
        "NULL"
    };
    for column in ["created_at", "updated_at"] {
        text += ", ";
        text += &time(column, shape.zoned, dialect);
    }
    for (at, column) in COLUMNS.into_iter().enumerate() {
        let source = if at < width(shape) { column } else { "NULL" };
        text.extend([", CAST(", source, " AS TEXT)"]);
    }
    text + " FROM tenants"
}

/// A time as RFC 3339 has it. A column without a time zone is taken for UTC.
pub(crate) fn time(column: &str, zoned: bool, dialect: Dialect) -> String {
    match dialect {
        Dialect::Sqlite => format!("strftime('%Y-%m-%dT%H:%M:%fZ', {column})"),
        Dialect::Postgres => {
            let zone = if zoned { " AT TIME ZONE 'UTC'" } else { "" };
            format!("to_char({column}{zone}, 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')")
        }
    }
}

/// A row as it was read.
#[derive(Debug)]
pub(crate) struct Tenant {
    /// `None` in a table without versions.
    pub(crate) version: Option<u64>,
    pub(crate) created_at: Option<String>,
    pub(crate) updated_at: Option<String>,
    /// The config, or everything that is wrong with the row.
    pub(crate) config: Result<TenantConfig, String>,
}

impl Tenant {
    /// The id as it stands.
    pub(crate) fn raw_id(record: &Record) -> Option<&[u8]> {
        record.bytes(ID)
    }

    /// `None` if the id is no tenant's.
    pub(crate) fn id(record: &Record) -> Option<TenantId> {
        TenantId::from_bytes(Self::raw_id(record)?).ok()
    }

    /// The row of `id`.
    pub(crate) fn read(id: &TenantId, record: &Record) -> Self {
        let text = |at: usize| record.text(at).map(str::to_owned);
        Self {
            version: record.number(VERSION),
            created_at: text(CREATED_AT),
            updated_at: text(UPDATED_AT),
            config: config(id, |at| record.bytes(CONFIG + at)),
        }
    }
}

/// The config that a row of the history has.
pub(crate) fn config_of(id: &TenantId, row: &Map<String, Value>) -> Result<TenantConfig, String> {
    let cells = COLUMNS.map(|column| match row.get(column) {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) => Some(text.clone()),
        Some(other) => Some(other.to_string()),
    });
    config(id, |at| cells.get(at)?.as_deref().map(str::as_bytes))
}

/// Puts the columns together to the text of one config, so that the engine's reader judges it as it judges a file's.
fn config<'c>(
    id: &TenantId,
    cell: impl Fn(usize) -> Option<&'c [u8]>,
) -> Result<TenantConfig, String> {
    let mut problems = Vec::new();
    let [
        rpm,
        tpm,
        models,
        tools,
        metadata,
        limits,
        methods,
        paths,
        features,
        parent,
        status,
    ] = {
        let mut at = 0..;
        COLUMNS.map(|column| {
            let at = at.next().unwrap_or_default();
            match json(column, cell(at)) {
                Ok(json) => json,
                Err(problem) => {
                    problems.push(problem);
                    "null".to_owned()
                }
            }
        })
    };
    let text = format!(
        r#"{{"tenant_id":"{id}","status":{status},"parent":{parent},"metadata":{metadata},
        "quota":{{"requests_per_minute":{rpm},"tokens_per_minute":{tpm},"limits":{limits}}},
        "policy":{{"allowed_models":{models},"allowed_tools":{tools},"allowed_methods":{methods},
        "allowed_paths":{paths},"features":{features}}}}}"#
    );
    let raw: RawTenant = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    match raw.validate() {
        Ok(config) if problems.is_empty() => Ok(config),
        Ok(_) => Err(problems.join("; ")),
        Err(errors) => {
            problems.extend(errors.iter().map(named_by_column));
            Err(problems.join("; "))
        }
    }
}

/// A cell as JSON. NULL is the default, and so is empty text, which is what programs write that know no NULL.
fn json(column: &str, cell: Option<&[u8]>) -> Result<String, String> {
    let Some(cell) = cell else {
        return Ok("null".to_owned());
    };
    let text = str::from_utf8(cell).map_err(|_| format!("column {column}: is not UTF-8"))?;
    if text.trim().is_empty() {
        return Ok("null".to_owned());
    }
    let is_json = || serde_json::from_str::<IgnoredAny>(text);
    match column {
        "parent" | "status" => Ok(Value::from(text).to_string()),
        "quota_requests_per_minute" | "quota_tokens_per_minute" => Ok(match is_json() {
            Ok(_) => text.to_owned(),
            Err(_) => Value::from(text).to_string(),
        }),
        _ => match is_json() {
            Ok(_) => Ok(text.to_owned()),
            Err(error) => Err(format!(
                "column {column} {}: is not JSON: {error}",
                shown(text)
            )),
        },
    }
}

/// The beginning of a text, in quotes and escaped, fit for a log.
fn shown(text: &str) -> String {
    const MOST: usize = 60;
    match text.char_indices().nth(MOST) {
        None => format!("{text:?}"),
        Some((end, _)) => format!("{:?}…", text.get(..end).unwrap_or_default()),
    }
}

/// The engine's words, with the column in the place of the field it fills.
fn named_by_column(error: &ConfigError) -> String {
    let value = if error.value.is_empty() {
        String::new()
    } else {
        format!(" {}", error.value)
    };
    let problem = &error.problem;
    if let Some(limit) = &error.limit {
        let field = &error.field;
        return format!("column limits: limit {limit}: {field}{value}: {problem}");
    }
    let field = error.field.as_str();
    let column = match field.strip_prefix("quota.") {
        Some(quota @ ("requests_per_minute" | "tokens_per_minute")) => format!("quota_{quota}"),
        Some(other) => other.to_owned(),
        None => field.strip_prefix("policy.").unwrap_or(field).to_owned(),
    };
    format!("column {column}{value}: {problem}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(cells: &[(&str, &str)]) -> String {
        let row = cells
            .iter()
            .map(|(column, text)| ((*column).to_owned(), Value::from(*text)))
            .collect();
        config_of(&"acme".parse().unwrap(), &row).unwrap_err()
    }

    #[test]
    fn every_problem_of_a_row_is_told_by_its_column() {
        let problem = problem(&[
            ("quota_requests_per_minute", "-1"),
            ("quota_tokens_per_minute", "many"),
            ("allowed_models", "[\"gpt-4\","),
            ("allowed_tools", "[1]"),
            (
                "limits",
                r#"[{"name": "burst", "dimension": "requests", "capacity": 1, "widow": 1}]"#,
            ),
            ("status", "asleep"),
        ]);
        for part in [
            "column allowed_models \"[\\\"gpt-4\\\",\": is not JSON: EOF while parsing a value",
            "column quota_requests_per_minute -1: must be a whole number from 0",
            "column quota_tokens_per_minute \"many\": must be a whole number from 0",
            "column allowed_tools[0] 1: must be text",
            "column limits: limit burst: widow 1: unknown field",
            "column status \"asleep\": must be one of active, suspended",
        ] {
            assert!(problem.contains(part), "{part} is not in {problem}");
        }
    }

    #[test]
    fn a_cell_cannot_reach_beyond_its_own_field() {
        let problem = problem(&[("allowed_models", r#"[]},"metadata":{"a":"b"},"x":{"y":[]"#)]);
        assert!(
            problem.starts_with("column allowed_models ") && problem.contains("is not JSON"),
            "{problem}"
        );
    }

    #[test]
    fn null_and_empty_text_are_the_default() {
        let id: TenantId = "acme".parse().unwrap();
        for row in [
            Map::new(),
            COLUMNS
                .iter()
                .map(|name| ((*name).to_owned(), "".into()))
                .collect(),
        ] {
            assert_eq!(config_of(&id, &row), Ok(TenantConfig::new(id.clone())));
        }
    }
}
