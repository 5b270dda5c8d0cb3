//! `planish report`: the page about a model, its numbers against statsmodels, and what it says of wrong tables.

use planish_tests::program::{data, penguins, planish, root, run, run_with_input, succeed};
use serde_json::Value;
use std::path::Path;

fn read(dir: &Path, name: &str) -> String {
    std::fs::read_to_string(dir.join(name)).unwrap()
}

/// Asserts that every element is closed in its turn, that the texts hold no markup and that nothing is asked of any host.
fn assert_sound(html: &str) {
    let body = html.strip_prefix("<!DOCTYPE html>\n").expect("a document type");
    let (mut open, mut ids) = (Vec::new(), std::collections::BTreeSet::new());
    for part in body.split('<').skip(1) {
        let (tag, text) = part.split_once('>').unwrap_or_else(|| panic!("no end of <{part}"));
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "</{name}>");
            continue;
        }
        let name = tag.split([' ', '/']).next().unwrap();
        assert_eq!(tag.matches('"').count() % 2, 0, "quotes in <{tag}>");
        for id in tag.split(" id=\"").skip(1) {
            assert!(
                ids.insert(id.split('"').next().unwrap().to_owned()),
                "two elements with the id of <{tag}>"
            );
        }
        assert!(!["script", "link", "img", "iframe", "object", "a", "use"].contains(&name), "<{tag}>");
        if !tag.ends_with('/') {
            open.push(name);
        }
        assert!(!text.contains('>') || name == "style", "a bare > in {text:?}");
    }
    assert!(open.is_empty(), "{open:?} are open at the end");
    for asks in ["://", "src=", "href=", "@import", "javascript:", "NaN", "inf\""] {
        assert!(!html.contains(asks), "{asks} in the page");
    }
    assert_eq!(html.matches("url(").count(), html.matches("url(#c").count(), "only parts of the page itself");
    assert!(html.contains("Content-Security-Policy\" content=\"default-src 'none'"));
    let pictures = html.matches("role=\"img\"").count();
    assert_eq!(html.matches("<desc id=").count(), pictures, "every picture has a description");
}

fn assert_has(html: &str, titles: &[&str]) {
    for title in titles {
        assert!(html.contains(&format!("<h3>{title}</h3>")), "no picture {title}");
    }
}

/// Every so manieth row of the table of California, with these columns.
fn write_california(dir: &Path, name: &str, columns: &[&str], first: usize, every: usize) {
    let text = std::fs::read_to_string(data("california_housing_train.csv")).unwrap();
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap().split(',').collect();
    let places: Vec<usize> = columns.iter().map(|c| header.iter().position(|h| h == c).unwrap()).collect();
    let mut out = columns.join(",") + "\n";
    for line in lines.skip(first).step_by(every) {
        let cells: Vec<&str> = line.split(',').collect();
        out += &(places.iter().map(|&p| cells[p]).collect::<Vec<_>>().join(",") + "\n");
    }
    std::fs::write(dir.join(name), out).unwrap();
}

