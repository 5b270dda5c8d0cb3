//! What the layers promise beside their gradients: equal bits, dropout's choices, kept statistics, bounds, and refusal of what
//! cannot work.

use planish_nn::{
    Activation, Arenas, Batch, BatchNorm, Dense, Input, Layer, LayerNorm, Loss, Mode, NnError, Pass, Plan,
    Rates, Sequential, Step, Targets, Workspace,
};
use planish_tensor::rng::{Purpose, Stream};
use planish_tensor::{Exec, Isa, Matrix};

const STEP: Step = Step { seed: 1, number: 3 };

/// A network with every layer, wide enough to be split over threads.
fn every_layer() -> Sequential {
    let dense = |units, f| Layer::Dense(Dense::new(units, f));
    Sequential::new(37)
        .embedding(5, 3)
        .scale()
        .dense(200, Activation::Gelu)
        .batch_norm()
        .dropout(0.25)
        .residual([Layer::LayerNorm(LayerNorm::default()), dense(200, Activation::Mish)])
        .dense(130, Activation::Linear)
        .parametric(Activation::Selu)
        .dense(7, Activation::Softmax)
}

/// Everything that a training pass and an inference pass give, as bits.
fn bits(exec: Exec) -> Vec<u64> {
    let plan = Plan::new(&every_layer()).unwrap();
    let rows = 230;
    let sample = Stream::new(2, Purpose::Sample, 0);
    let x = Matrix::from_fn(rows, 37, |i, j| sample.normal((i * 64 + j) as u64));
    let codes: Vec<u32> = (0..rows).map(|i| (i % 5) as u32).collect();
    let classes: Vec<u32> = (0..rows).map(|i| (i * 3 % 7) as u32).collect();
    let params = plan.initialize::<f64>(1);
    let mut state = plan.initialize_state::<f64>();
    let mut grads = vec![0.0; plan.layout().len];
    let mut ws = Workspace::new(&plan, rows);
    let batch = Batch { x: Input::new(x.view(), &codes), y: Targets::Classes(&classes), weights: None };
    let loss = Loss::SmoothCategoricalCrossentropy { label_smoothing: 0.1 };
    let value =
        exec.install(|| plan.backward(Pass { exec, loss, step: STEP }, &params, &batch, &mut grads, &mut ws));
    plan.keep_statistics(exec.isa, &ws, &mut state);
    let out = exec.install(|| plan.predict(exec, Arenas::new(&params, &state), batch.x));
    let all = grads.iter().chain(&*state).chain(out.as_slice()).chain([&value]);
    all.map(|v| v.to_bits()).collect()
}

#[test]
fn every_layer_has_the_same_bits_on_every_instruction_set_and_thread_count() {
    let want = bits(Exec::serial(Isa::SCALAR));
    for isa in Isa::all_exact() {
        for threads in [1, 2, 3] {
            assert!(bits(Exec { isa, threads }) == want, "{} with {threads} threads", isa.name());
        }
    }
}

#[test]
fn parameters_without_gaps_predict_the_same_bits() {
    let net = every_layer();
    let (aligned, contiguous) = (Plan::new(&net).unwrap(), Plan::contiguous(&net).unwrap());
    assert_eq!(contiguous.layout().len, aligned.layout().count());
    assert_eq!(contiguous.state_layout(), aligned.state_layout());
    let (params, state) = (aligned.initialize::<f32>(1), aligned.initialize_state::<f32>());
    let tensors = aligned.layout().params.iter();
    let packed: Vec<f32> = tensors.flat_map(|p| params[p.range.clone()].to_vec()).collect();
    let sample = Stream::new(2, Purpose::Sample, 0);
    for rows in [1, 6, 230, 600] {
        let x = Matrix::from_fn(rows, 37, |i, j| sample.normal((i * 64 + j) as u64) as f32);
        let codes: Vec<u32> = (0..rows).map(|i| (i % 5) as u32).collect();
        let predict = |plan: &Plan, params: &[f32]| {
            plan.predict(Exec::best(), Arenas::new(params, &state), Input::new(x.view(), &codes))
        };
        assert_eq!(predict(&contiguous, &packed), predict(&aligned, &params), "{rows} rows");
    }
}

