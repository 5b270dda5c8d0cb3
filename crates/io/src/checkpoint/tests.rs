//! Resuming from files: the same bits, and for every file that is wrong a message that names it, with the file left as it was.

use super::*;
use planish_nn::{Activation, Loss, Sequential, Targets};
use planish_optim::Optimizer;
use planish_tensor::{Exec, Matrix};
use planish_train::{Data, EarlyStopping, FitOptions, History, Network, Observer, TrainError, Trainer, Wish};

/// Suspends the run after some steps.
struct After(usize);

impl Observer for After {
    fn step(&mut self, _: usize, _: usize) -> Wish {
        self.0 = self.0.saturating_sub(1);
        if self.0 == 0 { Wish::Suspend } else { Wish::Continue }
    }
}

struct Job {
    optimizer: Optimizer,
    units: usize,
    seed: u64,
    epochs: usize,
    shift: f32,
}

impl Default for Job {
    fn default() -> Self {
        Job { optimizer: Optimizer::adam(0.02), units: 6, seed: 5, epochs: 6, shift: 0.0 }
    }
}

impl Job {
    fn run(
        &self,
        observer: &mut dyn Observer,
        store: Option<&mut dyn Checkpoints<f32>>,
    ) -> Result<(Vec<u32>, History), TrainError> {
        let x = Matrix::from_fn(60, 2, |i, j| ((i * 37 + j * 91) % 60) as f32 / 30.0 - 1.0);
        let y = Matrix::from_fn(60, 1, |i, _| x[(i, 0)] * 0.5 - x[(i, 1)] * x[(i, 1)] + self.shift);
        let net = Sequential::new(2).dense(self.units, Activation::Tanh).dense(1, Activation::Linear);
        let mut net = Network::compile(&net, self.optimizer, Loss::Mse, &[], self.seed).unwrap();
        let options = FitOptions {
            epochs: self.epochs,
            batch_size: 10,
            validation_split: 0.2,
            early_stopping: Some(EarlyStopping { patience: 5, ..EarlyStopping::default() }),
            ..FitOptions::default()
        };
        let data = Data::new(x.view(), Targets::Values(y.view()));
        let history =
            Trainer::new(Exec::best(), &options, observer).checkpoints(store).fit(&mut net, &data)?;
        Ok((net.params().iter().map(|p| p.to_bits()).collect(), history))
    }
}

fn folder(path: &Path, resume: bool) -> CheckpointFolder {
    CheckpointFolder::new(path, Every::Steps(3), resume).unwrap()
}

/// A folder with a checkpoint in the fourth epoch.
fn suspended(path: &Path) {
    let ended = Job::default().run(&mut After(17), Some(&mut folder(path, false)));
    assert_eq!(ended, Err(TrainError::Suspended { epoch: 4, step: 2 }));
}

