//! What an operator does, from the beginning to the end.

use serde_json::Value;

use super::window::Window;
use super::{BROWSER, signed_in, visit};
use crate::host::{Host, TOKEN, tenants};

#[test]
fn a_tenant_is_created_runs_into_its_limit_and_passes_when_that_is_raised() {
    let host = Host::start(tenants());
    let window = signed_in(&host);
    window.click_text("New tenant");
    window.wait_for_text("Create tenant");
    window.write(&window.labelled("Tenant"), "umbrella");
    window.write(&window.labelled("Requests per minute"), "2");
    window.click_text("Create tenant");
    window.wait_for_text("umbrella was created.");
    window.wait_for_text("Nothing was decided");

    assert_eq!(host.request("umbrella"), 200);
    assert_eq!(host.request("umbrella"), 200);
    assert_eq!(host.request("umbrella"), 429);
    window.wait_for_text("Over its limit: requests_per_minute");
    window.wait_for_text("2 / 2");
    window.wait_for_text("1 denial");

    window.click_text("Edit");
    window.wait_for_text("Edit umbrella");
    window.write(&window.labelled("Requests per minute"), "3");
    window.click_text("Save");
    window.wait_for_text("umbrella was saved.");
    assert_eq!(host.request("umbrella"), 200, "from the next request on");
    assert_eq!(host.request("umbrella"), 429);
    window.wait_for_text("3 / 3");
    assert_eq!(window.complaints(), [""; 0]);
}

#[test]
fn what_is_wrong_stands_beside_its_field_and_nothing_is_lost() {
    let host = Host::start(tenants());
    let window = signed_in(&host);
    visit(&window, &host, "#/new");
    window.write(&window.labelled("Tenant"), "no spaces");
    window.write(&window.labelled("Requests per minute"), "-1");
    window.click_text("Add a limit");
    window.write(&window.labelled("Name"), "burst");
    window.write(&window.labelled("Capacity"), "many");
    window.write(&window.labelled("Window"), "soon");
    window.click_text("Create tenant");
    for label in ["Tenant", "Requests per minute", "Capacity", "Window"] {
        let field = window.labelled(label);
        let problem = format!(
            "const field = document.querySelector({}); \
             const ids = (field.getAttribute('aria-describedby') ?? '').split(' '); \
             const said = ids.map((id) => document.getElementById(id)).filter((one) => one?.classList.contains('problem')); \
             return field.getAttribute('aria-invalid') === 'true' && said.map((one) => one.innerText).join(' ')",
            Value::from(field)
        );
        let problem = window.wait(&problem);
        let bound = if label == "Tenant" {
            "may only have"
        } else {
            "must"
        };
        assert!(
            problem.as_str().unwrap().contains(bound),
            "{label}: {problem}"
        );
    }
    let focused = window.run("return document.activeElement.id");
    assert_eq!(
        window.labelled("Tenant"),
        format!("[id=\"{}\"]", focused.as_str().unwrap())
    );

    window.write(&window.labelled("Tenant"), "hooli");
    window.write(&window.labelled("Requests per minute"), "1");
    window.write(&window.labelled("Capacity"), "10");
    window.write(&window.labelled("Window"), "1h");
    window.click_text("Create tenant");
    window.wait_for_text("hooli was created.");
    window.wait_for_text("burst");
}

#[test]
fn who_saves_over_somebody_elses_change_is_told_and_can_look() {
    let host = Host::start(tenants());
    let window = signed_in(&host);
    visit(&window, &host, "#/tenants/initech/edit");
    window.write(&window.labelled("Requests per minute"), "7");
    let theirs = host.ask(
        "PUT",
        "/tenants/initech/quota",
        Some("{\"requests_per_minute\":9}"),
    );
    assert_eq!(theirs.status, 200);
    window.click_text("Save");
    window.wait_for_text("Somebody has changed the tenant meanwhile");
    window.click_text("Load what is there now");
    window.wait(
        "return [...document.querySelectorAll('input')].some((field) => field.value === '9')",
    );
}

#[test]
fn a_tenant_is_suspended_resumed_reset_and_deleted() {
    let host = Host::start(tenants());
    let window = signed_in(&host);
    visit(&window, &host, "#/tenants/initech");
    window.click_text("Suspend");
    window.wait_for_text("All of its requests are denied");
    // What does no harm has the focus: pressing Enter at once changes nothing.
    window.press(&["\u{e007}"]);
    assert_eq!(host.request("initech"), 200);
    window.click_text("Suspend");
    window.wait_for_text("All of its requests are denied");
    window.click("dialog button.danger");
    window.wait_for_text("initech is suspended.");
    assert_eq!(host.request("initech"), 403);
    window.wait_for_text("The tenant is suspended");
    window.click_text("Resume");
    window.wait_for_text("initech is active again.");
    for _ in 0..4 {
        assert_eq!(host.request("initech"), 200);
    }
    assert_eq!(host.request("initech"), 429);
    window.click_text("Reset usage");
    window.wait_for_text("may spend all of them anew");
    window.click("dialog button.primary");
    window.wait_for_text("The usage of initech was reset.");
    assert_eq!(host.request("initech"), 200);

    window.click_text("Delete");
    window.wait_for_text("This can't be undone");
    assert_eq!(
        window.run("return document.querySelector('dialog .danger').disabled"),
        true
    );
    window.write("dialog input", "initech");
    window.click("dialog button.danger");
    window.wait_for_text("initech was deleted.");
    assert_eq!(host.request("initech"), 404);
}