/// The output of a training pass over a batch of ones, read through the loss: Σ y² per row.
fn training_loss(plan: &Plan, params: &[f64], x: &Matrix<f64>, step: Step) -> f64 {
    let y = Matrix::zeros(x.rows(), plan.outputs());
    let batch = Batch::new(x.view(), Targets::Values(y.view()));
    let mut ws = Workspace::new(plan, x.rows());
    plan.loss(Exec::best(), Loss::Sse, Mode::Training(step), params, &batch, &mut ws)
}

#[test]
fn dropout_drops_its_share_in_training_and_nothing_in_inference() {
    let plan = Plan::new(&Sequential::new(100).dropout(0.25)).unwrap();
    let x = Matrix::from_fn(200, 100, |_, _| 1.0);
    // Each kept element counts (4/3)².
    let share = |step| training_loss(&plan, &[], &x, step) * 9.0 / 16.0 / 20_000.0;
    assert!((share(STEP) - 0.75).abs() < 0.01, "{}", share(STEP));
    assert_eq!(share(STEP), share(STEP));
    assert_ne!(share(STEP), share(Step { number: 4, ..STEP }));
    assert_ne!(share(STEP), share(Step { seed: 2, ..STEP }));
    assert_eq!(plan.predict(Exec::best(), &Vec::new(), x.view()), x);
}

#[test]
fn two_dropouts_of_one_network_drop_different_elements() {
    let once = Plan::new(&Sequential::new(100).dropout(0.5)).unwrap();
    let twice = Plan::new(&Sequential::new(100).dropout(0.5).dropout(0.5)).unwrap();
    let x = Matrix::from_fn(50, 100, |_, _| 1.0);
    let kept = |plan: &Plan, factor: f64| training_loss(plan, &[], &x, STEP) / (factor * factor) / 5000.0;
    assert!((kept(&once, 2.0) - 0.5).abs() < 0.03 && (kept(&twice, 4.0) - 0.25).abs() < 0.03);
}

#[test]
fn batch_norm_keeps_statistics_and_uses_them_in_inference() {
    let layer = BatchNorm { momentum: 0.5, epsilon: 0.25, ..BatchNorm::default() };
    let plan = Plan::new(&Sequential::new(2).layer(Layer::BatchNorm(layer))).unwrap();
    let params = plan.initialize::<f64>(0);
    let mut state = plan.initialize_state::<f64>();
    let x = Matrix::from_rows(&[[1.0, -2.0], [3.0, 2.0]]);
    let mut ws = Workspace::new(&plan, 2);
    let batch = Batch::new(x.view(), Targets::Values(x.view()));
    plan.loss(Exec::best(), Loss::Mse, Mode::Training(STEP), &params, &batch, &mut ws);
    plan.keep_statistics(Exec::best().isa, &ws, &mut state);
    // Batch: means 2 and 0, variances 1 and 4; kept: halfway from 0 and 1.
    let kept = |name: &str| {
        let place = plan.state_layout().params.iter().find(|p| p.name == name).unwrap();
        state[place.range.clone()].to_vec()
    };
    assert_eq!(kept("batch_norm_1/moving_mean"), [1.0, 0.0]);
    assert_eq!(kept("batch_norm_1/moving_variance"), [1.0, 2.5]);
    let out = plan.predict(Exec::best(), Arenas::new(&params, &state), x.view());
    for (i, row) in [[1.0, -2.0], [3.0, 2.0]].iter().enumerate() {
        let want = [(row[0] - 1.0) / 1.25_f64.sqrt(), row[1] / 2.75_f64.sqrt()];
        assert!(out.row(i).iter().zip(want).all(|(a, b)| (a - b).abs() < 1e-15), "{:?} {want:?}", out.row(i));
    }
}

#[test]
fn batch_norm_does_not_lose_a_small_spread_on_a_large_mean() {
    let plan = Plan::new(&Sequential::new(1).batch_norm()).unwrap();
    let params = plan.initialize::<f64>(0);
    let x = Matrix::from_fn(1000, 1, |i, _| 1e9 + (i % 2) as f64);
    let y = Matrix::zeros(1000, 1);
    let mut ws = Workspace::new(&plan, 1000);
    let batch = Batch::new(x.view(), Targets::Values(y.view()));
    let loss = plan.loss(Exec::best(), Loss::Mse, Mode::Training(STEP), &params, &batch, &mut ws);
    // The mean square of the output is variance/(variance + ε).
    assert!((loss - 0.25 / 0.251).abs() < 1e-9, "{loss}");
}

