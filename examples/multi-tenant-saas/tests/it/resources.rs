//! Resources of each tenant: nobody sees another's.

use crate::services::{assert_problem, each};

const RESOURCES: &str = "/api/resources";

#[test]
fn what_a_tenant_makes_it_can_list_and_find() {
    for service in each(&[]) {
        let reply = service.post("acme-corp", r#"{"name": "Ärger 'n' \"more\"; --"}"#);
        assert_eq!(reply.status, 201, "{}", service.name);
        let place = reply.header("location").unwrap();
        assert_eq!(
            place,
            format!("/api/resources/{}", reply.json["id"].as_str().unwrap())
        );
        assert_eq!(reply.json["name"], "Ärger 'n' \"more\"; --");
        assert_eq!(reply.json["status"], "active");
        let found = service.get("acme-corp", place);
        assert_eq!((found.status, &found.json), (200, &reply.json));
        let listed = service.get("acme-corp", RESOURCES);
        assert_eq!(listed.json["resources"][0], reply.json);
        assert!(listed.json["next"].is_null());
    }
}

#[test]
fn another_tenant_s_resource_is_not_found_just_like_none() {
    for service in each(&[]) {
        let id = service.create("acme-corp", "secret");
        let path = format!("{RESOURCES}/{id}");
        assert_eq!(service.get("acme-corp", &path).status, 200);
        let others = service.get("globex", &path);
        assert_problem(&others, 404, "resource_not_found");
        let nobodys = "0198c0de-0000-7000-8000-0123456789ab";
        let missing = service.get("globex", &format!("{RESOURCES}/{nobodys}"));
        assert_eq!(others.json, missing.json, "{}", service.name);
        for odd in ["1", "%00", "'%20OR%20''='", "%2e%2e", &id.to_uppercase()] {
            let reply = service.get("acme-corp", &format!("{RESOURCES}/{odd}"));
            assert_problem(&reply, 404, "resource_not_found");
        }
        assert_eq!(service.names("globex", RESOURCES), [""; 0]);
    }
}

#[test]
fn a_resource_and_its_relations_are_created_all_or_none() {
    for service in each(&[]) {
        let (one, two) = (
            service.create("acme-corp", "one"),
            service.create("acme-corp", "two"),
        );
        let others = service.create("globex", "other");
        let nobodys = "0198c0de-0000-7000-8000-0123456789ab";
        let body = |related: &[&str]| {
            format!(
                r#"{{"name": "three", "related": {}}}"#,
                serde_json::to_string(related).unwrap()
            )
        };
        for missing in [&*others, nobodys] {
            let reply = service.post("acme-corp", &body(&[&one, missing]));
            assert_problem(&reply, 422, "related_not_found");
            assert!(reply.json["detail"].as_str().unwrap().contains(missing));
        }
        assert_eq!(service.names("acme-corp", RESOURCES), ["one", "two"]);
        for wrong in [
            body(&["1"]),
            body(&[&one, &one]),
            body(&vec![nobodys; 51]),
            body(&[&one.to_uppercase()]),
        ] {
            assert_problem(&service.post("acme-corp", &wrong), 400, "request_invalid");
        }

        let reply = service.post("acme-corp", &body(&[&one, &two]));
        assert_eq!(reply.status, 201, "{}: {:?}", service.name, reply.json);
        let found = service.get("acme-corp", reply.header("location").unwrap());
        assert_eq!(found.json["related"], serde_json::json!([one, two]));
        assert_eq!(
            service.names("acme-corp", RESOURCES),
            ["one", "two", "three"]
        );
        assert_eq!(service.names("globex", RESOURCES), ["other"]);
    }
}

#[test]
fn a_status_narrows_the_list_and_shows_no_other_tenant_s() {
    for service in each(&[]) {
        for tenant in ["acme-corp", "globex"] {
            service.create(tenant, &format!("{tenant} 1"));
            let archived = format!(r#"{{"name": "{tenant} 2", "status": "archived"}}"#);
            assert_eq!(service.post(tenant, &archived).status, 201);
        }
        let acme = |path: &str| service.names("acme-corp", path);
        assert_eq!(acme(RESOURCES), ["acme-corp 1", "acme-corp 2"]);
        assert_eq!(acme("/api/resources?status=active"), ["acme-corp 1"]);
        assert_eq!(acme("/api/resources?status=archived"), ["acme-corp 2"]);
    }
}

#[test]
fn pages_follow_each_other_without_gap_or_repetition() {
    for service in each(&[]) {
        let expected: Vec<_> = (0..7).map(|number| number.to_string()).collect();
        for name in &expected {
            service.create("globex", name);
            service.create("acme-corp", "not yours");
        }
        let (mut found, mut path) = (Vec::new(), format!("{RESOURCES}?limit=3"));
        let mut pages = 0;
        loop {
            let reply = service.get("globex", &path);
            found.extend(crate::services::names(&reply));
            pages += 1;
            let Some(next) = reply.json["next"].as_str() else {
                break;
            };
            path = format!("{RESOURCES}?limit=3&after={next}");
        }
        assert_eq!((found, pages), (expected, 3), "{}", service.name);
    }
}

#[test]
fn what_can_not_be_a_resource_is_refused_and_told_why() {
    let long = "x".repeat(201);
    let huge = "x".repeat(20_000);
    for service in each(&[]) {
        for (body, status, code) in [
            ("", 400, "request_invalid"),
            ("{", 400, "request_invalid"),
            ("[]", 400, "request_invalid"),
            ("{}", 400, "request_invalid"),
            (r#"{"name": ""}"#, 400, "request_invalid"),
            (r#"{"name": 1}"#, 400, "request_invalid"),
            (r#"{"name": "a\u0000b"}"#, 400, "request_invalid"),
            (r#"{"name": "a", "status": "gone"}"#, 400, "request_invalid"),
            (
                r#"{"name": "a", "tenant_id": "globex"}"#,
                400,
                "request_invalid",
            ),
            (&format!(r#"{{"name": "{long}"}}"#), 400, "request_invalid"),
            (
                &format!(r#"{{"name": "{huge}"}}"#),
                413,
                "request_too_large",
            ),
        ] {
            assert_problem(&service.post("acme-corp", body), status, code);
        }
        let headers = [("X-Tenant-ID", "acme-corp"), ("Content-Type", "text/plain")];
        let reply = service.server.post(RESOURCES, &headers, r#"{"name": "a"}"#);
        assert_problem(&reply, 415, "request_not_json");
        assert_eq!(service.names("acme-corp", RESOURCES), [""; 0]);
    }
}

#[test]
fn questions_that_can_not_be_are_refused() {
    for service in each(&[]) {
        for question in [
            "status=gone",
            "limit=0",
            "limit=201",
            "limit=-1",
            "limit=x",
            "after=x",
            "after=%00",
            "tenant_id=globex",
        ] {
            let reply = service.get("acme-corp", &format!("{RESOURCES}?{question}"));
            assert_problem(&reply, 400, "request_invalid");
        }
        assert_eq!(
            service.get("acme-corp", "/api/resources?limit=200").status,
            200
        );
    }
}

#[test]
fn resources_are_behind_the_gate() {
    for service in each(&[]) {
        for path in [RESOURCES, "/api/resources/1", "/api/profile"] {
            assert_eq!(service.server.get(path, &[]).status, 401, "{path}");
            assert_eq!(service.get("unknown", path).status, 404);
            assert_eq!(
                service.get("unknown", path).json["code"],
                "tenant_not_found"
            );
        }
        let headers = [("Content-Type", "application/json")];
        let reply = service.server.post(RESOURCES, &headers, r#"{"name": "a"}"#);
        assert_eq!(reply.status, 401);
    }
}
