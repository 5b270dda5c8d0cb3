//! A real browser: headless Chromium, driven by chromedriver over its HTTP protocol (W3C WebDriver).
//!
//! `cargo xtask machine` installs both, or says how. Where they are missing the tests fail and say so; PLANISH_NO_BROWSER=1 leaves them out, which
//! is said too.

use crate::server::ask;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long the page may take for anything.
const PATIENCE: Duration = Duration::from_secs(30);

/// A browser with one window; both it and its driver end with this.
pub struct Browser {
    driver: Child,
    address: String,
    session: String,
}

impl Browser {
    /// Starts driver and browser; none where there shall be no browser.
    pub fn start() -> Option<Browser> {
        if std::env::var_os("PLANISH_NO_BROWSER").is_some() {
            eprintln!("left out, since PLANISH_NO_BROWSER is set");
            return None;
        }
        Some(Self::start_with("chromedriver"))
    }

    /// The same with this driver.
    pub fn start_with(program: &str) -> Browser {
        let driver = Command::new(program).arg("--port=0").stdout(Stdio::piped()).spawn();
        let mut driver = driver.unwrap_or_else(|e| {
            panic!("{program}: {e}: `cargo xtask machine` installs a browser with its driver, or says how; with PLANISH_NO_BROWSER=1 the tests go without")
        });
        let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
        let port = lines
            .find_map(|line| {
                Some(line.unwrap().split_once("successfully on port ")?.1.trim_end_matches('.').to_owned())
            })
            .expect("chromedriver names its port");
        let mut browser = Browser { driver, address: format!("127.0.0.1:{port}"), session: String::new() };
        let arguments = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--window-size=390,900",
        ];
        let wanted = json!({
            "browserName": "chrome",
            "goog:chromeOptions": { "args": arguments },
            "goog:loggingPrefs": { "performance": "ALL" },
        });
        let made = browser.post("/session", &json!({ "capabilities": { "alwaysMatch": wanted } }));
        browser.session = format!("/session/{}", made["sessionId"].as_str().unwrap());
        browser
    }

    /// The value that the driver answers with.
    fn post(&self, path: &str, body: &Value) -> Value {
        let (status, answer) =
            ask(&self.address, "POST", &format!("{}{path}", self.session), &body.to_string());
        assert_eq!(status, 200, "{path}: {answer}");
        answer["value"].clone()
    }

    /// Goes to this address.
    pub fn open(&self, address: &str) {
        self.post("/url", &json!({ "url": address }));
    }

    /// What a script returns in the page.
    pub fn run(&self, script: &str) -> Value {
        self.post("/execute/sync", &json!({ "script": script, "args": [] }))
    }

    /// Makes the letters of the page's pictures wider by a fifth and taller by a tenth, and sets the others a fifth wider apart than they are on average:
    /// a reader's fonts are not this machine's.
    pub fn widen_letters(&self) {
        self.run(
            "document.body.style.letterSpacing = '0.1em';
            for (const text of document.querySelectorAll('svg text')) {
                text.style.letterSpacing = '0';
                const width = text.getComputedTextLength(), size = parseFloat(getComputedStyle(text).fontSize);
                text.style.fontSize = 1.1 * size + 'px';
                text.style.letterSpacing = 0.1 * width / text.textContent.length + 'px';
            }",
        );
    }

    /// Asserts that no text leaves its picture, that no two lie on each other and that nothing is wider than the window.
    pub fn assert_texts_fit(&self, page: &str) {
        let outside = "return [...document.querySelectorAll('svg[role=img] text')].filter(t => {
            const a = t.getBoundingClientRect(), b = t.ownerSVGElement.getBoundingClientRect();
            return a.left < b.left - 1 || a.right > b.right + 1 || a.top < b.top - 1 || a.bottom > b.bottom + 1;
        }).map(t => t.textContent)";
        assert_eq!(self.run(outside), json!([]), "out of their picture: {page}");
        // Lines are apart by their letters' size: a font may have any air above and below.
        let crossed = "return [...document.querySelectorAll('svg[role=img]')].flatMap(svg => {
            const all = [...svg.querySelectorAll('text')].map(t => {
                const { left, right, top, bottom } = t.getBoundingClientRect();
                const size = t.getScreenCTM().a * parseFloat(getComputedStyle(t).fontSize);
                return { left, right, middle: (top + bottom) / 2, size, text: t.textContent };
            });
            return all.flatMap((a, i) => all.slice(i + 1).filter(b => a.left < b.right && b.left < a.right
                && Math.abs(a.middle - b.middle) < 0.8 * Math.max(a.size, b.size)).map(b => [a.text, b.text]));
        })";
        assert_eq!(self.run(crossed), json!([]), "on each other: {page}");
        assert_eq!(
            self.run("return document.documentElement.scrollWidth <= window.innerWidth"),
            true,
            "{page}"
        );
    }

    /// Waits until an expression of the page is true.
    pub fn wait_for(&self, expression: &str) {
        let began = Instant::now();
        while self.run(&format!("return Boolean({expression})")) != json!(true) {
            let page = self.run("return document.body.innerText");
            assert!(began.elapsed() < PATIENCE, "{expression} did not come true in\n{page}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Types a text into an element, as a person does.
    pub fn type_into(&self, selector: &str, text: &str) {
        let element = self.post("/element", &json!({ "using": "css selector", "value": selector }));
        let id = element.as_object().unwrap().values().next().unwrap().as_str().unwrap().to_owned();
        self.post(&format!("/element/{id}/value"), &json!({ "text": text }));
    }

    /// The hosts that the browser has asked.
    pub fn hosts(&self) -> Vec<String> {
        let log = self.post("/se/log", &json!({ "type": "performance" }));
        let url = |entry: &Value| {
            let message: Value = serde_json::from_str(entry["message"].as_str()?).ok()?;
            let message = &message["message"];
            let is_request = message["method"] == "Network.requestWillBeSent";
            is_request.then(|| message["params"]["request"]["url"].as_str().unwrap().to_owned())
        };
        let mut hosts: Vec<String> = log.as_array().unwrap().iter().filter_map(url).collect();
        hosts.iter_mut().for_each(|url| *url = url.split('/').nth(2).unwrap_or(url).to_owned());
        hosts.sort();
        hosts.dedup();
        hosts
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The browser ends with its session, also after a failure, and then nothing here may panic again.
        let end = format!("DELETE {} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\n\r\n", self.session);
        let _ = TcpStream::connect(&self.address).and_then(|mut stream| {
            stream.set_read_timeout(Some(PATIENCE))?;
            stream.write_all(end.as_bytes())?;
            stream.read(&mut [0; 512])
        });
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