#[test]
#[cfg(feature = "store")]
fn who_changed_what_is_told_where_it_is_kept() {
    let host = Host::over(crate::host::Kind::Sqlite, tenants());
    let window = signed_in(&host);
    let body = "{\"requests_per_minute\": 9}";
    let changed = host.ask("PUT", "/tenants/initech/quota", Some(body));
    assert_eq!(changed.status, 200);
    visit(&window, &host, "#/tenants/initech");
    window.wait("return [...document.querySelectorAll('tr')].some((row) => row.innerText.includes('ops') && row.innerText.includes('quota'))");
    window.wait_for_text("added");
}

#[test]
fn a_request_is_explained_and_nothing_is_charged() {
    let host = Host::start(tenants());
    let window = signed_in(&host);
    visit(&window, &host, "#/tenants/acme-corp");
    window.write(&window.labelled("Tokens"), "10001");
    window.write(&window.labelled("Model"), "gpt-4");
    window.click_text("Explain");
    window.wait_for_text("is more than tokens_per_minute ever admits");
    window.write(&window.labelled("Tokens"), "500");
    window.write(&window.labelled("Model"), "gpt-5");
    window.click_text("Explain");
    window.wait_for_text("model \"gpt-5\" is not allowed");
    window.write(&window.labelled("Model"), "gpt-4");
    window.write(&window.labelled("Requests"), "many");
    window.click_text("Explain");
    window.wait_for_text("must be a whole number");
    window.write(&window.labelled("Requests"), "1");
    window.click_text("Explain");
    window.wait_for_text("it would be admitted");
    window.wait_for_text("0 / 10,000");
}

#[test]
fn a_search_finds_by_the_beginning_and_by_status() {
    let host = Host::start(tenants());
    let window = signed_in(&host);
    window.wait_for_text("3 tenants");
    window.write(&window.labelled("Find"), "acme-d");
    window.wait_for_text("1 tenant");
    let rows = window
        .run("return [...document.querySelectorAll('tbody .id')].map((row) => row.innerText)");
    assert_eq!(rows, serde_json::json!(["acme-dev"]));
    window.write(&window.labelled("Find"), "nobody");
    window.wait_for_text("No tenant matches.");
}

#[test]
fn who_may_only_read_sees_no_button_that_writes() {
    let host = Host::start(tenants());
    let window = Window::open(&BROWSER);
    window.go(&host.console());
    window.click("a[href='#/sign-in?with=token']");
    window.write(&window.labelled("Token"), TOKEN);
    window.click_text("Sign in");
    window.wait_for_text("reader (read only)");
    visit(&window, &host, "#/tenants/acme-corp");
    window.wait_for_text("You may read, and change nothing.");
    let writes = "return [...document.querySelectorAll('button, a.button')].map((one) => one.innerText).filter((text) => \
                  ['New tenant', 'Edit', 'Suspend', 'Reset usage', 'Delete'].includes(text))";
    assert_eq!(window.run(writes), serde_json::json!([]));
}

#[test]
fn a_wrong_password_is_told_and_who_signs_out_is_out() {
    let host = Host::start(tenants());
    let window = Window::open(&BROWSER);
    window.go(&format!("{}#/tenants/acme-corp", host.console()));
    window.write(&window.labelled("Name"), "ops");
    window.write(&window.labelled("Password"), "wrong");
    window.click_text("Sign in");
    window.wait_for_text("The name or the password is wrong.");
    window.write(&window.labelled("Password"), "correct horse");
    window.click_text("Sign in");
    // On to where one was going.
    window.wait_for_text("tokens_per_minute");
    let kept = "return JSON.stringify([location.href, document.cookie, localStorage, document.documentElement.outerHTML])";
    let kept = window.run(kept);
    assert!(!kept.as_str().unwrap().contains("correct horse"));
    window.click_text("Sign out");
    window.wait_for_text("Name and password");
    assert_eq!(window.run("return sessionStorage.length"), 0);
    visit(&window, &host, "#/new");
    window.wait_for_text("Name and password");
}

#[test]
fn a_source_that_fails_and_a_store_that_is_away_are_seen() {
    let host = Host::start(tenants());
    let window = signed_in(&host);
    window.run(
        "const real = window.fetch; \
         const said = { source: { kind: 'sqlite', ready: false, problem: 'the file is gone', broken: [] }, \
                        sharing: { store_answers: false } }; \
         window.fetch = async (url, options) => { \
             const answer = await real(url, options); \
             const all = String(url).endsWith('/overview') && answer.ok ? { ...await answer.json(), ...said } : null; \
             return all ? new Response(JSON.stringify(all), { status: 200 }) : answer; \
         }",
    );
    window.wait_for_text("the file is gone");
    window.wait_for_text("the store does not answer");
}
