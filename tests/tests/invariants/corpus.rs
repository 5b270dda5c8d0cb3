//! The inputs that fuzzing began with and kept, in `fuzz/corpus`, through the same code without libFuzzer. Each target's folder must have
//! inputs that are taken, so that a change of format cannot leave only ones that are refused at the door.

use planish_tests::outside::ALL;
use planish_tests::program::root;
use std::collections::BTreeSet;
use std::path::Path;

/// The names in a folder, without their endings.
fn names(folder: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    entries.map(|e| e.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned()).collect()
}

#[test]
fn every_fuzz_target_has_a_program_and_a_corpus() {
    let targets: BTreeSet<String> = ALL.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(names(&root().join("fuzz/fuzz_targets")), targets);
    assert_eq!(names(&root().join("fuzz/corpus")), targets);
}

#[test]
fn every_kept_input_gets_a_sound_answer() {
    for (name, target) in ALL {
        let folder = root().join("fuzz/corpus").join(name);
        let (mut inputs, mut taken) = (0, 0);
        for entry in std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display())) {
            let path = entry.unwrap().path();
            let bytes = std::fs::read(&path).unwrap();
            let sound = std::panic::catch_unwind(|| target(&bytes));
            taken += sound.unwrap_or_else(|_| panic!("{}", path.display()));
            inputs += 1;
        }
        assert!(inputs > 0 && taken > 0, "{name}: {taken} of {inputs} inputs are taken");
    }
}
