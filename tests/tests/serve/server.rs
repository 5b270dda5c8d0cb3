//! The service over a real socket: it answers, and stops cleanly on SIGTERM.

use planish_tests::program::{run, succeed};
use planish_tests::server::{Server, ask_with};
use serde_json::{Value, json};

#[test]
fn quickstart_models_are_served_and_sigterm_ends_with_success() {
    let folder = tempfile::tempdir().unwrap();
    succeed(folder.path(), &["quickstart", "--out", "q"]);
    let server = Server::start(folder.path(), &["q/species.safetensors", "mass=q/body_mass.safetensors"]);
    assert_eq!(server.ask("GET", "/v2/health/ready", ""), (200, json!({ "ready": true })));
    let (_, meta) = server.ask("GET", "/v2/models/species", "");
    assert_eq!(meta["inputs"].as_array().unwrap().len(), 6);
    let row = json!({ "island": "Biscoe", "bill_length_mm": 46.1, "bill_depth_mm": 13.2, "flipper_length_mm": 211, "body_mass_g": 4500, "sex": "female" });
    let (status, answer) =
        server.ask("POST", "/predict", &json!({ "model": "species", "rows": [row] }).to_string());
    assert_eq!((status, answer["predictions"][0]["prediction"].as_str()), (200, Some("Gentoo")), "{answer}");
    let tensor = |name: &str, datatype: &str, value: Value| json!({ "name": name, "datatype": datatype, "shape": [1], "data": [value] });
    let inputs = json!([
        tensor("species", "BYTES", json!("Gentoo")),
        tensor("island", "BYTES", json!("Biscoe")),
        tensor("bill_length_mm", "FP64", json!(46.1)),
        tensor("bill_depth_mm", "FP64", json!(13.2)),
        tensor("flipper_length_mm", "FP64", json!(211)),
        tensor("sex", "BYTES", json!("female")),
    ]);
    let (status, answer) =
        server.ask("POST", "/v2/models/mass/infer", &json!({ "inputs": inputs }).to_string());
    let mass = answer["outputs"][0]["data"][0].as_f64().unwrap();
    assert!(status == 200 && (4000.0..5500.0).contains(&mass), "{answer}");
    assert_eq!(server.ask("POST", "/predict", "nonsense").0, 400);
    server.stop();
}

#[test]
fn two_models_of_one_name_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    succeed(folder.path(), &["quickstart", "--out", "q"]);
    let ran = run(folder.path(), &["serve", "q/species.safetensors", "species=q/body_mass.safetensors"]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("two models are named \"species\""), "{}", ran.err);
}

