//! Several who write at once: nothing of anybody's is lost.

use std::thread::scope;

use crate::host::{Host, KINDS, tenants};

#[test]
fn of_two_who_write_on_the_same_version_the_second_is_told() {
    for kind in KINDS {
        let host = Host::over(*kind, tenants());
        let seen = host.ask("GET", "/tenants/initech", None);
        let seen = [("If-Match", seen.header("etag"))];
        let write = |limit: u32| {
            let body = format!(r#"{{"quota": {{"requests_per_minute": {limit}}}}}"#);
            host.ask_with("PUT", "/tenants/initech", Some(&body), &seen)
        };
        assert_eq!(write(7).status, 200, "{kind:?}");
        assert_eq!(write(8).fields(412), [""; 0]);
        let now = host.ask("GET", "/tenants/initech", None).json();
        assert_eq!(now["quota"]["requests_per_minute"], 7);
    }
}

#[test]
fn of_many_at_the_same_time_one_wins() {
    for kind in KINDS {
        let host = Host::over(*kind, tenants());
        let seen = host.ask("GET", "/tenants/initech", None);
        let seen = [("If-Match", seen.header("etag"))];
        let statuses: Vec<u16> = scope(|scope| {
            let write = |limit: u32| {
                let body = format!(r#"{{"quota": {{"requests_per_minute": {limit}}}}}"#);
                host.ask_with("PUT", "/tenants/initech", Some(&body), &seen)
                    .status
            };
            let writers: Vec<_> = (10..18)
                .map(|limit| scope.spawn(move || write(limit)))
                .collect();
            writers
                .into_iter()
                .map(|writer| writer.join().unwrap())
                .collect()
        });
        let count = |wanted| statuses.iter().filter(|status| **status == wanted).count();
        assert_eq!((count(200), count(412)), (1, 7), "{kind:?}: {statuses:?}");
    }
}

#[test]
fn patches_without_a_version_are_all_kept() {
    for kind in KINDS {
        let host = Host::over(*kind, tenants());
        scope(|scope| {
            for number in 0..16 {
                let host = &host;
                scope.spawn(move || {
                    let body = format!(r#"{{"metadata": {{"key-{number}": "{number}"}}}}"#);
                    let answer = host.ask("PATCH", "/tenants/initech", Some(&body));
                    assert_eq!(answer.status, 200, "{answer:?}");
                });
            }
        });
        let now = host.ask("GET", "/tenants/initech", None).json();
        let kept = now["metadata"].as_object().unwrap();
        assert_eq!(kept.len(), 16, "{kind:?}: {now}");
    }
}
