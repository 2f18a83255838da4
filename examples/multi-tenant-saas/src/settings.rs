//! What the program is told: where to listen, where things are kept, and who runs it.

use std::error::Error;
use std::net::SocketAddr;

use clap::Parser;
use tollgate_admin::Credential;
use tollgate_cache::TenantCache;
use tollgate_redis::{RedisOrigin, RedisOriginBuilder};

use crate::admin;

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
    /// Where what is cached and what limits have left is kept, for all processes together: a URL such as `redis://host`.
    /// Without it `REDIS_URL` says so, or else each process has its own cache and counts for itself.
    #[arg(long, value_name = "URL")]
    redis: Option<String>,
    /// What operators call themselves and their password. Others on this machine can see it here: `TOLLGATE_ADMIN`
    /// is the better place. Without either there is no /admin.
    #[arg(long, value_name = "NAME:PASSWORD")]
    admin: Option<String>,
}

/// What an option says, or else a variable. Set to nothing is not set.
fn told(option: Option<&String>, variable: &str) -> Option<String> {
    let told = option.cloned().or_else(|| std::env::var(variable).ok());
    told.filter(|told| !told.trim().is_empty())
}

impl Settings {
    /// The URL of the database.
    pub(crate) fn database(&self) -> String {
        let told = told(self.database.as_ref(), "DATABASE_URL");
        url(told.as_deref().unwrap_or(DEFAULT_DATABASE))
    }

    /// The cache, which need not be reachable yet.
    pub(crate) fn cache(&self) -> Result<TenantCache, Box<dyn Error>> {
        match told(self.redis.as_ref(), "REDIS_URL") {
            Some(url) => Ok(TenantCache::redis(&url)?.build()),
            None => Ok(TenantCache::embedded().build()),
        }
    }

    /// Where all processes share their limits, which need not be reachable yet; `None` if each counts for itself.
    pub(crate) fn limits(&self) -> Result<Option<RedisOrigin>, Box<dyn Error>> {
        let told = told(self.redis.as_ref(), "REDIS_URL");
        let origin = told.map(|url| RedisOrigin::builder(&url)).transpose()?;
        Ok(origin.map(RedisOriginBuilder::build))
    }

    /// Who may see everything, if anybody may.
    pub(crate) fn admin(&self) -> Result<Option<Credential>, Box<dyn Error>> {
        let told = told(self.admin.as_ref(), "TOLLGATE_ADMIN");
        let credential = told.as_deref().map(admin::credential).transpose();
        credential.map_err(|problem| format!("TOLLGATE_ADMIN: {problem}").into())
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
        let settings = Settings::parse_from(["service", "--database", " "]);
        assert_eq!(settings.database(), "sqlite:tollgate.db");
    }
}