#[test]
fn max_norm_bounds_each_unit_and_leaves_smaller_ones_alone() {
    let dense = Dense { kernel_max_norm: Some(1.0), ..Dense::new(2, Activation::Linear) };
    let plan = Plan::new(&Sequential::new(2).layer(Layer::Dense(dense))).unwrap();
    let mut params = vec![0.0_f64; plan.layout().len];
    params[..4].copy_from_slice(&[3.0, 0.5, 4.0, 0.5]);
    plan.constrain(Isa::best(), &mut params);
    assert!((params[0] - 0.6).abs() < 1e-15 && (params[2] - 0.8).abs() < 1e-15);
    assert_eq!([params[1], params[3]], [0.5, 0.5]);
}

#[test]
fn parameters_with_rates_of_their_own_are_groups_of_their_own() {
    let fast = Rates { lr_factor: 6.0, ..Rates::default() };
    let frozen = Rates { trainable: false, ..Rates::default() };
    let net = Sequential::new(3)
        .layer(Layer::Dense(Dense { kernel_rates: fast, ..Dense::new(2, Activation::Relu) }))
        .layer(Layer::Dense(Dense { bias_rates: frozen, ..Dense::new(2, Activation::Relu) }))
        .layer_norm()
        .dense(1, Activation::Linear);
    let layout = Plan::new(&net).unwrap().layout().clone();
    let groups: Vec<_> = layout.groups.iter().map(|g| (g.name, g.lr_factor, g.trainable)).collect();
    let want = [
        ("kernels", 6.0, true),
        ("kernels", 1.0, true),
        ("biases", 1.0, true),
        ("biases", 1.0, false),
        ("norms", 1.0, true),
    ];
    assert_eq!(groups, want);
    for p in &layout.params {
        let group = &layout.groups[p.group].range;
        assert!(group.start <= p.range.start && p.range.end <= group.end, "{}", p.name);
    }
}

#[test]
fn architectures_that_cannot_work_are_refused() {
    let fail = |net: Sequential| Plan::new(&net).unwrap_err().to_string();
    let dense = |units| Layer::Dense(Dense::new(units, Activation::Relu));
    assert_eq!(fail(Sequential::new(2).dropout(1.0)), "layer dropout_1: rate is 1: it must lie in [0, 1)");
    assert_eq!(
        fail(Sequential::new(2).residual([dense(3)])),
        "layer residual_1 adds 3 outputs of its layers to 2 inputs: they must be as many"
    );
    assert_eq!(fail(Sequential::new(2).residual([])), "layer residual_1 has no layers");
    assert_eq!(fail(Sequential::new(0).dense(1, Activation::Relu)), "layer inputs has zero units");
    let named =
        |name: &str| Layer::Dense(Dense { name: Some(name.to_owned()), ..Dense::new(1, Activation::Relu) });
    assert_eq!(
        fail(Sequential::new(1).layer(named("a")).layer(named("a"))),
        "a layer cannot be named \"a\": another layer has that name"
    );
    assert!(fail(Sequential::new(1).layer(named("a/b"))).contains("no slash"));
    let slow = Rates { lr_factor: -1.0, ..Rates::default() };
    let layer = Layer::Dense(Dense { bias_rates: slow, ..Dense::new(1, Activation::Relu) });
    assert_eq!(
        fail(Sequential::new(1).layer(layer)),
        "layer dense_1: lr_factor is -1: it must not be negative"
    );
    assert_eq!(
        Plan::new(&Sequential::new(usize::MAX).dense(usize::MAX, Activation::Relu)),
        Err(NnError::TooLarge)
    );
}

#[test]
fn codes_that_do_not_fit_are_refused() {
    let plan = Plan::new(&Sequential::new(1).embedding(3, 2).dense(1, Activation::Linear)).unwrap();
    assert_eq!(plan.check_codes(2, &[0, 2]), Ok(()));
    assert_eq!(
        plan.check_codes(2, &[0, 3]).unwrap_err().to_string(),
        "row 1 has code 3 in category column 0, the embedding has 3 categories"
    );
    assert_eq!(
        plan.check_codes(2, &[0]).unwrap_err().to_string(),
        "1 category codes for 2 rows and 1 embeddings"
    );
}
