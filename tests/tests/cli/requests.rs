//! What is asked and cannot be done is refused as wrong usage, and says what can; what stands in a file of settings at its default asks
//! for nothing.

use planish_tests::program::{run, succeed};
use std::fs::write;
use std::path::Path;

/// A table with a number, a category, groups, a target and its class.
fn write_table(dir: &Path) {
    let row = |i: usize| {
        format!("{i},{},{},{}.5,{}\n", ["u", "v"][i % 2], i % 5, 2 * i + i % 3, ["n", "p"][i / 3 % 2])
    };
    write(dir.join("t.csv"), "a,c,g,y,k\n".to_owned() + &(0..40).map(row).collect::<String>()).unwrap();
}

#[test]
fn options_that_can_have_no_effect_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    write_table(dir);
    for (words, part) in [
        (
            "--target k --model logistic --cov hc3",
            "--cov has no effect with --model logistic: it is for linear, ols",
        ),
        (
            "--target k --model logistic --cov cluster --cluster g",
            "--cov has no effect with --model logistic",
        ),
        ("--target k --model logistic --cluster g", "--cluster has no effect with --model logistic"),
        ("--target k --model logistic --aliased error", "--aliased has no effect with --model logistic"),
        ("--target g --model poisson --cov hc3", "--cov has no effect with --model poisson"),
        ("--target g --model poisson --aliased error", "--aliased has no effect with --model poisson"),
        (
            "--target y --alpha 1",
            "--alpha has no effect with --model auto, the default: it is for linear, ridge",
        ),
        ("--target y --l1-ratio 0.5", "--l1-ratio has no effect with --model auto"),
        (
            "--target y --model ols --folds 3",
            "--folds has no effect with --model ols: it is for auto, mlp, trees, lasso",
        ),
        ("--target y --model linear --folds 3", "--folds has no effect with --model linear"),
        ("--target y --model lasso --alpha 1 --folds 3", "--folds has no effect with --alpha"),
        ("--target y --model ridge --epochs 3", "--epochs has no effect with --model ridge: it is for mlp"),
        ("--target y --no-intercept", "--no-intercept has no effect with --model auto"),
        ("--target y --poly a:2", "--poly has no effect with --model auto"),
        ("--target y --hidden none --dropout 0.1", "--dropout has no effect with --hidden none"),
        ("--target y --ema-overwrite 5", "--ema-overwrite needs --ema X"),
        (
            "--target y --schedule-power 2",
            "--schedule-power has no effect with --schedule constant, the default",
        ),
        ("--target y --history h.csv --lr-range-test", "--history has no effect with --lr-range-test"),
        ("--target y --max-steps 3 --lr-range-test", "--max-steps has no effect with --lr-range-test"),
        (
            "--target y --validation-split 0.0 --patience 3",
            "--patience has no effect with --validation-split 0.0, or it",
        ),
        (
            "--target y --validation-split 0 --monitor val_auc",
            "--monitor has no effect with --validation-split 0",
        ),
        ("--target y --group g --validation-split 0", "--group needs --folds K"),
        ("--target y --model ols --columns a:number,y:number", "--columns needs --one-pass"),
        // Known when the target has been looked at.
        ("--target k --model linear --drop y --cov hc3", "--cov has no effect with --model logistic"),
        ("--target y --model linear --alpha 1", "least squares has no --alpha"),
        (
            "--target y --model ols --one-pass --columns a:number,y:number --cov hc3",
            "--cov has no effect with --one-pass",
        ),
        (
            "--target y --model linear --one-pass --columns a:number,y:number --task classify",
            "predicts numbers",
        ),
    ] {
        let output: &[&str] = if words.contains("range-test") { &[] } else { &["-o", "m"] };
        let words: Vec<&str> = ["train", "t.csv"].into_iter().chain(words.split(' ')).collect();
        let ran = run(dir, &[&words[..], output].concat());
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{words:?}: {}", ran.err);
        assert!(ran.err.contains(part), "{words:?}: {}", ran.err);
        assert!(!dir.join("m").exists() && !dir.join("h.csv").exists());
    }
    succeed(dir, &["train", "t.csv", "--target", "y", "--model", "ols", "-o", "m"]);
    succeed(dir, &["train", "t.csv", "--target", "k", "--model", "logistic", "--alpha", "1", "-o", "k"]);
    for (words, part) in [
        ("predict m t.csv --overwrite", "--overwrite needs --output OUT"),
        ("report m --delimiter ;", "--delimiter needs DATA"),
        (
            "serve m --addr 127.0.0.1:0 --log off --log-format json",
            "--log-format has no effect with --log off",
        ),
    ] {
        let ran = run(dir, &words.split(' ').collect::<Vec<_>>());
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{words}: {}", ran.err);
        assert!(ran.err.contains(part), "{words}: {}", ran.err);
    }
}

