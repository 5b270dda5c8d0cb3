//! What a command writes never takes the place of what it reads, nor of what is not of its kind; and this is found before any work.

use planish_tests::program::{planish, run, run_with_input, succeed};
use std::fs::{File, OpenOptions, read, write};
use std::path::Path;
use std::process::Stdio;

const TABLE: &str =
    "a,c,y\n1,u,1.5\n2,v,2.5\n3,u,3.25\n4,v,4\n5,u,5.5\n6,v,6\n7,u,7.5\n8,v,8\n9,u,9\n10,v,10.5\n";
const TRAIN: [&str; 6] = ["train", "t.csv", "--target", "y", "--model", "ols"];
const NETWORK: [&str; 10] =
    ["train", "t.csv", "--target", "y", "--hidden", "4", "--epochs", "2", "--validation-split", "0"];

/// A folder with a table `t.csv` and a model `m` of it.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path().join("t.csv"), TABLE).unwrap();
    succeed(folder.path(), &[&TRAIN[..], &["-o", "m"]].concat());
    folder
}

/// Runs what must be refused with exit code 1 and these words, and leave every file as it was.
fn refused(dir: &Path, args: &[&str], part: &str) {
    let files = || {
        let mut all: Vec<_> = std::fs::read_dir(dir)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .map(|path| (path.clone(), read(&path).unwrap_or_default()))
            .collect();
        all.sort();
        all
    };
    let before = files();
    let ran = run(dir, args);
    assert_eq!((ran.code, ran.out.as_str()), (1, ""), "{args:?}: {}", ran.err);
    assert!(ran.err.contains(part), "{args:?}: {}", ran.err);
    assert!(files() == before, "{args:?} changed a file");
}

#[test]
fn no_command_writes_onto_a_file_that_it_reads() {
    let folder = folder();
    let dir = folder.path();
    std::fs::create_dir(dir.join("d")).unwrap();
    write(dir.join("run.toml"), "epochs = 2\n").unwrap();
    std::fs::hard_link(dir.join("t.csv"), dir.join("hard.csv")).unwrap();
    let absolute = dir.join("t.csv").display().to_string();
    let mut names = vec!["t.csv", "./t.csv", "d/../t.csv", "hard.csv", &absolute];
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("t.csv", dir.join("soft.csv")).unwrap();
        names.push("soft.csv");
    }
    for name in names {
        for more in [&[][..], &["--overwrite"]] {
            let with = |words: &[&'static str]| [words, &["-o", name], more].concat();
            refused(dir, &with(&TRAIN), "read");
            refused(dir, &with(&["predict", "m", "t.csv"]), "read");
            refused(dir, &with(&["report", "m", "t.csv"]), "read");
            let history = [&NETWORK[..], &["-o", "new", "--history", name], more].concat();
            refused(dir, &history, "read");
        }
    }
    refused(dir, &["predict", "m", "t.csv", "-o", "m", "--overwrite"], "m: this file is read");
    refused(dir, &["report", "m", "-o", "./m", "--overwrite"], "it is the same file as m, which is read");
    let config = [&NETWORK[..], &["--config", "run.toml", "-o", "run.toml", "--overwrite"]].concat();
    refused(dir, &config, "run.toml: this file is read");
    refused(dir, &[&NETWORK[..], &["-o", "x.csv", "--history", "./x.csv"]].concat(), "written twice");
}

#[cfg(unix)]
#[test]
fn streams_that_are_a_file_which_is_read_are_noticed() {
    let folder = folder();
    let dir = folder.path();
    // The table comes over standard input, the model would be written to its file.
    let table = || File::open(dir.join("t.csv")).unwrap();
    let args = ["train", "-", "--target", "y", "--model", "ols", "-o", "t.csv"];
    let ran = planish().args(args).current_dir(dir).stdin(table()).output().unwrap();
    assert_eq!(ran.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&ran.stderr).contains("the same file as standard input"));
    // Results would be appended to the table or the model.
    for (args, file) in [
        (&["predict", "m", "t.csv"][..], "t.csv"),
        (&["evaluate", "m", "t.csv"], "t.csv"),
        (&["inspect", "m"], "m"),
        (&["report", "m", "t.csv", "-o", "-"], "t.csv"),
    ] {
        let end = OpenOptions::new().append(true).open(dir.join(file)).unwrap();
        let before = read(dir.join(file)).unwrap();
        let ran = planish().args(args).current_dir(dir).stdin(Stdio::null()).stdout(end).output().unwrap();
        assert_eq!(ran.status.code(), Some(1), "{args:?}");
        assert!(String::from_utf8_lossy(&ran.stderr).contains("standard output: it is the same file as"));
        assert!(read(dir.join(file)).unwrap() == before, "{args:?}");
    }
}