fn names(path: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        std::fs::read_dir(path).unwrap().map(|f| f.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_run_goes_on_from_its_folder_with_the_same_bits() {
    let want = Job::default().run(&mut (), None).unwrap();
    for cut in [1, 4, 5, 6, 17, 29] {
        let dir = tempfile::tempdir().unwrap();
        let ended = Job::default().run(&mut After(cut), Some(&mut folder(dir.path(), false)));
        assert!(matches!(ended, Err(TrainError::Suspended { .. })));
        std::fs::write(dir.path().join(".planish-checkpoint-left"), b"half").unwrap();
        assert_eq!(Job::default().run(&mut (), Some(&mut folder(dir.path(), true))).unwrap(), want);
        let best = format!("best-{}.planish", want.1.best_epoch);
        let names = names(dir.path());
        assert!(
            names.len() <= 4 && !names.contains(&".planish-checkpoint-left".to_owned()),
            "{names:?} {best}"
        );
    }
}

#[test]
fn large_kept_weights_are_on_disk_alone() {
    /// A folder that holds no weights in memory.
    struct Disk(CheckpointFolder);
    impl Checkpoints<f32> for Disk {
        fn open(&mut self, run: &Identity<'_, f32>) -> Result<Option<Progress>, CheckpointFault> {
            self.0.open(run)
        }
        fn load(&mut self, arenas: &mut [ArenaMut<'_, f32>]) -> Result<(), CheckpointFault> {
            self.0.load(arenas)
        }
        fn is_due(&mut self, steps: u64) -> bool {
            self.0.is_due(steps)
        }
        fn save(&mut self, progress: &Progress, arenas: &[Arena<'_, f32>]) -> Result<(), CheckpointFault> {
            self.0.save(progress, arenas)
        }
        fn keeps_weights(&self, _: usize) -> bool {
            true
        }
        fn save_kept(&mut self, epoch: usize, arenas: &[Arena<'_, f32>]) -> Result<(), CheckpointFault> {
            self.0.save_kept(epoch, arenas)
        }
        fn load_kept(
            &mut self,
            epoch: usize,
            arenas: &mut [ArenaMut<'_, f32>],
        ) -> Result<(), CheckpointFault> {
            self.0.load_kept(epoch, arenas)
        }
    }
    let want = Job::default().run(&mut (), None).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let ended = Job::default().run(&mut After(17), Some(&mut Disk(folder(dir.path(), false))));
    assert!(ended.is_err());
    assert_eq!(Job::default().run(&mut (), Some(&mut Disk(folder(dir.path(), true)))).unwrap(), want);
}

#[test]
fn a_checkpoint_of_another_run_is_refused_and_stays() {
    let dir = tempfile::tempdir().unwrap();
    suspended(dir.path());
    let file = dir.path().join(RUN);
    let before = std::fs::read(&file).unwrap();
    let job = Job::default;
    for (other, part) in [
        (Job { optimizer: Optimizer::adam(0.01), ..job() }, "optimizer.adam.lr was 0.02, now it is 0.01"),
        (Job { optimizer: Optimizer::sgd(0.01), ..job() }, "another run: optimizer was {\"adam\""),
        (Job { units: 7, ..job() }, "network.layers.0.dense.units was 6, now it is 7"),
        (Job { seed: 6, ..job() }, "seed was 5, now it is 6"),
        (Job { shift: 1e-6, ..job() }, "the checkpoint is of a run on other data"),
    ] {
        let message = other.run(&mut (), Some(&mut folder(dir.path(), true))).unwrap_err().to_string();
        assert!(
            message.contains("checkpoint.planish: the checkpoint is of") && message.contains(part),
            "{message}"
        );
        assert!(std::fs::read(&file).unwrap() == before);
    }
    let message = job().run(&mut (), Some(&mut folder(dir.path(), false))).unwrap_err().to_string();
    assert!(message.contains("there is a checkpoint already"), "{message}");
    assert!(std::fs::read(&file).unwrap() == before);
    // More epochs are the same run, continued.
    let longer = Job { epochs: 7, ..job() };
    let (_, history) = longer.run(&mut (), Some(&mut folder(dir.path(), true))).unwrap();
    assert_eq!(history.epochs.len(), 7);
}

#[test]
fn every_damage_is_found_and_the_files_stay() {
    let dir = tempfile::tempdir().unwrap();
    suspended(dir.path());
    let best = names(dir.path()).into_iter().find(|n| n.starts_with("best-")).unwrap();
    for name in [RUN, &best] {
        let file = dir.path().join(name);
        let good = std::fs::read(&file).unwrap();
        let refused = |bytes: &[u8]| {
            std::fs::write(&file, bytes).unwrap();
            let result = Job::default().run(&mut (), Some(&mut folder(dir.path(), true)));
            let message = result.unwrap_err().to_string();
            assert!(message.contains(name), "{message}");
            assert!(std::fs::read(&file).unwrap() == bytes);
            message
        };
        for length in (0..good.len()).step_by(17) {
            refused(&good[..length]);
        }
        for at in (0..good.len()).step_by(13) {
            let mut bytes = good.clone();
            bytes[at] ^= 0x10;
            refused(&bytes);
        }
        assert!(refused(&[&good[..], b"x"].concat()).contains("after the end"));
        assert!(
            refused(b"a,b\n1,2\n, and more than fifty-six bytes of a table, all of it text")
                .contains("it is not a checkpoint")
        );
        let mut bytes = good.clone();
        bytes[8] = 9;
        assert!(refused(&bytes).contains("a checkpoint of format 9, this program reads 2"));
        std::fs::write(&file, good).unwrap();
    }
    std::fs::remove_file(dir.path().join(&best)).unwrap();
    let message = Job::default().run(&mut (), Some(&mut folder(dir.path(), true))).unwrap_err().to_string();
    assert!(message.contains(&best) && message.contains("cannot read"), "{message}");
}

#[test]
fn a_checkpoint_of_another_version_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    suspended(dir.path());
    let file = dir.path().join(RUN);
    let (mut header, _) = Header::read("x", &mut std::fs::File::open(&file).unwrap(), Kind::Run).unwrap();
    header.planish = "0.0.7".to_owned();
    std::fs::write(&file, header.to_bytes("x").unwrap()).unwrap();
    let message = Job::default().run(&mut (), Some(&mut folder(dir.path(), true))).unwrap_err().to_string();
    assert!(message.contains("it was written by planish 0.0.7, this is"), "{message}");
}

#[test]
fn a_folder_serves_one_run_at_a_time() {
    let dir = tempfile::tempdir().unwrap();
    let first = folder(dir.path(), false);
    assert!(!first.has_checkpoint() && first.is_locked());
    let second = CheckpointFolder::new(dir.path(), Every::Steps(1), false);
    assert!(second.unwrap_err().to_string().contains("another run keeps its checkpoints"));
    drop(first);
    assert!(CheckpointFolder::new(dir.path(), Every::Steps(1), false).is_ok());
    let file = dir.path().join("file");
    std::fs::write(&file, "x").unwrap();
    let wrong = CheckpointFolder::new(&file, Every::Steps(1), false).unwrap_err();
    assert!(wrong.to_string().contains("it is a file, not a folder"));
}
