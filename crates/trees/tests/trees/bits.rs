//! The same bits at any number of threads, with any instruction set, and after any interruption.

use crate::tables::Made;
use planish_tensor::{Exec, Isa};
use planish_trees::{
    Checkpoints, Data, Fitted, Identity, Labels, Loss, Observer, Progress, Round, Rows, Settings, Stage,
    TreesError, Wish, fit,
};

/// The four kinds of runs that the tests make: numbers, two classes, three classes, and leaves that are refitted.
fn runs() -> [(Settings, bool); 4] {
    let of =
        |loss, rounds, leaves| Settings { loss, rounds, leaves, patience: 5, seed: 3, ..Settings::default() };
    [
        (of(Loss::Squared, 30, 31), false),
        (of(Loss::LogLoss, 30, 80), true),
        (of(Loss::Softmax, 12, 15), true),
        (of(Loss::Huber { delta: 0.5 }, 20, 31), false),
    ]
}

fn run(
    made: &Made,
    exec: Exec,
    (settings, classes): &(Settings, bool),
    observer: &mut dyn Observer,
    store: Option<&mut dyn Checkpoints>,
) -> Result<Fitted, TreesError> {
    let columns = made.columns();
    let two = made.two_classes();
    let labels = match (settings.loss, classes) {
        (Loss::Softmax, _) => Labels::Classes { classes: &made.classes, count: 3 },
        (_, true) => Labels::Classes { classes: &two, count: 2 },
        _ => Labels::Numbers(&made.y),
    };
    let (train, held) = made.split();
    fit(exec, &Data::new(&columns, labels), &Rows { train: &train, held: &held }, settings, observer, store)
}

#[test]
fn threads_and_instruction_sets_change_no_bit() {
    // Enough rows for histograms, partitions and losses to be shared by threads.
    let made = Made::new(90_000, 40);
    for which in runs() {
        let settings = Settings { rounds: 4, ..which.0.clone() };
        let which = (settings, which.1);
        let want = run(&made, Exec::serial(Isa::SCALAR), &which, &mut (), None).unwrap();
        assert!(want.forest.trees() > 0 && want.forest.nodes.len() > 20);
        for isa in Isa::all_exact() {
            for threads in [1, 2, 3, 8] {
                let got = run(&made, Exec { isa, threads }, &which, &mut (), None).unwrap();
                assert!(got == want, "{:?} {} {threads}", which.0.loss, isa.name());
            }
        }
    }
}

/// Suspends after so many rounds, and keeps the checkpoint in memory.
#[derive(Default)]
struct Store {
    kept: Option<Progress>,
}

impl Checkpoints for Store {
    fn open(&mut self, _: &Identity<'_>) -> Result<Option<Progress>, String> {
        Ok(self.kept.clone())
    }
    fn is_due(&mut self, _: usize) -> bool {
        false
    }
    fn save(&mut self, progress: &Progress) -> Result<(), String> {
        self.kept = Some(progress.clone());
        Ok(())
    }
}

struct After(usize);

impl Observer for After {
    fn round(&mut self, _: Stage, _: &Round) -> Wish {
        self.0 -= 1;
        if self.0 == 0 { Wish::Suspend } else { Wish::Continue }
    }
}

#[test]
fn an_interrupted_run_ends_in_the_same_trees() {
    let made = Made::new(1500, 40);
    for which in runs() {
        let want = run(&made, Exec::best(), &which, &mut (), None).unwrap();
        assert!(!want.history.refit.is_empty());
        for every in [1, 3, 7] {
            let mut store = Store::default();
            let got = loop {
                match run(&made, Exec::best(), &which, &mut After(every), Some(&mut store)) {
                    Err(TreesError::Suspended { .. }) => {}
                    other => break other.unwrap(),
                }
            };
            assert!(got == want, "{:?} every {every}", which.0.loss);
        }
    }
}

#[test]
fn a_stop_ends_with_the_best_round_and_no_second_fit() {
    struct StopAt(usize);
    impl Observer for StopAt {
        fn round(&mut self, _: Stage, round: &Round) -> Wish {
            if round.round == self.0 { Wish::Stop } else { Wish::Continue }
        }
    }
    let made = Made::new(1500, 40);
    let got = run(&made, Exec::best(), &runs()[0], &mut StopAt(6), None).unwrap();
    assert_eq!(
        (got.history.search.len(), got.history.refit.len(), got.forest.rounds()),
        (6, 0, got.history.best_round)
    );
    assert_eq!(got.history.stop, planish_trees::Stop::Interrupted);
}
