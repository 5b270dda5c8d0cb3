//! The service's page, and a report, in a real browser: headless Chromium, driven by chromedriver over its HTTP protocol (W3C WebDriver).
//!
//! `cargo xtask machine` installs both, or says how. Where they are missing the tests fail and say so; PLANISH_NO_BROWSER=1 leaves them out, which
//! is said too.

use crate::binary::succeed;
use crate::server::{Server, ask};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long the page may take for anything.
const PATIENCE: Duration = Duration::from_secs(30);

/// A browser with one window; both it and its driver end with this.
pub(crate) struct Browser {
    driver: Child,
    address: String,
    session: String,
}

impl Browser {
    /// Starts driver and browser; none where there shall be no browser.
    pub(crate) fn start() -> Option<Browser> {
        if std::env::var_os("PLANISH_NO_BROWSER").is_some() {
            eprintln!("left out, since PLANISH_NO_BROWSER is set");
            return None;
        }
        Some(Self::start_with("chromedriver"))
    }

    fn start_with(program: &str) -> Browser {
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

    pub(crate) fn open(&self, address: &str) {
        self.post("/url", &json!({ "url": address }));
    }

    /// What a script returns in the page.
    pub(crate) fn run(&self, script: &str) -> Value {
        self.post("/execute/sync", &json!({ "script": script, "args": [] }))
    }

    /// Makes the letters of the page's pictures wider by a fifth and taller by a tenth, and sets the others a fifth wider apart than they are on average:
    /// a reader's fonts are not this machine's.
    pub(crate) fn widen_letters(&self) {
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
    pub(crate) fn assert_texts_fit(&self, page: &str) {
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
    pub(crate) fn wait_for(&self, expression: &str) {
        let began = Instant::now();
        while self.run(&format!("return Boolean({expression})")) != json!(true) {
            let page = self.run("return document.body.innerText");
            assert!(began.elapsed() < PATIENCE, "{expression} did not come true in\n{page}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Types a text into an element, as a person does.
    fn type_into(&self, selector: &str, text: &str) {
        let element = self.post("/element", &json!({ "using": "css selector", "value": selector }));
        let id = element.as_object().unwrap().values().next().unwrap().as_str().unwrap().to_owned();
        self.post(&format!("/element/{id}/value"), &json!({ "text": text }));
    }

    /// The hosts that the browser has asked.
    pub(crate) fn hosts(&self) -> Vec<String> {
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

#[test]
fn without_a_driver_a_test_fails_and_says_what_to_type() {
    let failure = std::panic::catch_unwind(|| Browser::start_with("no-such-driver").open("about:blank"));
    let said = failure.unwrap_err().downcast::<String>().unwrap();
    assert!(said.starts_with("no-such-driver: ") && said.contains("`cargo xtask machine`"), "{said}");
}

#[test]
fn a_person_predicts_in_a_browser() {
    let Some(browser) = Browser::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    succeed(folder.path(), &["quickstart", "--out", "q"]);
    let server = Server::start(folder.path(), &["mass=q/body_mass.safetensors", "q/species.safetensors"]);
    browser.open(&format!("http://{}/", server.address()));

    // The typical row is predicted as it is.
    browser.wait_for("document.querySelector('#answer .value')");
    let first = browser.run("return document.querySelector('#answer .value').textContent");
    browser.wait_for("document.querySelector('#curve svg polyline')");
    assert_eq!(browser.run("return document.querySelectorAll('#warnings li').length"), 0);
    // Typing changes the prediction, and what is unusual is said.
    browser.run("document.getElementById('field-2').value = ''");
    browser.type_into("#field-2", "99");
    browser.wait_for("document.querySelector('#warnings li')");
    let warning = browser.run("return document.getElementById('warnings').innerText");
    assert!(warning.as_str().unwrap().contains("lies outside what was in training"), "{warning}");
    assert_ne!(browser.run("return document.querySelector('#answer .value').textContent"), first);
    // What is no number is named.
    browser.type_into("#field-2", "x");
    browser.wait_for("!document.getElementById('notice').hidden");
    let notice = browser.run("return document.getElementById('notice').textContent");
    assert!(notice.as_str().unwrap().contains("needs a number, found \"99x\""), "{notice}");

    // Another model, whose classes get bars.
    browser.run("const m = document.getElementById('model'); m.value = 'species'; m.dispatchEvent(new Event('change'))");
    browser.wait_for("document.querySelectorAll('#answer .bar').length === 3");
    browser.wait_for("document.getElementById('notice').hidden");

    // A table goes in and comes back.
    let table = crate::binary::root().join("crates/cli/data/penguins.csv");
    browser.type_into("#file", &table.display().to_string());
    browser.wait_for("document.querySelectorAll('#table tbody tr').length === 100");
    assert_eq!(
        browser.run("return document.getElementById('table-text').textContent"),
        "344 rows, the first 100 are shown"
    );
    let link = browser.run("return document.getElementById('download').href");
    assert!(link.as_str().unwrap().starts_with("blob:"), "{link}");

    // The command that it offers is one that works.
    browser.run("document.getElementById('copy-curl').click()");
    browser.wait_for("document.getElementById('copied').textContent");
    let command = browser.run("return asCurl()");
    let body = command.as_str().unwrap().split(" -d '").nth(1).unwrap().trim_end_matches('\'').to_owned();
    assert_eq!(server.ask("POST", "/predict", &body).0, 200, "{command}");

    // Every text has its place on a phone in any font, and no other host was asked.
    browser.assert_texts_fit("the service's page");
    browser.widen_letters();
    browser.assert_texts_fit("the service's page in wide letters");
    assert_eq!(browser.hosts(), [server.address()]);
}

/// A name without a place to break, of letters that are wide in every font.
const WIDE: &str = "WWWWMMMMWWWWMMMMWWWWMMMMWWWWMMMMWWWWMMMMWWWWMMMM";

/// Columns with names that have no room in a picture, and numbers of many digits.
fn write_long_names(dir: &std::path::Path) {
    let mut table = format!(
        "a_rather_long_name_of_a_column_with_many_words,漢字漢字漢字漢字漢字漢字漢字漢字,{WIDE}_too,{WIDE}\n"
    );
    for i in 0..40 {
        let [x, z] = [f64::from(i * i % 23), f64::from(i * 7 % 19)];
        table += &format!("{},{},{},{}\n", x * 1e-7, z, x * z, 123_456.0 + x * 0.25 + f64::from(i % 5));
    }
    std::fs::write(dir.join("long.csv"), table).unwrap();
}

#[test]
fn a_report_fits_a_phone_in_any_font_and_asks_nobody() {
    let Some(browser) = Browser::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    succeed(dir, &["quickstart", "--out", "q"]);
    let table = crate::binary::root().join("crates/cli/data/penguins.csv").display().to_string();
    write_long_names(dir);
    let train = ["train", "long.csv", "--target", WIDE, "--model", "ols", "-o", "q/long.safetensors"];
    succeed(dir, &train);
    let long = dir.join("long.csv").display().to_string();
    for (model, table) in [("body_mass", &table), ("species", &table), ("long", &long)] {
        let artifact = format!("q/{model}.safetensors");
        succeed(dir, &["report", &artifact, table]);
        browser.open(&format!("file://{}", dir.join(format!("q/{model}.html")).display()));
        browser.wait_for("document.querySelectorAll('svg[role=img]').length >= 3");
        browser.assert_texts_fit(model);
        browser.widen_letters();
        browser.assert_texts_fit(&format!("{model} in wide letters"));
        assert_eq!(browser.run("return document.scripts.length"), 0);
    }
    assert_eq!(browser.hosts(), [""], "the files of this machine alone");
}
