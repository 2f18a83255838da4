//! A window of a browser, driven over `WebDriver`, as far as these tests need it.

use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use throwaway::Browser;

/// What a page may take to show something.
const PATIENCE: Duration = Duration::from_secs(60);

/// `element-6066-…`: under this name the standard hands out elements.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

pub(crate) struct Window {
    agent: ureq::Agent,
    session: String,
}

impl Window {
    /// Opens a window of a desktop's size.
    pub(crate) fn open(browser: &Browser) -> Self {
        let config = ureq::Agent::config_builder().http_status_as_error(false);
        let agent = ureq::Agent::new_with_config(config.build());
        let options = json!({ "args": browser.arguments(), "binary": browser.binary() });
        let wanted =
            json!({ "goog:chromeOptions": options, "goog:loggingPrefs": { "browser": "ALL" } });
        let body = json!({ "capabilities": { "alwaysMatch": wanted } });
        let opened = post(&agent, &format!("{}/session", browser.url()), &body);
        let id = opened["sessionId"].as_str().unwrap();
        let session = format!("{}/session/{id}", browser.url());
        let window = Self { agent, session };
        window.resize(1280, 900);
        window
    }

    fn post(&self, command: &str, body: &Value) -> Value {
        post(&self.agent, &format!("{}/{command}", self.session), body)
    }

    fn cdp(&self, command: &str, params: &Value) {
        self.post(
            "goog/cdp/execute",
            &json!({ "cmd": command, "params": params }),
        );
    }

    /// 390 wide is a phone.
    pub(crate) fn resize(&self, width: u32, height: u32) {
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500 });
        self.cdp("Emulation.setDeviceMetricsOverride", &metrics);
    }

    /// What the system prefers: `light` or `dark`.
    pub(crate) fn prefer(&self, scheme: &str) {
        let feature = json!({ "name": "prefers-color-scheme", "value": scheme });
        self.cdp(
            "Emulation.setEmulatedMedia",
            &json!({ "features": [feature] }),
        );
    }

    pub(crate) fn go(&self, url: &str) {
        self.post("url", &json!({ "url": url }));
    }

    /// What a script returns.
    pub(crate) fn run(&self, script: &str) -> Value {
        self.post("execute/sync", &json!({ "script": script, "args": [] }))
    }

    /// Waits for a script to return something that is true.
    pub(crate) fn wait(&self, script: &str) -> Value {
        let start = Instant::now();
        loop {
            let found = self.run(script);
            if !matches!(&found, Value::Null | Value::Bool(false)) {
                return found;
            }
            if start.elapsed() > PATIENCE {
                let page = self.run("return document.body.innerText");
                panic!(
                    "{script} is still {found} on this page:\n{}",
                    page.as_str().unwrap()
                );
            }
            sleep(Duration::from_millis(30));
        }
    }

    /// Waits until the page shows this text.
    pub(crate) fn wait_for_text(&self, text: &str) {
        let text = Value::from(text);
        self.wait(&format!("return document.body.innerText.includes({text})"));
    }

    /// Waits for an element that is shown.
    fn element(&self, css: &str) -> String {
        let css = Value::from(css);
        let script = format!(
            "const found = document.querySelector({css}); return found !== null && found.checkVisibility() ? found : null"
        );
        self.wait(&script)[ELEMENT].as_str().unwrap().to_owned()
    }

    pub(crate) fn click(&self, css: &str) {
        let element = self.element(css);
        self.post(&format!("element/{element}/click"), &json!({}));
    }

    /// Types into a field, in place of what is there.
    pub(crate) fn write(&self, css: &str, text: &str) {
        let element = self.element(css);
        self.post(&format!("element/{element}/clear"), &json!({}));
        self.post(
            &format!("element/{element}/value"),
            &json!({ "text": text }),
        );
    }

    /// Presses keys where the focus is, one after the other.
    pub(crate) fn press(&self, keys: &[&str]) {
        let actions = keys.iter().flat_map(|key| {
            let action = |kind: &str| json!({ "type": kind, "value": key });
            [action("keyDown"), action("keyUp")]
        });
        let actions: Vec<Value> = actions.collect();
        let keyboard = json!({ "type": "key", "id": "keyboard", "actions": actions });
        self.post("actions", &json!({ "actions": [keyboard] }));
    }

    /// The field with this label.
    pub(crate) fn labelled(&self, label: &str) -> String {
        let label = Value::from(label);
        let script = format!(
            "const label = [...document.querySelectorAll('label')].find((one) => one.innerText.trim() === {label} && one.checkVisibility()); \
             return label ? `[id=\"${{label.htmlFor}}\"]` : null"
        );
        self.wait(&script).as_str().unwrap().to_owned()
    }

    /// The first button or link with this text.
    pub(crate) fn click_text(&self, text: &str) {
        let text = Value::from(text);
        let script = format!(
            "return [...document.querySelectorAll('button, a.button, summary, dialog button')].findLast((one) => one.innerText.trim() === {text} && one.checkVisibility()) ?? null"
        );
        let element = self.wait(&script)[ELEMENT].as_str().unwrap().to_owned();
        self.post(&format!("element/{element}/click"), &json!({}));
    }

    /// What the console of the browser has said since the last time, but for answers that are no successes: the
    /// page shows those.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let log = self.post("se/log", &json!({ "type": "browser" }));
        let said = log.as_array().unwrap().iter();
        let said = said.map(|entry| entry["message"].as_str().unwrap().to_owned());
        said.filter(|text| !text.contains("the server responded with a status of 4"))
            .collect()
    }

    /// A picture of the whole page, for people to look at.
    pub(crate) fn picture(&self) -> String {
        let script =
            "return [document.documentElement.clientWidth, document.documentElement.scrollHeight]";
        let size = self.run(script);
        let clip = json!({ "x": 0, "y": 0, "width": size[0], "height": size[1], "scale": 1 });
        let params = json!({ "captureBeyondViewport": true, "clip": clip });
        let body = json!({ "cmd": "Page.captureScreenshot", "params": params });
        let taken = self.post("goog/cdp/execute", &body);
        taken["data"].as_str().unwrap().to_owned()
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        // The browser goes with its test anyway.
        let _closed = self.agent.delete(&self.session).call();
    }
}

fn post(agent: &ureq::Agent, url: &str, body: &Value) -> Value {
    let request = agent.post(url).header("Content-Type", "application/json");
    let mut response = request.send(body.to_string()).unwrap();
    let status = response.status();
    // A picture has some megabytes.
    let text = response
        .body_mut()
        .with_config()
        .limit(1 << 26)
        .read_to_string()
        .unwrap();
    let mut answer: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(status, 200, "{url} {body}: {}", answer["value"]["message"]);
    answer["value"].take()
}
