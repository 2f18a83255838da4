//! What the program is told: where to listen, and where the tenants are.

use std::error::Error;
use std::net::SocketAddr;

use clap::Parser;

const DEFAULT_ADDR: &str = "127.0.0.1:8080";
const DEFAULT_DATABASE: &str = "tollgate.db";

/// A multi-tenant HTTP service with quotas and policies.
#[derive(Debug, Parser)]
#[command(version, about)]
pub(crate) struct Settings {
    /// Where the tenants are: a file for SQLite, or a URL such as `postgres://user:password@host/database`.
    /// Without it `DATABASE_URL` says so, or else it is the file tollgate.db in the working directory.
    #[arg(long, value_name = "FILE|URL")]
    database: Option<String>,
}

impl Settings {
    /// The URL of the database.
    pub(crate) fn database(&self) -> String {
        let told = self.database.clone();
        let told = told.or_else(|| std::env::var("DATABASE_URL").ok());
        // Set to nothing is not set.
        let told = told.filter(|told| !told.trim().is_empty());
        url(&told.unwrap_or_else(|| DEFAULT_DATABASE.to_owned()))
    }

    /// The address to listen on, from `TOLLGATE_ADDR`.
    pub(crate) fn addr() -> Result<SocketAddr, Box<dyn Error>> {
        let addr = std::env::var("TOLLGATE_ADDR").unwrap_or_else(|_| DEFAULT_ADDR.to_owned());
        addr.parse().map_err(|error| {
            format!("TOLLGATE_ADDR {addr:?}: {error}; it must be an address and a port like {DEFAULT_ADDR}")
                .into()
        })
    }
}

/// A URL as it is, and that of a file.
fn url(database: &str) -> String {
    let is_url = ["sqlite:", "postgres:", "postgresql:"];
    if is_url.iter().any(|scheme| database.starts_with(scheme)) || database.contains("://") {
        return database.to_owned();
    }
    let file = database.replace('%', "%25").replace('?', "%3F");
    format!("sqlite:{file}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_a_database_and_a_url_is_left_alone() {
        assert_eq!(url("tollgate.db"), "sqlite:tollgate.db");
        assert_eq!(url("/odd/50%?.db"), "sqlite:/odd/50%25%3F.db");
        for known in [
            "sqlite:a.db",
            "postgres://u@h/d",
            "postgresql://h/d",
            "mysql://h/d",
        ] {
            assert_eq!(url(known), known);
        }
    }

    #[test]
    fn nothing_is_no_database_to_use() {
        let database = Some(" ".to_owned());
        assert_eq!(Settings { database }.database(), "sqlite:tollgate.db");
    }
}
