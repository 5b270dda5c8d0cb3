//! The same data, seed and settings give the same model file with any number of threads and any instruction set.

use crate::binary::{data, planish};
use planish_tensor::Isa;

#[test]
fn one_artifact_for_every_thread_count_and_instruction_set() {
    let folder = tempfile::tempdir().unwrap();
    let train = |isa: &str, threads: &str| {
        let out = folder.path().join(format!("{isa}-{threads}"));
        let status = planish()
            .args([
                "train",
                &data("adult_sample.csv"),
                "--target",
                "income",
                "--hidden",
                "128,64",
                "--epochs",
                "3",
                "--threads",
                threads,
                "-o",
            ])
            .arg(&out)
            .env("PLANISH_ISA", isa)
            .output()
            .unwrap();
        assert!(status.status.success(), "{}", String::from_utf8_lossy(&status.stderr));
        std::fs::read(out).unwrap()
    };
    let want = train("scalar", "1");
    for isa in Isa::all_exact() {
        for threads in ["1", "2"] {
            assert!(train(isa.name(), threads) == want, "{} with {threads} threads", isa.name());
        }
    }
}

#[test]
fn a_linear_model_is_the_same_file_on_every_instruction_set() {
    let folder = tempfile::tempdir().unwrap();
    let train = |isa: &str| {
        let out = folder.path().join(isa);
        let run = planish()
            .args([
                "train",
                &data("california_housing_train.csv"),
                "--target",
                "median_house_value",
                "--model",
                "linear",
                "-o",
            ])
            .arg(&out)
            .env("PLANISH_ISA", isa)
            .output()
            .unwrap();
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
        std::fs::read(out).unwrap()
    };
    let want = train("scalar");
    for isa in Isa::all_exact() {
        assert!(train(isa.name()) == want, "{}", isa.name());
    }
}
