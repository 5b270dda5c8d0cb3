//! The service's page, and a report, in a browser.

use planish_tests::browser::Browser;
use planish_tests::program::{penguins, succeed};
use planish_tests::server::Server;

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
    browser.type_into("#file", &penguins());
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
    let table = penguins();
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
