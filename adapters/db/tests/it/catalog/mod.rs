//! The database is as declared, or the check of its catalog says what is not.

#[cfg(feature = "mysql")]
mod mysql;
#[cfg(feature = "postgres")]
mod namesakes;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "postgres")]
mod row_functions;
#[cfg(feature = "sqlite")]
mod sqlite;

use tollgate_db::catalog::Report;

fn errors(report: &Report) -> Vec<String> {
    report.errors().iter().map(ToString::to_string).collect()
}

fn warnings(report: &Report) -> Vec<String> {
    report.warnings().iter().map(ToString::to_string).collect()
}
