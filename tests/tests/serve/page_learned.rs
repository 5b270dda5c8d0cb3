//! What the service's page shows of what a model learned, in a real browser: curves, confusion matrices, coefficients, against what
//! `planish inspect` says of the same model.

use planish_tests::browser::Browser;
use planish_tests::program::{data, succeed};
use planish_tests::server::Server;
use serde_json::{Value, json};

/// A model that was trained, is served, and whose page is open at a phone's width.
struct Page {
    browser: Browser,
    server: Server,
    /// What `planish inspect --json` says.
    inspected: Value,
}

impl Page {
    /// Trains on one of the project's tables with these options; none where there shall be no browser.
    fn open(table: &str, target: &str, options: &[&str]) -> Option<Page> {
        let browser = Browser::start()?;
        let folder = tempfile::tempdir().unwrap();
        let table = data(table);
        let train = ["train", &table, "--target", target, "-o", "m.safetensors"];
        succeed(folder.path(), &[&train[..], options].concat());
        let inspected = succeed(folder.path(), &["inspect", "m.safetensors", "--json"]).json();
        let server = Server::start(folder.path(), &["m.safetensors"]);
        browser.open(&format!("http://{}/", server.address()));
        browser.wait_for("state.learned && document.querySelector('#settings dt')");
        Some(Page { browser, server, inspected })
    }

    /// The held-out confusion matrix, as `planish inspect` has it.
    fn confusion(&self) -> Vec<Vec<u64>> {
        serde_json::from_value(self.inspected["record"]["confusion"].clone()).unwrap()
    }

    /// The value of an expression.
    fn value(&self, expression: &str) -> Value {
        self.browser.run(&format!("return {expression}"))
    }

    /// The texts of the elements that match.
    fn texts(&self, selector: &str) -> Vec<String> {
        let all = format!("[...document.querySelectorAll('{selector}')].map(e => e.innerText.trim())");
        serde_json::from_value(self.value(&all)).unwrap()
    }

    /// A number as the page writes it.
    fn number(&self, x: &Value) -> String {
        self.value(&format!("number({x})")).as_str().unwrap().to_owned()
    }

    /// Every text has its place on a phone in any font, and no other host was asked.
    fn assert_fits_and_asks_nobody(&self) {
        self.browser.assert_texts_fit("the page");
        self.browser.widen_letters();
        self.browser.assert_texts_fit("the page in wide letters");
        assert_eq!(self.browser.hosts(), [self.server.address()]);
    }
}

#[test]
fn a_network_shows_its_learning_curves_and_what_it_was_made_from() {
    let options = ["--hidden", "8", "--epochs", "5", "--metrics", "accuracy"];
    let Some(page) = Page::open("adult_sample.csv", "income", &options) else { return };
    let history = &page.inspected["record"]["history"];
    let best = history["best_epoch"].as_u64().unwrap();
    let kept = &history["epochs"][best as usize - 1];
    let points = "[...document.querySelectorAll('#figures polyline')].map(l => l.points.length)";
    assert_eq!(page.value(points), json!([5, 5, 5]), "losses of training and held-out rows, the accuracy");
    assert_eq!(page.value("document.querySelectorAll('#figures line.kept').length"), 2);
    let [loss, held, accuracy] =
        [&kept["loss"], &kept["val_loss"], &kept["metrics"]["val_accuracy"]].map(|x| page.number(x));
    let want = [
        format!("at epoch {best}: training {loss}, held-out {held}"),
        format!("at epoch {best}: held-out {accuracy}"),
    ];
    assert_eq!(page.texts("#figures .hint"), want);
    let names = page.texts("#about dt");
    let fact = |name: &str| {
        let place = names.iter().position(|n| n == name).unwrap_or_else(|| panic!("{name} in {names:?}"));
        page.texts("#about dd")[place].clone()
    };
    assert!(fact("layers").ends_with(" → 8 → 1"), "{}", fact("layers"));
    assert_eq!((fact("kept epoch"), fact("rows held out")), (format!("{best} of 5"), "250".to_owned()));
    assert_eq!(page.value("document.getElementById('coefficients').hidden"), true);
    page.assert_fits_and_asks_nobody();
}

