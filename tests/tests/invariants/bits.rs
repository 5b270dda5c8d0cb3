//! The same data, seed and settings give the same model file with any number of threads and any instruction set.

use planish_tensor::Isa;
use planish_tests::program::{data, planish};

/// The bytes of the model that `planish train` writes with these arguments.
fn artifact(args: &[&str], isa: &str, threads: &str) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("model");
    let mut train = planish();
    train.arg("train").args(args).args(["--threads", threads, "-o"]).arg(&out).env("PLANISH_ISA", isa);
    let ran = train.output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    std::fs::read(out).unwrap()
}

/// Asserts one file for every instruction set and these thread counts.
fn assert_one_artifact(args: &[&str], threads: &[&str]) {
    let want = artifact(args, "scalar", "1");
    for isa in Isa::all_exact() {
        for n in threads {
            assert!(artifact(args, isa.name(), n) == want, "{} with {n} threads", isa.name());
        }
    }
}

#[test]
fn one_artifact_for_every_thread_count_and_instruction_set() {
    let table = data("adult_sample.csv");
    assert_one_artifact(&[&table, "--target", "income", "--hidden", "128,64", "--epochs", "3"], &["1", "2"]);
}

#[test]
fn a_linear_model_is_the_same_file_on_every_instruction_set() {
    let table = data("california_housing_train.csv");
    assert_one_artifact(&[&table, "--target", "median_house_value", "--model", "linear"], &["1", "2"]);
}
