//! Routes with gates of their own, and the path that the policy sees.

use super::cases;
use crate::conformance::ask::{anonymous, get};
use crate::conformance::demo::Before;
use crate::conformance::door::{Need, Room};
use crate::conformance::doors::{Doors, acme, room};
use crate::conformance::runner::Case;
use crate::gate::Gate;
use crate::request::Principal;

pub(super) const CASES: &[Case] = cases![
    routes_may_have_gates_of_their_own_on_one_engine,
    where_no_tenant_is_needed_one_that_is_named_is_still_held_to_its_limits,
    where_no_tenant_is_needed_those_who_want_one_answer_401,
    behind_the_gate_those_who_want_a_tenant_or_a_permit_get_it,
    without_a_gate_those_who_want_a_tenant_answer_500_and_say_why,
    without_a_gate_nobody_is_admitted,
    the_policy_sees_the_path_that_the_client_sent_however_deep_the_route_is,
    a_path_that_gate_and_router_could_read_in_two_ways_is_denied,
];

fn strict(path: &'static str, gate: Option<Gate>, need: Need) -> Room {
    Room { path, gate, need }
}

async fn routes_may_have_gates_of_their_own_on_one_engine(doors: Doors) {
    let plot = doors.plot(acme().requests_per_minute(2));
    let by_org = plot.gate(|gate| gate.header_name("X-Org"));
    let usual = plot.gate(|gate| gate);
    let house = plot.open(vec![room("/orgs", by_org), room("", usual)]);
    house.served(get("/")).await;
    house
        .served(anonymous("/orgs/1").header("X-Org", "acme"))
        .await;
    house.refused(get("/orgs/1"), 401, "tenant_required").await;
    house.refused(get("/"), 429, "tenant_quota_exceeded").await;
}

async fn where_no_tenant_is_needed_one_that_is_named_is_still_held_to_its_limits(doors: Doors) {
    let config = acme().requests_per_minute(1);
    let house = doors.house_with(config, |gate| gate.allow_missing(true));
    assert_eq!(house.served(anonymous("/")).await.text(), "nobody");
    assert_eq!(house.served(get("/")).await.text(), "acme by header");
    house.refused(get("/"), 429, "tenant_quota_exceeded").await;
    house
        .refused(anonymous("/").tenant("a b"), 400, "tenant_invalid_id")
        .await;
    assert_eq!(house.served(anonymous("/")).await.text(), "nobody");
}

async fn where_no_tenant_is_needed_those_who_want_one_answer_401(doors: Doors) {
    let plot = doors.plot(acme());
    let open = plot.gate(|gate| gate.allow_missing(true));
    let house = plot.open(vec![
        strict("/tenant", Some(open.clone()), Need::Tenant),
        strict("/permit", Some(open), Need::Permit),
    ]);
    for path in ["/tenant", "/permit"] {
        house.refused(anonymous(path), 401, "tenant_required").await;
        assert_eq!(house.served(get(path)).await.text(), "acme by header");
    }
}

async fn behind_the_gate_those_who_want_a_tenant_or_a_permit_get_it(doors: Doors) {
    let plot = doors.plot(acme());
    let gate = plot.gate(|gate| gate);
    let house = plot.open(vec![
        strict("/tenant", Some(gate.clone()), Need::Tenant),
        strict("/permit", Some(gate), Need::Permit),
    ]);
    for path in ["/tenant", "/permit"] {
        assert_eq!(house.served(get(path)).await.text(), "acme by header");
    }
}

async fn without_a_gate_those_who_want_a_tenant_answer_500_and_say_why(doors: Doors) {
    let plot = doors.plot(acme());
    let house = plot.open(vec![
        strict("/tenant", None, Need::Tenant),
        strict("/permit", None, Need::Permit),
    ]);
    for path in ["/tenant", "/permit"] {
        house.refused(get(path), 500, "tenant_gate_missing").await;
    }
}

async fn without_a_gate_nobody_is_admitted(doors: Doors) {
    let plot = doors.plot(acme());
    let house = plot.open(vec![strict("", None, Need::Nothing)]);
    let vouched = house.prepared(Before {
        principal: Some(Principal::new("acme")),
        ..Before::default()
    });
    assert_eq!(house.served(get("/").act(&vouched)).await.text(), "nobody");
}

async fn the_policy_sees_the_path_that_the_client_sent_however_deep_the_route_is(doors: Doors) {
    let plot = doors.plot(acme().allow_paths(["/api/v1/*"]));
    let gate = plot.gate(|gate| gate);
    let rooms = ["/api/v1", "/admin/api", "/v1"].map(|path| room(path, gate.clone()));
    let house = plot.open(rooms.to_vec());
    house.served(get("/api/v1/data?a=b")).await;
    for path in ["/admin/api/v1/data", "/v1/data"] {
        house.refused(get(path), 403, "tenant_policy_denied").await;
    }
}

async fn a_path_that_gate_and_router_could_read_in_two_ways_is_denied(doors: Doors) {
    let house = doors.house(acme().allow_paths(["/public/*"]));
    house.served(get("/public/x")).await;
    for path in [
        "/public/../admin",
        "/admin/../public/x",
        "/public/%2e%2e/admin",
        "/admin/%2e%2e/public/x",
        "/public/..%2fadmin",
        "/admin/./../public/x",
        "/admin//x",
    ] {
        let seen = house.ask(get(path)).await;
        // A framework may refuse it before the gate does.
        assert!(matches!(seen.status(), 400 | 403), "{path}: {seen:?}");
    }
    assert_eq!(house.visits(), 1);
}