#[test]
fn a_file_of_another_kind_is_replaced_only_when_that_is_allowed() {
    let folder = folder();
    let dir = folder.path();
    let predict = ["predict", "m", "t.csv", "-o"];
    let report = ["report", "m", "t.csv", "-o"];
    let history = [&NETWORK[..], &["-o", "network", "--history"]].concat();
    for (words, name, kind) in [
        (&TRAIN[..], "kept", "a model of planish"),
        (&predict[..], "kept.csv", "predictions of planish"),
        (&report[..], "kept.html", "a report of planish"),
        (&history[..], "kept.jsonl", "a history of planish"),
    ] {
        let words = if words == TRAIN { [words, &["-o"]].concat() } else { words.to_vec() };
        write(dir.join(name), "my notes\n").unwrap();
        let mut args = words.clone();
        args.push(name);
        refused(dir, &args, &format!("{name}: this file exists and is not {kind}"));
        succeed(dir, &[&args[..], &["--overwrite"]].concat());
        let written = read(dir.join(name)).unwrap();
        assert!(written != b"my notes\n");
        // What planish wrote may be replaced, and so may an empty file.
        succeed(dir, &args);
        write(dir.join(name), "").unwrap();
        succeed(dir, &args);
        assert!(read(dir.join(name)).unwrap() == written, "{name}");
    }
    // Predictions of classes and with intervals are known by their headers; a model of another family is a model.
    succeed(dir, &["predict", "m", "t.csv", "-o", "kept.csv", "--interval", "0.9"]);
    succeed(dir, &["predict", "m", "t.csv", "-o", "kept.csv"]);
    succeed(dir, &["train", "t.csv", "--target", "c", "--model", "logistic", "--alpha", "1", "-o", "kept"]);
    succeed(dir, &["predict", "kept", "t.csv", "-o", "kept.csv"]);
    succeed(dir, &["predict", "m", "t.csv", "-o", "kept.csv"]);
}

#[test]
fn outputs_are_checked_before_the_work_begins() {
    let folder = folder();
    let dir = folder.path();
    write(dir.join("file"), "x").unwrap();
    // Rows that cannot be read would be found later.
    write(dir.join("bad.csv"), "a,y\n1,2\n3\n").unwrap();
    let train = |more: &[&'static str]| [&["train", "bad.csv", "--target", "y", "-o", "new"], more].concat();
    refused(dir, &train(&["--log-dir", "file"]), "file: it is a file, not a folder");
    refused(dir, &train(&["--log-dir", "file/runs"]), "file/runs: it is a file, not a folder");
    refused(dir, &train(&["--history", "t.csv"]), "t.csv: this file exists and is not a history");
    refused(dir, &["predict", "m", "bad.csv", "-o", "file"], "file: this file exists");
    refused(dir, &["report", "m", "bad.csv", "-o", "file"], "file: this file exists");
    // A checkpoint's lock takes nothing from a file of its name.
    std::fs::create_dir(dir.join("c")).unwrap();
    write(dir.join("c/lock"), "mine").unwrap();
    succeed(dir, &[&NETWORK[..], &["-o", "new", "--checkpoint", "c"]].concat());
    assert_eq!(read(dir.join("c/lock")).unwrap(), b"mine");
}

#[test]
fn checkpoints_take_no_file_that_is_not_theirs() {
    let folder = folder();
    let dir = folder.path();
    std::fs::create_dir(dir.join("c")).unwrap();
    let checkpoints = ["--checkpoint", "c", "--checkpoint-every", "2"];
    // The table has a name of theirs.
    for name in ["c/best-2.planish", "c/.planish-checkpoint-data", "c/checkpoint.planish"] {
        std::fs::rename(dir.join("t.csv"), dir.join(name)).unwrap();
        let args = [&["train", name, "--target", "y", "-o", "new"], &checkpoints[..]].concat();
        refused(dir, &args, "checkpoints have files of this name");
        std::fs::rename(dir.join(name), dir.join("t.csv")).unwrap();
    }
    for output in ["c/checkpoint.planish", "c/best-1.planish"] {
        refused(
            dir,
            &[&NETWORK[..], &["-o", output], &checkpoints].concat(),
            "checkpoints have files of this name",
        );
    }
    refused(dir, &[&NETWORK[..], &["-o", "out", "--checkpoint", "out"]].concat(), "written twice");
    refused(dir, &[&NETWORK[..], &["-o", "out", "--log-dir", "./out"]].concat(), "written twice");
    // Files of others are neither overwritten nor removed.
    write(dir.join("c/best-7.planish"), "mine").unwrap();
    refused(
        dir,
        &[&NETWORK[..], &["-o", "new"], &checkpoints].concat(),
        "c/best-7.planish: it is no checkpoint",
    );
    std::fs::rename(dir.join("c/best-7.planish"), dir.join("c/best-of-all.planish")).unwrap();
    write(dir.join("c/.planish-notes"), "mine").unwrap();
    succeed(dir, &[&NETWORK[..], &["-o", "new"], &checkpoints].concat());
    for name in ["c/best-of-all.planish", "c/.planish-notes"] {
        assert_eq!(read(dir.join(name)).unwrap(), b"mine", "{name}");
    }
}

#[cfg(unix)]
#[test]
fn links_that_lead_nowhere_yet_are_followed_and_standard_output_is_an_output() {
    use std::os::unix::ffi::OsStrExt;
    let folder = folder();
    let dir = folder.path();
    std::os::unix::fs::symlink("h.jsonl", dir.join("link.jsonl")).unwrap();
    refused(dir, &[&NETWORK[..], &["-o", "h.jsonl", "--history", "link.jsonl"]].concat(), "written twice");
    succeed(dir, &[&NETWORK[..], &["-o", "new", "--history", "link.jsonl"]].concat());
    assert!(dir.join("link.jsonl").is_symlink() && read(dir.join("h.jsonl")).unwrap().starts_with(b"{"));
    let history = File::create(dir.join("mixed.jsonl")).unwrap();
    let args = [&NETWORK[..], &["-o", "-", "--history", "mixed.jsonl"]].concat();
    let ran = planish().args(args).current_dir(dir).stdin(Stdio::null()).stdout(history).output().unwrap();
    assert_eq!(ran.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&ran.stderr).contains("written twice, as standard output too"));
    // A name that is no text is written as well as can be.
    let name = std::ffi::OsStr::from_bytes(b"m\xff");
    let ran = planish().args(TRAIN).args(["--json", "-o"]).arg(name).current_dir(dir).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let ran = planish().arg("report").arg(name).arg("--json").current_dir(dir).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
}

