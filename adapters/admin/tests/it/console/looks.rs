//! Pictures of every page, for people to look at: `TOLLGATE_PICTURES=folder cargo test --test console pictures`.

use std::path::PathBuf;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::window::Window;
use super::{BROWSER, signed_in, visit};
use crate::host::{Host, tenants};

#[test]
fn pictures_are_of_a_page_each() {
    let folder = std::env::var_os("TOLLGATE_PICTURES").map(PathBuf::from);
    let host = Host::start(tenants());
    (0..130).for_each(|_| {
        host.request("acme-corp");
    });
    let window = Window::open(&BROWSER);
    window.go(&host.console());
    window.wait_for_text("Name and password");
    let keep = |window: &Window, name: &str| {
        let picture = BASE64_STANDARD.decode(window.picture()).unwrap();
        assert!(picture.starts_with(b"\x89PNG"), "{name}");
        if let Some(folder) = &folder {
            std::fs::create_dir_all(folder).unwrap();
            std::fs::write(folder.join(format!("{name}.png")), picture).unwrap();
        }
    };
    keep(&window, "sign-in");
    let window = signed_in(&host);
    let pages = [
        ("list", "#/", "acme-dev"),
        ("tenant", "#/tenants/acme-corp", "gpt-3.5-turbo"),
        ("edit", "#/tenants/initech/edit", "Limit 1"),
        ("new", "#/new", "Create tenant"),
    ];
    for (name, page, loaded) in pages {
        visit(&window, &host, page);
        window.wait_for_text(loaded);
        for (size, width, height) in [("desktop", 1280, 900), ("phone", 390, 844)] {
            window.resize(width, height);
            for scheme in ["light", "dark"] {
                window.prefer(scheme);
                keep(&window, &format!("{name}-{size}-{scheme}"));
            }
        }
    }
}