#[test]
fn leverages_studentized_residuals_and_cooks_distances_agree_with_statsmodels() {
    let golden: Value = serde_json::from_slice(
        &std::fs::read(root().join("tests/golden/statsmodels_influence.json")).unwrap(),
    )
    .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let text = |key: &str| golden[key].as_str().unwrap().to_owned();
    let (target, weights) = (text("target"), text("weights"));
    let terms: Vec<String> = serde_json::from_value(golden["terms"].clone()).unwrap();
    let mut columns: Vec<&str> = terms.iter().map(String::as_str).collect();
    columns.extend([&target[..], &weights]);
    write_california(dir, "t.csv", &columns, 0, golden["every"].as_u64().unwrap() as usize);
    for (case, options) in [("plain", ["--drop", &weights]), ("weighted", ["--weights", &weights])] {
        let train = ["train", "t.csv", "--target", &target, "--model", "ols", "-o", "m"];
        succeed(dir, &[&train[..], &options].concat());
        let said = succeed(dir, &["report", "m", "t.csv", "--json"]).json();
        let numbers = &said["numbers"];
        assert_eq!(numbers["influence"], "fitted_rows");
        let points = numbers["points"].as_array().unwrap();
        for key in ["leverage", "studentized", "cook"] {
            let want = golden[case][key].as_array().unwrap();
            assert_eq!(points.len(), want.len());
            for (i, (point, want)) in points.iter().zip(want).enumerate() {
                let (found, want) = (point[key].as_f64().unwrap(), want.as_f64().unwrap());
                assert!(
                    (found - want).abs() <= 1e-9 * want.abs().max(1e-6),
                    "{case} {key} of row {i}: {found} is not {want}"
                );
                assert_eq!(
                    (point["row"].as_u64(), point["line"].as_u64()),
                    (Some(i as u64 + 1), Some(i as u64 + 2))
                );
            }
        }
        let html = read(dir, "m.html");
        assert_sound(&html);
        let titles = [
            "Residuals along the prediction",
            "Normal Q–Q",
            "Scale along the prediction",
            "Residuals against leverage",
            "Effects on one scale",
        ];
        assert_has(&html, &titles);
        // The tables are those of inspect.
        let inspected = succeed(dir, &["inspect", "m"]).out;
        let line = inspected.lines().find(|l| l.contains("median_income")).unwrap();
        for cell in line.split_whitespace().take(4) {
            assert!(html.contains(&format!(">{cell}<")), "{cell}");
        }
        assert!(html.contains("<dt>Durbin-Watson</dt>") && html.contains("<dt>adjusted R2</dt>"));
    }
}

#[test]
fn rows_that_were_not_fitted_have_leverages_but_no_cooks_distances() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let columns = ["median_income", "total_rooms", "median_house_value"];
    write_california(dir, "old.csv", &columns, 0, 250);
    write_california(dir, "new.csv", &columns, 7, 250);
    succeed(dir, &["train", "old.csv", "--target", "median_house_value", "--model", "ols", "-o", "m"]);
    let said = succeed(dir, &["report", "m", "new.csv", "--json", "-o", "new.html"]).json();
    assert_eq!((&said["report"], &said["numbers"]["influence"]), (&"new.html".into(), &"new_rows".into()));
    let points = said["numbers"]["points"].as_array().unwrap();
    assert!(
        points.iter().all(|p| p["cook"].is_null() && p["leverage"].is_f64() && p["studentized"].is_f64())
    );
    assert!(read(dir, "new.html").contains("other rows than the model was fitted to"));
    let scores = succeed(dir, &["evaluate", "m", "new.csv", "--json"]).json();
    assert_eq!((&said["metrics"], &said["rows"]), (&scores["metrics"], &scores["rows"]));
    // The first column's effect: its coefficient by the deviation of the rows at hand.
    let effect = &said["effects"][0]["effects"][0];
    assert!(effect["term"] == "median_income" && effect["interval"][0].as_f64() < effect["value"].as_f64());
}

#[test]
fn a_classifier_has_a_matrix_and_curves_that_agree_with_its_scores() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let table = data("adult_sample.csv");
    let train =
        ["train", &table, "--target", "income", "--hidden", "16", "--epochs", "4", "-o", "m.safetensors"];
    succeed(dir, &train);
    let said = succeed(dir, &["report", "m.safetensors", &table, "--json"]).json();
    let scores = succeed(dir, &["evaluate", "m.safetensors", &table, "--json"]).json();
    for key in ["metrics", "confusion_matrix", "rows", "task"] {
        assert_eq!(said[key], scores[key], "{key}");
    }
    let curves = said["classes"]["curves"].as_array().unwrap();
    assert_eq!(curves.len(), 1);
    assert_eq!(
        (&curves[0]["auc"], &curves[0]["average_precision"]),
        (&scores["metrics"]["auc"], &scores["metrics"]["pr_auc"])
    );
    let roc = curves[0]["roc"].as_array().unwrap();
    let ends: Vec<Vec<f64>> =
        [&roc[0], &roc[roc.len() - 1]].map(|p| serde_json::from_value(p.clone()).unwrap()).to_vec();
    assert_eq!(ends, [[0.0, 0.0], [1.0, 1.0]]);
    let html = read(dir, "m.html");
    assert_sound(&html);
    assert_has(&html, &["ROC", "Precision and recall", "Calibration", "Loss by epoch"]);
    assert!(html.contains("<th scope=\"row\">&gt;50K</th>") && html.contains("<small>"));
}

