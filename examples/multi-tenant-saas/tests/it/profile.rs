//! The cached profile, in memory and in Redis.

use std::time::Duration;

use saas_contract::{Folder, Reply, Server};
use throwaway::Redis;

use crate::PROGRAM;
use crate::services::each;

fn cache(reply: &Reply) -> Option<&str> {
    assert_eq!(reply.status, 200, "{:?}", reply.json);
    reply.header("x-cache")
}

/// Waits until limits are granted: a Redis that is new, or has lost what it knew, grants nothing for its first second.
fn is_granted(server: &Server) {
    for _ in 0..200 {
        let reply = server.get("/api/data", &[("X-Tenant-ID", "acme-corp")]);
        if reply.status != 503 {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("nothing was granted for 10 s");
}

#[test]
fn a_profile_is_counted_once_for_each_tenant_until_something_changes() {
    let redis = Redis::shared().unwrap().create_database().unwrap();
    let in_redis = [("REDIS_URL", redis.as_str())];
    for settings in [&[][..], &in_redis[..]] {
        for service in each(settings) {
            // The two databases have one Redis, and acme-corp may be known there from the other.
            is_granted(&service.server);
            service.create("acme-corp", "one");
            service.create("globex", "other");
            let first = service.get("acme-corp", "/api/profile");
            assert_eq!(cache(&first), Some("miss"), "{}", service.name);
            assert_eq!(first.json["tenant"], "acme-corp");
            assert_eq!(first.json["resources"]["active"], 1);
            let second = service.get("acme-corp", "/api/profile");
            assert_eq!(cache(&second), Some("hit"), "{}", service.name);
            assert_eq!(second.json, first.json);

            let others = service.get("globex", "/api/profile");
            assert_eq!(cache(&others), Some("miss"));
            assert_eq!(others.json["tenant"], "globex");

            service.create("acme-corp", "two");
            let third = service.get("acme-corp", "/api/profile");
            assert_eq!(cache(&third), Some("miss"));
            assert_eq!(third.json["resources"]["active"], 2);
            assert_eq!(cache(&service.get("globex", "/api/profile")), Some("hit"));
        }
    }
}

#[test]
fn processes_share_a_cache_in_redis_and_do_without_it_when_it_is_gone() {
    let mut redis = Redis::start().unwrap();
    let folder = Folder::new();
    let url = redis.url();
    let start = || Server::with_settings(PROGRAM, &folder.database(), &[("REDIS_URL", &url)]);
    let (one, other) = (start(), start());
    let profile = |server: &Server| server.get("/api/profile", &[("X-Tenant-ID", "acme-corp")]);
    is_granted(&one);
    assert_eq!(cache(&profile(&one)), Some("miss"));
    assert_eq!(cache(&profile(&other)), Some("hit"));
    redis.kill().unwrap();
    assert_eq!(cache(&profile(&one)), Some("miss"));
    let headers = [
        ("X-Tenant-ID", "acme-corp"),
        ("Content-Type", "application/json"),
    ];
    let made = one.post("/api/resources", &headers, r#"{"name": "a"}"#);
    assert_eq!(made.status, 201);
    redis.restart().unwrap();
    is_granted(&other);
    assert_eq!(cache(&profile(&other)), Some("miss"));
    assert_eq!(cache(&profile(&one)), Some("hit"));
}