#[test]
fn printed_settings_are_accepted_again() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    write_table(dir);
    for words in [
        "--target y --drop k --model ols --cov hc3",
        "--target y --drop k --model lasso",
        "--target k --drop y --model logistic --alpha 1",
        "--target y --drop k --hidden 4 --epochs 2 --optimizer rmsprop --rho 0.8",
        "--target y --drop k --hidden none --epochs 2",
    ] {
        let typed: Vec<&str> = ["train", "t.csv"].into_iter().chain(words.split(' ')).collect();
        succeed(dir, &[&typed[..], &["-o", "typed"]].concat());
        let printed = succeed(dir, &[&typed[..], &["-o", "printed", "--print-config"]].concat()).out;
        write(dir.join("run.toml"), &printed).unwrap();
        let ran = succeed(dir, &["train", "--config", "run.toml"]);
        assert!(!ran.err.contains("no effect"), "{}", ran.err);
        assert!(std::fs::read(dir.join("typed")).unwrap() == std::fs::read(dir.join("printed")).unwrap());
        assert_eq!(succeed(dir, &["train", "--config", "run.toml", "--print-config"]).out, printed);
    }
    for keys in [
        "folds = 3\ngroup = \"g\"\nhidden = [4]\nepochs = 2\n",
        "model = \"ols\"\none-pass = true\ncolumns = [\"a:number\", \"y:number\"]\n",
        "hidden = \"128, 128\"\nmodel = \"ols\"\ndrop = [\"k\"]\n",
        "validation-split = 0\nmonitor = \"loss\"\npatience = 2\nhidden = [4]\nepochs = 2\n",
    ] {
        let base = "data = \"t.csv\"\ntarget = \"y\"\noutput = \"keys\"\n";
        write(dir.join("run.toml"), format!("{base}{keys}")).unwrap();
        succeed(dir, &["train", "--config", "run.toml"]);
        let printed = succeed(dir, &["train", "--config", "run.toml", "--print-config"]).out;
        write(dir.join("run.toml"), printed).unwrap();
        succeed(dir, &["train", "--config", "run.toml"]);
    }
    // A range test is for the run that a file describes, whatever that writes.
    let run_keys = "data = \"t.csv\"\ntarget = \"y\"\ndrop = [\"k\"]\noutput = \"no\"\nepochs = 5\nlr = 0.1\nhistory = \"no.csv\"\n";
    write(dir.join("run.toml"), run_keys).unwrap();
    let found = succeed(dir, &["train", "--config", "run.toml", "--lr-range-test", "--json"]).json();
    assert!(found["lr"].is_f64() && !dir.join("no").exists() && !dir.join("no.csv").exists());
    // Another value is a request, whatever its spelling; the default in another spelling is none.
    write(
        dir.join("run.toml"),
        "data = \"t.csv\"\ntarget = \"y\"\nmodel = \"ols\"\nlr = 1e-3\noutput = \"m\"\n",
    )
    .unwrap();
    succeed(dir, &["train", "--config", "run.toml"]);
    write(
        dir.join("run.toml"),
        "data = \"t.csv\"\ntarget = \"y\"\nmodel = \"ols\"\nlr = 2e-3\noutput = \"m\"\n",
    )
    .unwrap();
    let ran = run(dir, &["train", "--config", "run.toml"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("--lr has no effect with --model ols"), "{}", ran.err);
}