#[test]
fn three_classes_stand_each_against_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let table = penguins();
    succeed(dir, &["train", &table, "--target", "species", "--model", "logistic", "--alpha", "1", "-o", "m"]);
    let said = succeed(dir, &["report", "m", &table, "--json"]).json();
    let curves = said["classes"]["curves"].as_array().unwrap();
    assert_eq!(curves.iter().map(|c| c["class"].as_u64().unwrap()).collect::<Vec<_>>(), [0, 1, 2]);
    assert_eq!(said["effects"].as_array().unwrap().len(), 2);
    let html = read(dir, "m.html");
    assert_sound(&html);
    assert_has(&html, &["ROC", "Calibration", "Effects on Chinstrap", "Effects on Gentoo"]);
    assert!(html.contains("Coefficients of class Gentoo against class Adelie."));
}

#[test]
fn a_regression_network_has_its_errors_and_its_learning_curves() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let table = data("california_housing_train.csv");
    let train =
        ["train", &table, "--target", "median_house_value", "--hidden", "8", "--epochs", "3", "-o", "m"];
    succeed(dir, &train);
    let said = succeed(dir, &["report", "m", &table, "--json"]).json();
    let numbers = &said["numbers"];
    assert!(numbers["influence"].is_null() && numbers["rows"] == 16512);
    let points = numbers["points"].as_array().unwrap();
    assert!(points.len() > 2000 && points.len() < 4000, "{} points", points.len());
    // The largest error is among the points, and is the score.
    let errors = points.iter().map(|p| p["residual"].as_f64().unwrap().abs());
    assert_eq!(Some(errors.fold(0.0, f64::max)), said["metrics"]["max_error"].as_f64());
    assert_eq!(numbers["absolute_quantiles"][4][1], said["metrics"]["median_ae"]);
    let html = read(dir, "m.html");
    assert_sound(&html);
    assert_has(
        &html,
        &["Predicted and actual", "Residuals along the prediction", "Normal Q–Q", "Loss by epoch"],
    );
    assert!(html.contains("Quantiles of the errors") && html.contains("of 16,512 rows"));
    assert!(html.len() < 400_000, "{} bytes", html.len());
}

#[test]
fn the_page_has_the_same_bytes_with_any_threads_and_instruction_set() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    for (table, options) in [
        ("california_housing_train.csv", ["--target", "median_house_value", "--model", "ols"]),
        ("adult_sample.csv", ["--target", "income", "--epochs", "2"]),
    ] {
        let table = data(table);
        succeed(dir, &[&["train", &table, "-o", "m"][..], &options].concat());
        let page = |isa: &str, threads: &str| {
            let args = ["report", "m", &table, "--threads", threads, "-o", "page.html"];
            let ran = planish().args(args).env("PLANISH_ISA", isa).current_dir(dir).output().unwrap();
            assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
            std::fs::read(dir.join("page.html")).unwrap()
        };
        let want = page("scalar", "1");
        for isa in planish_tensor::Isa::all_exact() {
            assert!(page(isa.name(), "1") == want && page(isa.name(), "3") == want, "{} {table}", isa.name());
        }
    }
}

#[test]
fn names_from_the_table_are_no_markup() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let mut text = "<script>alert(1)</script>,\"a\"\" onload=\"\"x\",y&z,k\n".to_owned();
    for i in 0..60 {
        let class = ["<b>no</b>", "yes'\"", "&amp;"][i * 7 % 3];
        text += &format!("{},{},{},{}\n", i % 7, i * i % 11, i % 5, class.replace('"', ""));
    }
    std::fs::write(dir.join("t.csv"), text).unwrap();
    succeed(dir, &["train", "t.csv", "--target", "k", "--epochs", "2", "--hidden", "4", "-o", "<i>.m"]);
    succeed(dir, &["report", "<i>.m", "t.csv"]);
    let html = read(dir, "<i>.html");
    assert_sound(&html);
    assert!(html.contains("<h1>&lt;i&gt;.m</h1>") && html.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert!(html.contains("&lt;b&gt;no&lt;/b&gt;") && html.contains("&amp;amp;"));
    succeed(dir, &["train", "t.csv", "--target", "y&z", "--model", "ols", "--drop", "k", "-o", "l"]);
    succeed(dir, &["report", "l", "t.csv"]);
    assert_sound(&read(dir, "l.html"));
}