#[test]
fn a_dash_is_standard_output() {
    let folder = folder();
    let dir = folder.path();
    let bytes = |args: &[&str]| {
        let ran = planish().args(args).current_dir(dir).stdin(Stdio::null()).output().unwrap();
        assert!(ran.status.success(), "{args:?}: {}", String::from_utf8_lossy(&ran.stderr));
        (ran.stdout, String::from_utf8(ran.stderr).unwrap())
    };
    let (model, said) = bytes(&[&TRAIN[..], &["-o", "-"]].concat());
    assert!(model == read(dir.join("m")).unwrap(), "the model alone is on standard output");
    assert!(said.contains("r2 ") && !said.contains("wrote"), "{said}");
    let (predictions, _) = bytes(&["predict", "m", "t.csv", "-o", "-"]);
    assert_eq!(predictions, bytes(&["predict", "m", "t.csv"]).0);
    let (page, said) = bytes(&["report", "m", "t.csv", "-o", "-"]);
    assert!(page.starts_with(b"<!DOCTYPE html>") && page.ends_with(b"</html>\n"));
    assert!(said.contains("10 rows"), "{said}");
    for args in [&["report", "m", "-o", "-", "--json"][..], &[&TRAIN[..], &["-o", "-", "--json"]].concat()] {
        let ran = run(dir, args);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{}", ran.err);
    }
    assert!(!dir.join("-").exists());
    let piped = run_with_input(dir, &["predict", "m", "-", "-o", "-"], TABLE.as_bytes());
    assert_eq!((piped.code, piped.out.as_bytes()), (0, &predictions[..]));
}

#[test]
fn quickstart_replaces_what_it_wrote_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    succeed(dir, &["quickstart", "--out", "q"]);
    succeed(dir, &["quickstart", "--out", "q"]);
    for name in ["test.csv", "species.safetensors", "body_mass.predictions.csv"] {
        let good = read(dir.join("q").join(name)).unwrap();
        write(dir.join("q").join(name), "mine,own\n1,2\n").unwrap();
        let ran = run(dir, &["quickstart", "--out", "q"]);
        assert_eq!(ran.code, 1, "{name}");
        assert!(ran.err.contains(name) && ran.err.contains("--overwrite"), "{}", ran.err);
        assert_eq!(read(dir.join("q").join(name)).unwrap(), b"mine,own\n1,2\n");
        succeed(dir, &["quickstart", "--out", "q", "--overwrite"]);
        assert!(read(dir.join("q").join(name)).unwrap() == good, "{name}");
    }
}