#[test]
fn a_classifier_shows_how_often_each_class_was_taken_for_each() {
    let options = ["--hidden", "8", "--epochs", "5"];
    let Some(page) = Page::open("adult_sample.csv", "income", &options) else { return };
    let counts = page.confusion();
    assert_eq!(page.texts("#confusion tbody th"), ["<=50K", ">50K"]);
    assert_eq!(page.texts("#confusion thead th"), ["actual", "<=50K", ">50K"]);
    let cells = "[...document.querySelectorAll('#confusion td')].map(cell => Number(cell.firstChild.data))";
    assert_eq!(page.value(cells), json!(counts.concat()));
    let share = 100.0 * counts[0][0] as f64 / (counts[0][0] + counts[0][1]) as f64;
    assert_eq!(page.texts("#confusion td small")[0], format!("{share:.1} %"));
    page.assert_fits_and_asks_nobody();
}

#[test]
fn of_many_classes_the_most_frequent_mistakes_come_first_and_the_matrix_when_asked_for() {
    let options = ["--hidden", "8", "--epochs", "2"];
    let Some(page) = Page::open("adult_sample.csv", "education", &options) else { return };
    let counts = page.confusion();
    let wrong =
        |(i, row): (usize, &Vec<u64>)| row.iter().enumerate().filter(|(j, _)| *j != i).map(|c| *c.1).max();
    let most = counts.iter().enumerate().filter_map(wrong).max().unwrap();
    assert_eq!(page.texts("#confusion tbody tr").len(), 12);
    assert_eq!(page.texts("#confusion tbody td:nth-child(3)")[0], most.to_string());
    page.browser.run("document.querySelector('#confusion details').open = true");
    page.browser.wait_for("document.querySelectorAll('#confusion .heat td').length === 16 * 16");
    page.assert_fits_and_asks_nobody();
}

#[test]
fn a_linear_model_shows_its_coefficients_in_the_order_of_inspect() {
    let options = ["--model", "linear"];
    let Some(page) = Page::open("california_housing_train.csv", "median_house_value", &options) else {
        return;
    };
    let coefficients = page.inspected["coefficients"].as_array().unwrap();
    let terms: Vec<&str> = coefficients.iter().map(|c| c["term"].as_str().unwrap()).collect();
    assert_eq!(page.texts("#coefficient-table tbody th"), terms);
    for (line, want) in page.texts("#coefficient-table tbody tr").iter().zip(coefficients) {
        let cells: Vec<&str> = line.split('\t').map(str::trim).collect();
        let interval = [0, 1].map(|end| page.number(&want["ci"][end])).join(" to ");
        let p = page.value(&format!("pValue({})", want["p"]));
        let estimate = page.number(&want["estimate"]);
        assert_eq!(cells, [want["term"].as_str().unwrap(), &estimate, &interval, "", p.as_str().unwrap()]);
    }
    assert_eq!(page.value("[curves, confusion].map(part => part.hidden)"), json!([true, true]));
    page.assert_fits_and_asks_nobody();
}

#[test]
fn of_more_than_thirty_terms_the_first_are_shown_and_the_rest_counted() {
    let options = ["--model", "logistic", "--alpha", "1"];
    let Some(page) = Page::open("adult_sample.csv", "income", &options) else { return };
    let all = page.inspected["coefficients"].as_array().unwrap().len();
    assert_eq!(page.texts("#coefficient-table tbody tr").len(), 30);
    let more = page.texts("#coefficients-more");
    assert_eq!(more, [format!("The first 30 of {all} terms; planish inspect shows all.")]);
    let meaning = page.texts("#coefficients-text").concat();
    assert!(
        meaning.contains("log-odds of >50K against <=50K") && meaning.contains("no standard errors"),
        "{meaning}"
    );
    page.assert_fits_and_asks_nobody();
}