#[test]
fn without_a_table_the_page_shows_what_the_model_holds() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    write_california(dir, "t.csv", &["median_income", "median_house_value"], 0, 250);
    succeed(
        dir,
        &["train", "t.csv", "--target", "median_house_value", "--model", "ols", "-o", "m.safetensors"],
    );
    let ran = succeed(dir, &["report", "m.safetensors"]);
    assert!(ran.out.starts_with("wrote m.html ("), "{}", ran.out);
    let html = read(dir, "m.html");
    assert_sound(&html);
    assert!(html.contains("<h2>Coefficients</h2>") && !html.contains("<h2>Scores</h2>"));
    // Standard input is read as a file is.
    let table = read(dir, "t.csv");
    let ran = run_with_input(dir, &["report", "m.safetensors", "-"], table.as_bytes());
    assert!(
        ran.code == 0 && ran.out.starts_with("66 rows: rmse") || ran.out.starts_with("67 rows: rmse"),
        "{}",
        ran.out
    );
    assert!(read(dir, "m.html").contains("Scored on standard input"));
}

#[test]
fn wrong_tables_and_places_are_named_and_leave_the_page_alone() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let columns = ["median_income", "households", "median_house_value"];
    write_california(dir, "t.csv", &columns, 0, 250);
    let train = ["train", "t.csv", "--target", "median_house_value", "--model", "ols", "-o", "m.safetensors"];
    succeed(dir, &[&train[..], &["--weights", "households"]].concat());
    succeed(dir, &["report", "m.safetensors"]);
    let old = read(dir, "m.html");
    let write = |name: &str, text: &str| std::fs::write(dir.join(name), text).unwrap();
    write("no_target.csv", "median_income,households\n1,2\n");
    write("no_rows.csv", "median_income,households,median_house_value\n");
    write("empty_targets.csv", "median_income,households,median_house_value\n1,2,\n");
    write("no_weights.csv", "median_income,median_house_value\n1,2\n");
    write("bad_weight.csv", "median_income,households,median_house_value\n1,2,3\n1,-2,3\n");
    write("text.csv", "median_income,households,median_house_value\n1,2,3\n1,2,much\n");
    for (table, what) in [
        ("no_target.csv", "median_house_value"),
        ("no_rows.csv", "median_house_value"),
        ("empty_targets.csv", "median_house_value"),
        ("no_weights.csv", "households"),
        ("bad_weight.csv", "line 3: the weight of a row must be a number that is not negative, found -2"),
        ("text.csv", "text.csv:3:3: expected a number in column \"median_house_value\", found \"much\""),
        ("missing.csv", "missing.csv"),
    ] {
        let ran = run(dir, &["report", "m.safetensors", table]);
        assert_eq!(ran.code, 1, "{table}: {}", ran.out);
        assert!(ran.err.contains(what) && ran.err.contains(table), "{table}: {}", ran.err);
        if !table.contains("weight") {
            let evaluated = run(dir, &["evaluate", "m.safetensors", table]);
            assert_eq!(ran.err.lines().last(), evaluated.err.lines().last(), "as evaluate says it");
        }
    }
    for (output, what) in [
        ("m.safetensors", "m.safetensors: this file is read, so nothing can be written to it"),
        ("./t.csv", "./t.csv: it is the same file as t.csv, which is read"),
        ("no/such/page.html", "no/such/page.html: cannot write"),
    ] {
        let ran = run(dir, &["report", "m.safetensors", "t.csv", "-o", output]);
        assert!(ran.code == 1 && ran.err.contains(what), "{output}: {}", ran.err);
    }
    assert_eq!(read(dir, "m.html"), old);
}
