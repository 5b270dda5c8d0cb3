//! A run that is suspended and continued ends with the bits of an undisturbed one, wherever it was cut; and the options of the
//! loop do what they say.

use planish_nn::{Activation, Loss, Sequential, Targets};
use planish_optim::{Clip, Curve, EmaSettings, Optimizer, ReduceOnPlateau, Schedule};
use planish_tensor::rng::{Purpose, Stream};
use planish_tensor::{Exec, Isa, Matrix};
use planish_train::{
    Arena, ArenaMut, CheckpointFault, Checkpoints, ClassWeights, Data, EarlyStopping, FitOptions, History,
    Identity, Metric, Mode, Monitor, Network, Observer, Progress, Stop, TrainError, Trainer, Wish,
};
use std::collections::BTreeMap;

type Stored = Vec<(&'static str, Vec<f32>)>;

/// Checkpoints in memory.
#[derive(Default)]
struct Memory {
    last: Option<(Progress, Stored)>,
    kept: BTreeMap<usize, Stored>,
    /// Steps between checkpoints.
    every: u64,
    /// Whether kept weights are stored here alone.
    keeps: bool,
    saves: usize,
    /// Steps after which the run is lost.
    life: Option<usize>,
}

fn copy(arenas: &[Arena<'_, f32>]) -> Stored {
    arenas.iter().map(|(name, a)| (*name, a.to_vec())).collect()
}

fn fill(arenas: &mut [ArenaMut<'_, f32>], from: &Stored) {
    assert_eq!(arenas.len(), from.len());
    for ((name, to), (stored, from)) in arenas.iter_mut().zip(from) {
        assert_eq!(name, stored);
        to.copy_from_slice(from);
    }
}

impl Checkpoints<f32> for Memory {
    fn open(&mut self, _: &Identity<'_, f32>) -> Result<Option<Progress>, CheckpointFault> {
        Ok(self.last.as_ref().map(|(progress, _)| progress.clone()))
    }
    fn load(&mut self, arenas: &mut [ArenaMut<'_, f32>]) -> Result<(), CheckpointFault> {
        fill(arenas, &self.last.as_ref().unwrap().1);
        Ok(())
    }
    fn is_due(&mut self, steps: u64) -> bool {
        if let Some(life) = &mut self.life {
            *life -= 1;
            if *life == 0 {
                return true;
            }
        }
        self.every > 0 && steps.is_multiple_of(self.every)
    }
    fn save(&mut self, progress: &Progress, arenas: &[Arena<'_, f32>]) -> Result<(), CheckpointFault> {
        if self.life == Some(0) {
            return Err("killed".to_owned());
        }
        self.saves += 1;
        self.last = Some((progress.clone(), copy(arenas)));
        self.kept.retain(|epoch, _| *epoch == progress.kept_epoch);
        Ok(())
    }
    fn keeps_weights(&self, _: usize) -> bool {
        self.keeps
    }
    fn save_kept(&mut self, epoch: usize, arenas: &[Arena<'_, f32>]) -> Result<(), CheckpointFault> {
        self.kept.insert(epoch, copy(arenas));
        Ok(())
    }
    fn load_kept(&mut self, epoch: usize, arenas: &mut [ArenaMut<'_, f32>]) -> Result<(), CheckpointFault> {
        fill(arenas, &self.kept[&epoch]);
        Ok(())
    }
}

/// Wishes something after some steps of this call.
struct After(usize, Wish);

impl Observer for After {
    fn step(&mut self, _: usize, _: usize) -> Wish {
        self.0 = self.0.saturating_sub(1);
        if self.0 == 0 { self.1 } else { Wish::Continue }
    }
}

/// A noisy circle: 90 points, class 1 inside.
fn circle() -> (Matrix<f32>, Matrix<f32>) {
    let s = Stream::new(1, Purpose::Sample, 0);
    let x = Matrix::from_fn(90, 2, |i, j| s.normal((i * 2 + j) as u64) as f32);
    let y = Matrix::from_fn(90, 1, |i, _| {
        let r = x[(i, 0)] * x[(i, 0)] + x[(i, 1)] * x[(i, 1)] + 0.6 * s.normal(1000 + i as u64) as f32;
        f32::from(u8::from(r < 1.2))
    });
    (x, y)
}

fn network(optimizer: Optimizer) -> Network<f32> {
    let net = Sequential::new(2).dense(8, Activation::Relu).dense(1, Activation::Sigmoid);
    Network::compile(&net, optimizer, Loss::BinaryCrossentropy, &[Metric::Accuracy], 3).unwrap()
}

/// Everything that a checkpoint must hold, in one run.
fn options() -> FitOptions {
    FitOptions {
        epochs: 9,
        batch_size: 16,
        validation_split: 0.3,
        early_stopping: Some(EarlyStopping { patience: 3, min_delta: 1e-4, ..EarlyStopping::default() }),
        schedule: Schedule { warmup: 3, curve: Curve::Cosine { end: 0.1 } },
        plateau: Some(ReduceOnPlateau { patience: 1, factor: 0.5, ..ReduceOnPlateau::default() }),
        clip: Some(Clip::GlobalNorm(0.5)),
        ema: Some(EmaSettings { momentum: 0.8, overwrite_every: Some(7) }),
        class_weights: ClassWeights::Balanced,
        ..FitOptions::default()
    }
}

type Bits = Vec<u32>;

fn fit(
    exec: Exec,
    optimizer: Optimizer,
    options: &FitOptions,
    observer: &mut dyn Observer,
    store: Option<&mut dyn Checkpoints<f32>>,
) -> Result<(Bits, History), TrainError> {
    let (x, y) = circle();
    let mut net = network(optimizer);
    let data = Data::new(x.view(), Targets::Values(y.view()));
    let history = Trainer::new(exec, options, observer).checkpoints(store).fit(&mut net, &data)?;
    Ok((net.params().iter().map(|p| p.to_bits()).collect(), history))
}

#[test]
fn a_run_cut_after_any_step_ends_with_the_bits_of_an_undisturbed_one() {
    let rmsprop = Optimizer::RmsProp { lr: 0.03, rho: 0.9, momentum: 0.5, epsilon: 1e-7, centered: true };
    let plain = FitOptions { epochs: 4, batch_size: 16, ..FitOptions::default() };
    for (optimizer, options) in
        [(Optimizer::nadam(0.05), options()), (rmsprop, options()), (Optimizer::momentum(0.05, 0.9), plain)]
    {
        let exec = Exec::best();
        let want = fit(exec, optimizer, &options, &mut (), None).unwrap();
        let steps = want.1.epochs.len() * want.1.rows.div_ceil(16);
        for cut in 1..=steps {
            for keeps in [false, true] {
                let mut store = Memory { keeps, ..Memory::default() };
                let ended = fit(exec, optimizer, &options, &mut After(cut, Wish::Suspend), Some(&mut store));
                assert!(matches!(ended, Err(TrainError::Suspended { .. })), "{cut}");
                assert_eq!(
                    fit(exec, optimizer, &options, &mut (), Some(&mut store)).unwrap(),
                    want,
                    "{cut} {keeps}"
                );
            }
        }
    }
}

#[test]
fn a_run_killed_between_checkpoints_ends_with_the_bits_of_an_undisturbed_one() {
    // 36 steps: longer than the four lives below, which lose what they did since their last checkpoint.
    let early = EarlyStopping { patience: 9, ..EarlyStopping::default() };
    let options = FitOptions { early_stopping: Some(early), ..options() };
    let run = |store: &mut Memory| fit(Exec::best(), Optimizer::adam(0.05), &options, &mut (), Some(store));
    let want = fit(Exec::best(), Optimizer::adam(0.05), &options, &mut (), None).unwrap();
    assert_eq!(want.1.epochs.len() * want.1.rows.div_ceil(16), 36);
    for every in 1..8 {
        for keeps in [false, true] {
            let mut store = Memory { keeps, every, ..Memory::default() };
            for life in [9, 11, 2, 5] {
                store.life = Some(life);
                assert_eq!(run(&mut store), Err(TrainError::Checkpoint { what: "killed".to_owned() }));
            }
            store.life = None;
            assert_eq!(run(&mut store).unwrap(), want, "{every} {keeps}");
        }
    }
}

#[test]
fn checkpoints_change_no_bit() {
    let want = fit(Exec::best(), Optimizer::lion(0.01), &options(), &mut (), None).unwrap();
    let mut store = Memory { every: 1, ..Memory::default() };
    assert_eq!(
        fit(Exec::best(), Optimizer::lion(0.01), &options(), &mut (), Some(&mut store)).unwrap(),
        want
    );
    // One a step, and one where the run ends.
    assert_eq!(store.saves, 1 + want.1.epochs.len() * want.1.rows.div_ceil(16));
}

#[test]
fn every_option_gives_the_same_bits_on_every_instruction_set_and_thread_count() {
    let want = fit(Exec::serial(Isa::SCALAR), Optimizer::adam(0.05), &options(), &mut (), None).unwrap();
    for isa in Isa::all_exact() {
        for threads in [1, 2, 3] {
            let got = fit(Exec { isa, threads }, Optimizer::adam(0.05), &options(), &mut (), None).unwrap();
            assert_eq!(got, want, "{} {threads}", isa.name());
        }
    }
}

#[test]
fn a_limit_of_steps_ends_the_run_and_the_cut_epoch_is_scored() {
    let limited = |max_steps| FitOptions { epochs: 5, batch_size: 16, max_steps, ..FitOptions::default() };
    let run = |options: &FitOptions, observer: &mut dyn Observer| {
        fit(Exec::best(), Optimizer::sgd(0.1), options, observer, None).unwrap()
    };
    let (bits, history) = run(&limited(Some(8)), &mut ()); // six steps an epoch
    assert_eq!((history.stop, history.epochs.len(), history.best_epoch), (Stop::MaxSteps, 2, 2));
    let timed = run(&limited(None), &mut After(8, Wish::Stop(Stop::TimeLimit)));
    assert_eq!((timed.1.stop, &timed.0), (Stop::TimeLimit, &bits));
    assert_eq!(timed.1.epochs, history.epochs);
    let whole = run(&limited(Some(12)), &mut ());
    assert_eq!((whole.1.stop, whole.1.epochs.len()), (Stop::MaxSteps, 2));
    assert_eq!(run(&limited(Some(30)), &mut ()).1.stop, Stop::Completed);
}

#[test]
fn a_metric_that_should_rise_is_watched_upwards() {
    let watch = |name: &str, mode| FitOptions {
        epochs: 40,
        validation_split: 0.3,
        early_stopping: Some(EarlyStopping {
            monitor: Monitor { name: name.to_owned(), mode },
            patience: 4,
            min_delta: 0.0,
        }),
        ..FitOptions::default()
    };
    let run = |options| fit(Exec::best(), Optimizer::adam(0.02), &options, &mut (), None);
    let (_, history) = run(watch("val_accuracy", Mode::Auto)).unwrap();
    let best = history.epochs[history.best_epoch - 1].metrics["val_accuracy"];
    assert!(history.epochs.iter().all(|e| e.metrics["val_accuracy"] <= best));
    assert_eq!(history.epochs.len(), history.best_epoch + 4);
    assert_eq!(run(watch("val_accuracy", Mode::Max)).unwrap().1, history);
    let (_, other) = run(watch("val_accuracy", Mode::Min)).unwrap();
    assert!(other.epochs[other.best_epoch - 1].metrics["val_accuracy"] < best);
    assert_eq!(
        run(watch("val_auc", Mode::Auto)).unwrap_err().to_string(),
        "cannot watch \"val_auc\": this run has loss, val_loss, val_accuracy"
    );
}

#[test]
fn metrics_that_are_better_when_larger_say_so() {
    let rising = Metric::ALL.into_iter().filter(|m| m.rises()).map(Metric::name).collect::<Vec<_>>();
    let want = "accuracy balanced_accuracy precision recall f1 auc pr_auc mcc r2 explained_variance";
    assert_eq!(rising.join(" "), want);
    let epochs = |name: &str| {
        let options = FitOptions {
            epochs: 12,
            validation_split: 0.3,
            early_stopping: Some(EarlyStopping { monitor: Monitor::new(name), patience: 12, min_delta: 0.0 }),
            ..FitOptions::default()
        };
        let (x, y) = circle();
        let net = Sequential::new(2).dense(8, Activation::Relu).dense(1, Activation::Sigmoid);
        let (loss, metrics) = (Loss::BinaryCrossentropy, [Metric::Mcc, Metric::Brier]);
        let mut net = Network::compile(&net, Optimizer::adam(0.02), loss, &metrics, 3).unwrap();
        let data = Data::new(x.view(), Targets::Values(y.view()));
        net.fit(Exec::best(), &data, &options, &mut ()).unwrap()
    };
    let of = |history: &History, name: &str| -> Vec<f64> {
        history.epochs.iter().map(|e| e.metrics[name]).collect()
    };
    let up = epochs("val_mcc");
    let best = of(&up, "val_mcc")[up.best_epoch - 1];
    assert!(of(&up, "val_mcc").iter().all(|v| *v <= best));
    let down = epochs("val_brier");
    let best = of(&down, "val_brier")[down.best_epoch - 1];
    assert!(of(&down, "val_brier").iter().all(|v| *v >= best));
}

#[test]
fn a_plateau_lowers_the_rate_and_the_average_is_what_is_left() {
    // A rate that falls to nothing after the first epoch: the weights then stand still.
    let frozen = ReduceOnPlateau { patience: 1, factor: 1e-30, min_delta: 1e9, ..ReduceOnPlateau::default() };
    let options = |plateau| FitOptions { epochs: 6, plateau, ..FitOptions::default() };
    let run = |options: &FitOptions| fit(Exec::best(), Optimizer::sgd(0.1), options, &mut (), None).unwrap();
    let still = run(&options(Some(frozen)));
    let two = run(&FitOptions { epochs: 2, ..options(None) });
    assert_eq!(still.0, two.0);
    assert_ne!(still.0, run(&options(None)).0);
    // A momentum of 0 averages nothing: the same weights as without.
    let ema =
        |momentum| FitOptions { ema: Some(EmaSettings { momentum, overwrite_every: None }), ..options(None) };
    assert_eq!(run(&ema(0.0)).0, run(&options(None)).0);
    assert_ne!(run(&ema(0.9)).0, run(&options(None)).0);
    let unkept = FitOptions { keep_weights: false, ..ema(0.9) };
    assert_eq!(run(&unkept).0, run(&ema(0.9)).0);
}

#[test]
fn the_range_test_suggests_a_rate_and_leaves_the_network_alone() {
    let (x, y) = circle();
    let net = network(Optimizer::adam(0.001));
    let before = net.params().to_vec();
    let rows: Vec<u32> = (0..90).collect();
    let data = Data::new(x.view(), Targets::Values(y.view()));
    let test = planish_optim::RangeTest::default();
    let curve = net.lr_range_test(Exec::best(), &data, &rows, 16, &test).unwrap();
    assert_eq!((curve.len(), curve[0].0), (100, 1e-7));
    let lr = planish_optim::suggest_lr(&curve).unwrap();
    assert!((1e-5..1.0).contains(&lr), "{lr}");
    assert_eq!(net.params(), before);
    assert!(net.lr_range_test(Exec::best(), &data, &[], 16, &test).is_err());
}

#[test]
fn metrics_are_of_the_training_rows_and_count_weights() {
    let x = Matrix::from_fn(6, 1, |i, _| i as f32);
    let y = Matrix::from_fn(6, 1, |i, _| if i < 4 { 1.0 } else { -9.0 });
    let weights = [1.0_f32, 1.0, 2.0, 0.0, 5.0, 5.0];
    let data = Data { weights: Some(&weights), ..Data::new(x.view(), Targets::Values(y.view())) };
    let net = Sequential::new(1).dense(1, Activation::Linear);
    let compile = || {
        let mut net = Network::compile(&net, Optimizer::sgd(1e-30), Loss::Mse, &[Metric::Mae], 0).unwrap();
        net.params_mut().fill(0.0);
        // ŷ = x: errors 1, 0, 1, 2 with weights 1, 1, 2, 0.
        let kernel = net.plan().layout().params[0].range.clone();
        net.params_mut()[kernel].fill(1.0);
        net
    };
    let options =
        FitOptions { epochs: 1, validation_split: 0.0, early_stopping: None, ..FitOptions::default() };
    let parts = ((0..4).collect(), Vec::new());
    let history = compile().fit_rows(Exec::best(), &data, parts, &options, &mut ()).unwrap();
    assert_eq!(history.epochs[0].metrics["mae"], 0.75);
}

#[test]
fn a_hinge_loss_is_scored_by_its_margins() {
    let x = Matrix::from_fn(4, 1, |i, _| i as f32 - 1.5);
    let y = Matrix::from_fn(4, 1, |i, _| if i < 2 { 0.0 } else { 1.0 });
    let net = Sequential::new(1).dense(1, Activation::Linear);
    let compile = |metrics: &[Metric]| Network::compile(&net, Optimizer::sgd(0.1), Loss::Hinge, metrics, 0);
    let mut good = compile(&[Metric::Accuracy, Metric::Auc]).unwrap();
    good.params_mut().fill(0.0);
    let kernel = good.plan().layout().params[0].range.clone();
    good.params_mut()[kernel].fill(0.25);
    let (_, scores) = good.evaluate(Exec::best(), &Data::new(x.view(), Targets::Values(y.view()))).unwrap();
    assert_eq!((scores["accuracy"], scores["auc"]), (1.0, 1.0));
    let message = compile(&[Metric::Brier]).unwrap_err().to_string();
    assert!(message.contains("hinge losses give margins"), "{message}");
}