#[test]
fn a_file_of_settings_serves_and_is_printed_as_it_was_understood() {
    let folder = tempfile::tempdir().unwrap();
    succeed(folder.path(), &["quickstart", "--out", "q"]);
    let text = "models = [\"a=q/species.safetensors\"]\nmax_rows = 2\nallow-host = [\"models.lan\"]\nlog = \"off\"\n";
    std::fs::write(folder.path().join("service.toml"), text).unwrap();
    let ran =
        succeed(folder.path(), &["serve", "--config", "service.toml", "--max-inputs", "7", "--print-config"]);
    for line in [
        "models = [\"a=q/species.safetensors\"]",
        "max-rows = 2",
        "max-inputs = 7",
        "max-body-mib = 8",
        "deadline = \"10s\"",
        "log = \"off\"",
    ] {
        assert!(ran.out.lines().any(|l| l == line), "{line} is missing in\n{}", ran.out);
    }
    std::fs::write(folder.path().join("printed.toml"), &ran.out).unwrap();
    let again = succeed(folder.path(), &["serve", "--config", "printed.toml", "--print-config"]);
    assert_eq!(again.out, ran.out);
    let server = Server::start(folder.path(), &["--config", "service.toml"]);
    let (status, answer) = server.ask("POST", "/predict", r#"{"rows":[{},{},{}]}"#);
    assert_eq!((status, &answer["error"]), (400, &json!("\"rows\" has 3 rows: 1 to 2 are allowed")));
    std::fs::write(folder.path().join("wrong.toml"), "models = [\"a=b\"]\nmax_row = 2\n").unwrap();
    let ran = run(folder.path(), &["serve", "--config", "wrong.toml"]);
    assert!(ran.code == 1 && ran.err.contains("wrong.toml:2: unknown key \"max_row\""), "{}", ran.err);
}

#[test]
fn sighup_serves_a_model_that_took_the_place_of_another() {
    let folder = tempfile::tempdir().unwrap();
    succeed(folder.path(), &["quickstart", "--out", "q"]);
    std::fs::copy(folder.path().join("q/species.safetensors"), folder.path().join("m.safetensors")).unwrap();
    let server = Server::start(folder.path(), &["m.safetensors"]);
    let target = || server.ask("GET", "/models", "").1["models"][0]["target"].clone();
    assert_eq!(target(), "species");
    std::fs::rename(folder.path().join("q/body_mass.safetensors"), folder.path().join("m.safetensors"))
        .unwrap();
    assert_eq!(target(), "species", "not before it is asked for");
    server.hang_up();
    while target() != "body_mass_g" {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

#[test]
fn a_broken_model_is_said_and_the_others_are_served_unless_it_is_strict() {
    let folder = tempfile::tempdir().unwrap();
    succeed(folder.path(), &["quickstart", "--out", "q"]);
    std::fs::write(folder.path().join("bad.safetensors"), "nothing").unwrap();
    let args = ["q/species.safetensors", "bad.safetensors", "gone=missing.safetensors"];
    let server = Server::start(folder.path(), &args);
    assert_eq!(server.ask("GET", "/v2/models/species/ready", "").0, 200);
    let (status, answer) = server.ask("GET", "/v2/models/bad/ready", "");
    assert_eq!((status, &answer["ready"]), (503, &json!(false)));
    let (_, answer) = server.ask("GET", "/models", "");
    let names: Vec<&str> =
        answer["unavailable"].as_array().unwrap().iter().map(|m| m["model"].as_str().unwrap()).collect();
    assert_eq!(names, ["bad", "gone"]);
    server.stop();
    for args in [&["--strict", args[0], args[1], args[2]][..], &args[1..]] {
        let ran = run(folder.path(), &[&["serve"], args].concat());
        assert_eq!(ran.code, 1, "{}", ran.err);
        for part in ["bad.safetensors: this is not a Planish model", "missing.safetensors: cannot read"] {
            assert!(ran.err.contains(part), "{part} is missing in {}", ran.err);
        }
    }
}

#[test]
fn sighup_shuts_out_a_key_that_was_taken_from_its_file() {
    let folder = tempfile::tempdir().unwrap();
    succeed(folder.path(), &["quickstart", "--out", "q"]);
    // The digests of "abc", from FIPS 180-2, and of nothing anybody knows.
    let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    let keys = folder.path().join("keys");
    std::fs::write(&keys, format!("ann predict sha256:{abc}\n")).unwrap();
    let server = Server::start(folder.path(), &["q/species.safetensors", "--keys", "keys"]);
    let status = || ask_with(server.address(), "GET", "/models", "authorization: Bearer abc\r\n", "").0;
    assert_eq!(status(), 200);
    std::fs::write(&keys, format!("ben predict sha256:{}\n", "0".repeat(64))).unwrap();
    assert_eq!(status(), 200, "not before it is asked for");
    server.hang_up();
    while status() == 200 {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    assert_eq!(status(), 401);
}

#[test]
fn an_address_for_all_needs_keys() {
    let folder = tempfile::tempdir().unwrap();
    succeed(folder.path(), &["quickstart", "--out", "q"]);
    let run = |args: &[&str]| {
        run(folder.path(), &[&["serve", "q/species.safetensors", "--addr", "0.0.0.0:0"], args].concat())
    };
    let ran = run(&[]);
    assert!(ran.code == 1 && ran.err.contains("--keys") && ran.err.contains("--allow-public"), "{}", ran.err);
    std::fs::write(folder.path().join("keys"), "# none yet\n").unwrap();
    let ran = run(&["--keys", "keys"]);
    assert!(ran.code == 1 && ran.err.contains("keys: there is no key in it"), "{}", ran.err);
    std::fs::write(folder.path().join("keys"), "team\n").unwrap();
    let ran = run(&["--keys", "keys"]);
    assert!(ran.code == 1 && ran.err.contains("keys:1: a key has three words"), "{}", ran.err);
}

#[cfg(target_os = "linux")]
#[test]
fn a_body_as_long_as_allowed_takes_a_bounded_part_of_memory() {
    let folder = tempfile::tempdir().unwrap();
    succeed(folder.path(), &["quickstart", "--out", "q"]);
    let server = Server::start(folder.path(), &["q/species.safetensors"]);
    let longest = |head: &str, one: &str, tail: &str| {
        let ones = ((8 << 20) - head.len() - tail.len()) / one.len();
        format!("{head}{}{tail}", one.repeat(ones))
    };
    let column = r#"{"inputs":{"bill_length_mm":["#;
    for (path, body) in [
        ("/v1/models/species:predict", longest(column, "1,", "1]}}")),
        ("/v1/models/species:predict", longest(r#"{"instances":["#, "1,", "1]}")),
        ("/v1/models/species:predict", longest(r#"{"instances":["#, "{},", "1]}")),
        ("/predict", longest(r#"{"rows":["#, "{},", "{}]}")),
        (
            "/v2/models/species/infer",
            longest(r#"{"inputs":[{"name":"a","shape":[1],"datatype":"BYTES","data":["#, "\"\",", "1]}]}"),
        ),
    ] {
        let (status, answer) = server.ask("POST", path, &body);
        assert!(status == 400 && answer["error"].is_string(), "{path}: {status} {answer}");
    }
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let kib: u64 = peak.trim().strip_suffix(" kB").unwrap().parse().unwrap();
    assert!(kib < 600 << 10, "{kib} KiB were in use");
}
