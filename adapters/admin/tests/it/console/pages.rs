//! What holds of every page: for who looks, for who listens, and for who has no mouse.

use super::{signed_in, visit};
use crate::host::{Host, tenants};

const PAGES: [&str; 5] = [
    "#/",
    "#/tenants/acme-corp",
    "#/tenants/initech/edit",
    "#/new",
    "#/nowhere",
];

/// Names that are missing, and headings that are too many.
const NAMELESS: &str = r#"
const shown = (element) => element.checkVisibility();
const name = (element) => (element.getAttribute("aria-label") ?? element.innerText ?? "").trim()
    || [...element.labels ?? []].map((label) => label.innerText).join(" ").trim()
    || (element.getAttribute("aria-labelledby") ?? "").split(" ").map((id) => document.getElementById(id)?.innerText ?? "").join("").trim();
const found = [...document.querySelectorAll("button, a[href], input, select, textarea, [role=meter], [role=img], nav, section, dialog")]
    .filter((element) => shown(element) && name(element) === "")
    .map((element) => element.outerHTML.slice(0, 120));
for (const element of document.querySelectorAll("input, select, textarea")) {
    if (shown(element) && element.labels.length === 0) found.push(`no label: ${element.outerHTML.slice(0, 120)}`);
}
for (const reference of ["aria-labelledby", "aria-describedby", "for"]) {
    for (const element of document.querySelectorAll(`[${reference}]`)) {
        for (const id of element.getAttribute(reference).split(" ")) {
            if (!document.getElementById(id)) found.push(`${reference} of nothing: ${id}`);
        }
    }
}
const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
found.push(...ids.filter((id, at) => ids.indexOf(id) !== at).map((id) => `twice: ${id}`));
if (document.querySelectorAll("h1").length !== 1) found.push("not one h1");
if (document.querySelectorAll("main").length !== 1 || document.documentElement.lang !== "en") found.push("no main, or no language");
return found;
"#;

/// Texts whose colour is too near to that of their ground: WCAG 2.2, 1.4.3.
const PALE: &str = r#"
const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
};
const over = ([r, g, b, a], [x, y, z]) => [r * a + x * (1 - a), g * a + y * (1 - a), b * a + z * (1 - a), 1];
const ground = (element) => {
    const layers = [];
    for (let one = element; one; one = one.parentElement) {
        const colour = rgba(getComputedStyle(one).backgroundColor);
        if (colour[3] > 0) layers.push(colour);
        if (colour[3] === 1) break;
    }
    return layers.reduceRight((below, layer) => over(layer, below), [255, 255, 255, 1]);
};
const light = ([r, g, b]) => {
    const linear = [r, g, b].map((part) => part / 255).map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
};
const contrast = (one, other) => {
    const [high, low] = [light(one), light(other)].sort((a, b) => b - a);
    return (high + 0.05) / (low + 0.05);
};
const found = new Set();
let looked = 0;
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
for (let text = walker.nextNode(); text; text = walker.nextNode()) {
    const element = text.parentElement;
    if (text.data.trim() === "" || !element.checkVisibility() || element.closest("[aria-hidden=true], noscript, script, .unseen")) continue;
    if (element.closest(":disabled, [aria-disabled=true]")) continue;
    looked += 1;
    const below = ground(element);
    const ratio = contrast(over(rgba(getComputedStyle(element).color), below), below);
    if (ratio < 4.5) found.add(`${ratio.toFixed(2)}: ${text.data.trim().slice(0, 40)} (${element.className})`);
}
return looked < 5 ? ["hardly any text"] : [...found];
"#;

#[test]
fn every_page_has_names_for_everything_enough_contrast_and_no_complaints() {
    let host = Host::start(tenants());
    // So that there are denials to show.
    (0..7).for_each(|_| {
        host.request("initech");
        host.request("acme-corp");
    });
    let window = signed_in(&host);
    for scheme in ["light", "dark"] {
        window.prefer(scheme);
        for page in PAGES {
            visit(&window, &host, page);
            let loaded = match page {
                "#/" => "acme-dev",
                "#/nowhere" => "There is no such page.",
                "#/tenants/acme-corp" => "gpt-3.5-turbo",
                _ => "Metadata",
            };
            window.wait_for_text(loaded);
            for (width, height) in [(1280, 900), (390, 844)] {
                window.resize(width, height);
                let nothing = serde_json::json!([]);
                assert_eq!(window.run(NAMELESS), nothing, "{page} {width} {scheme}");
                assert_eq!(window.run(PALE), nothing, "{page} {width} {scheme}");
                let wide = "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
                assert_eq!(
                    window.run(wide),
                    0,
                    "{page} can be scrolled sideways at {width}"
                );
            }
        }
    }
    let elsewhere = "return performance.getEntriesByType('resource').map((one) => one.name).filter((name) => !name.startsWith(location.origin))";
    assert_eq!(window.run(elsewhere), serde_json::json!([]));
    // Among them would be what the content security policy has kept from running.
    assert_eq!(window.complaints(), [""; 0]);
}

#[test]
fn everything_can_be_done_by_keyboard_and_focus_goes_to_the_new_page() {
    const TAB: &str = "\u{e004}";
    const ENTER: &str = "\u{e007}";
    let host = Host::start(tenants());
    let window = signed_in(&host);
    window.wait_for_text("acme-dev");
    // Loaded anew, so that the focus is where it is for somebody who comes.
    window.run("location.reload()");
    window.wait("return performance.getEntriesByName('tollgate-rows').length > 0 && document.activeElement === document.body");
    window.press(&[TAB]);
    assert_eq!(
        window.run("return document.activeElement.innerText"),
        "Skip to the content"
    );
    window.press(&[ENTER, TAB]);
    assert_eq!(
        window.run("return document.activeElement.innerText"),
        "New tenant"
    );
    // Over the search's three fields to the first of the list.
    window.press(&[TAB, TAB, TAB, TAB, ENTER]);
    window.wait_for_text("Explain a request");
    let heading =
        "return document.activeElement.tagName === 'H1' && document.activeElement.innerText";
    assert_eq!(window.wait(heading), "acme-corp");
    assert_eq!(window.run("return document.title"), "acme-corp · tollgate");
    window.press(&[TAB]);
    assert_eq!(
        window.run("return document.activeElement.innerText"),
        "Edit"
    );
    let ring = "return getComputedStyle(document.activeElement).outlineStyle";
    assert_eq!(window.run(ring), "solid", "who has the focus is seen");
}
