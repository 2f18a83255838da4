//! The console in a browser, as an operator uses it.

mod looks;
mod many;
mod pages;
mod walk;
mod window;

use std::sync::LazyLock;

use throwaway::Browser;

use self::window::Window;
use crate::host::Host;

/// One for all tests; each opens windows of its own, which know nothing of each other.
static BROWSER: LazyLock<Browser> = LazyLock::new(|| Browser::start().unwrap());

/// A window in which somebody has just signed in who may change everything.
fn signed_in(host: &Host) -> Window {
    let window = Window::open(&BROWSER);
    window.go(&host.console());
    window.write(&window.labelled("Name"), "ops");
    window.write(&window.labelled("Password"), "correct horse");
    window.click_text("Sign in");
    window.wait_for_text("Tenants in memory");
    window
}

/// Follows a link of the console to another of its pages.
fn visit(window: &Window, host: &Host, page: &str) {
    window.go(&format!("{}{page}", host.console()));
}
