//! A Chromium that tests drive over `WebDriver`.

use std::fs::File;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::guard::Guard;
use crate::processes::{crash, wait_until};
use crate::{folder, programs};

/// Debian's Chromium without a window, driven over `WebDriver`.
///
/// Its profiles are in a folder of its own. It goes when it is dropped, with all its windows, also if the process ends
/// without a drop.
///
/// # Examples
/// ```no_run
/// use throwaway::Browser;
///
/// let browser = Browser::start()?;
/// // A client of `WebDriver` asks `browser.url()` for a session, with `browser.arguments()` in its `goog:chromeOptions`.
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Browser {
    folder: PathBuf,
    chromium: PathBuf,
    port: u16,
    driver: Child,
    /// Dropped after the processes have gone: it removes the folder.
    _guard: Guard,
}

impl Browser {
    /// Starts the driver; a window opens with each session.
    ///
    /// # Errors
    /// With the command that installs Chromium or its driver if they are missing, and with the driver's log if it does
    /// not come up.
    pub fn start() -> io::Result<Self> {
        let chromium = programs::chromium()?;
        let program = programs::chromedriver()?;
        let folder = folder::make("throwaway-browser", None)?;
        let mut guard = Guard::of(&folder)?;
        let mut driver = spawn(&program, &folder)?;
        guard.watch_group(driver.id())?;
        let port = wait_for_port(&mut driver, &folder.join("log"))?;
        Ok(Self {
            folder,
            chromium,
            port,
            driver,
            _guard: guard,
        })
    }

    /// Where the driver listens.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Chromium itself, for `goog:chromeOptions`.
    pub fn binary(&self) -> &Path {
        &self.chromium
    }

    /// What Chromium has to be started with. Without its sandbox, which root and most containers can't have: it is for pages
    /// that one trusts.
    pub fn arguments(&self) -> [&'static str; 4] {
        [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
        ]
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _killed = self.driver.kill();
        let _status = self.driver.wait();
        // Its windows are processes of their own.
        let _gone = crash(&self.folder);
    }
}

fn spawn(program: &Path, folder: &Path) -> io::Result<Child> {
    let log = File::create(folder.join("log"))?;
    Command::new(program)
        .arg("--port=0")
        .current_dir(folder)
        .env("TMPDIR", folder)
        .env("HOME", folder)
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .process_group(0)
        .spawn()
}

/// The port that the driver has chosen, by its own word.
fn wait_for_port(driver: &mut Child, log: &Path) -> io::Result<u16> {
    let mut port = None;
    wait_until("chromedriver does not come up", || {
        let text = std::fs::read_to_string(log)?;
        if driver.try_wait()?.is_some() {
            return Err(io::Error::other(format!("chromedriver ended: {text}")));
        }
        port = port_in(&text);
        Ok(port.is_some())
    })?;
    port.ok_or_else(|| io::Error::other("chromedriver names no port"))
}

fn port_in(log: &str) -> Option<u16> {
    let (_, rest) = log.split_once("started successfully on port ")?;
    let (digits, _) = rest.split_once('.')?;
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_is_read_from_the_log() {
        let log = "Starting…\nChromeDriver was started successfully on port 41953.\n";
        assert_eq!(port_in(log), Some(41_953));
        assert_eq!(port_in("Starting ChromeDriver on port 0\n"), None);
    }

    #[test]
    fn it_comes_up_and_nothing_of_it_stays() {
        let browser = Browser::start().unwrap();
        let folder = browser.folder.clone();
        assert!(folder.exists() && browser.url().starts_with("http://127.0.0.1:"));
        drop(browser);
        assert!(!folder.exists());
    }
}
