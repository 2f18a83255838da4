//! What operators see, and nobody else.

use std::process::Command;

use saas_contract::{Reply, Server};

use crate::PROGRAM;
use crate::services::{ADMIN, assert_problem, each, names};

const PATH: &str = "/admin/all-resources";
/// `ADMIN` as Basic authentication writes it.
const KNOWN: &str = "Basic cm9vdDphIGxvbmc6cGFzc3dvcmQ=";

fn ask(server: &Server, question: &str) -> Reply {
    server.get(&format!("{PATH}{question}"), &[("Authorization", KNOWN)])
}

#[test]
fn operators_see_the_resources_of_all_tenants_page_by_page() {
    for service in each(&[("TOLLGATE_ADMIN", ADMIN)]) {
        for (tenant, name) in [("globex", "g1"), ("acme-corp", "a1"), ("globex", "g2")] {
            service.create(tenant, name);
        }
        let all = ask(&service.server, "");
        assert_eq!(names(&all), ["a1", "g1", "g2"], "{}", service.name);
        assert_eq!(all.json["resources"][0]["tenant_id"], "acme-corp");
        let page = ask(&service.server, "?limit=2");
        assert_eq!(names(&page), ["a1", "g1"]);
        let next = page.json["next"].as_str().unwrap();
        let page = ask(&service.server, &format!("?limit=2&after={next}"));
        assert_eq!(names(&page), ["g2"]);
        assert!(page.json["next"].is_null());
        assert_problem(&ask(&service.server, "?limit=0"), 400, "request_invalid");
        assert_problem(&ask(&service.server, "?after=%00"), 400, "request_invalid");
    }
}

#[test]
fn nobody_else_does() {
    for service in each(&[("TOLLGATE_ADMIN", ADMIN)]) {
        for header in [
            "",
            "Basic",
            "Basic cm9vdDpyb290",
            "Basic !",
            "Bearer cm9vdDphIGxvbmc6cGFzc3dvcmQ=",
        ] {
            let reply = service.server.get(PATH, &[("Authorization", header)]);
            assert_problem(&reply, 401, "unauthorized");
            let challenge = reply.header("www-authenticate").unwrap();
            assert!(challenge.starts_with("Basic realm="), "{challenge}");
        }
        let reply = service.get("acme-corp", PATH);
        assert_problem(&reply, 401, "unauthorized");
    }
}

#[test]
fn without_a_credential_there_is_no_such_route() {
    let folder = saas_contract::Folder::new();
    let server = Server::with_settings(PROGRAM, &folder.database(), &[("TOLLGATE_ADMIN", " ")]);
    assert_eq!(server.status(PATH, &[("Authorization", KNOWN)]), 404);
}

#[test]
fn a_credential_without_a_password_keeps_the_service_from_starting() {
    let folder = saas_contract::Folder::new();
    let ended = Command::new(PROGRAM)
        .args(["--database", &folder.database(), "--admin", "root"])
        .env("TOLLGATE_ADDR", "127.0.0.1:0")
        .output()
        .unwrap();
    assert_eq!(ended.status.code(), Some(1));
    let error = String::from_utf8(ended.stderr).unwrap();
    assert!(error.contains("name:password"), "{error}");
}
