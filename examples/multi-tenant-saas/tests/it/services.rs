//! The service over each kind of database, and what the tests say to it.

use saas_contract::{Folder, Reply, Server};
use throwaway::Postgres;

use crate::PROGRAM;

pub(crate) const ADMIN: &str = "root:a long:password";

/// A service, and the folder that its database is in, if it is a file.
pub(crate) struct Service {
    pub(crate) server: Server,
    pub(crate) name: &'static str,
    _folder: Option<Folder>,
}

/// One over SQLite and one over PostgreSQL, with these settings.
pub(crate) fn each(settings: &[(&str, &str)]) -> [Service; 2] {
    let folder = Folder::new();
    let url = Postgres::shared().unwrap().create_database().unwrap();
    let start = |url: &str| Server::with_settings(PROGRAM, url, settings);
    [
        Service {
            server: start(&folder.database()),
            name: "SQLite",
            _folder: Some(folder),
        },
        Service {
            server: start(&url),
            name: "PostgreSQL",
            _folder: None,
        },
    ]
}

impl Service {
    pub(crate) fn get(&self, tenant: &str, path: &str) -> Reply {
        self.server.get(path, &[("X-Tenant-ID", tenant)])
    }

    /// Posts what says of itself that it is JSON.
    pub(crate) fn post(&self, tenant: &str, body: &str) -> Reply {
        let headers = [
            ("X-Tenant-ID", tenant),
            ("Content-Type", "application/json"),
        ];
        self.server.post("/api/resources", &headers, body)
    }

    /// Makes a resource, and gives its id.
    pub(crate) fn create(&self, tenant: &str, name: &str) -> String {
        let reply = self.post(tenant, &format!(r#"{{"name": "{name}"}}"#));
        assert_eq!(reply.status, 201, "{}: {:?}", self.name, reply.json);
        reply.json["id"].as_str().unwrap().to_owned()
    }

    /// The names of the resources that a path lists.
    pub(crate) fn names(&self, tenant: &str, path: &str) -> Vec<String> {
        names(&self.get(tenant, path))
    }
}

pub(crate) fn names(reply: &Reply) -> Vec<String> {
    assert_eq!(reply.status, 200, "{:?}", reply.json);
    let resources = reply.json["resources"].as_array().unwrap().iter();
    resources
        .map(|resource| resource["name"].as_str().unwrap().to_owned())
        .collect()
}

/// Whether this is a problem of that status and code, told in the way of the gate's own.
pub(crate) fn assert_problem(reply: &Reply, status: u16, code: &str) {
    assert_eq!(
        (reply.status, &reply.json["code"]),
        (status, &code.into()),
        "{:?}",
        reply.json
    );
    assert_eq!(
        reply.header("content-type"),
        Some("application/problem+json")
    );
    assert_eq!(reply.json["status"], status);
    assert!(!reply.json["detail"].as_str().unwrap().is_empty());
}
