//! Every file of the console, with its type.

use super::File;

const CSS: &str = "text/css; charset=utf-8";
const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

macro_rules! file {
    ($name:literal, $kind:expr) => {
        File::new($name, $kind, include_bytes!(concat!("assets/", $name)))
    };
}

pub(super) static FILES: [File; 27] = [
    file!("api.js", SCRIPT),
    file!("app.css", CSS),
    file!("chart.js", SCRIPT),
    file!("decisions.js", SCRIPT),
    file!("dialog.js", SCRIPT),
    file!("dom.js", SCRIPT),
    file!("events.js", SCRIPT),
    file!("explain.js", SCRIPT),
    file!("fields.js", SCRIPT),
    file!("form.js", SCRIPT),
    file!("icon.svg", SVG),
    file!("index.html", HTML),
    file!("limitform.js", SCRIPT),
    file!("limits.js", SCRIPT),
    file!("main.js", SCRIPT),
    file!("notice.js", SCRIPT),
    file!("overview.js", SCRIPT),
    file!("poll.js", SCRIPT),
    file!("revisions.js", SCRIPT),
    file!("router.js", SCRIPT),
    file!("session.js", SCRIPT),
    file!("signin.js", SCRIPT),
    file!("tenant.js", SCRIPT),
    file!("tenants.js", SCRIPT),
    file!("theme.js", SCRIPT),
    file!("themes.js", SCRIPT),
    file!("words.js", SCRIPT),
];
