//! A training step allocates nothing after the first: counted over 10,000 steps of a small network on one thread, and
//! over steps of a network large enough to be split over two; and a run of many steps, with schedule, clipping and average,
//! allocates as often as one of few. The counter sees the whole process, so this test has a binary
//! of its own and runs its cases one after the other.
#![forbid(unsafe_code)]

use planish_nn::{Activation, Dense, Layer, LayerNorm, Loss, Sequential, Targets};
use planish_optim::{Clip, Curve, EmaSettings, Optimizer, ReduceOnPlateau, Schedule};
use planish_tensor::{Exec, Matrix};
use planish_train::{ClassWeights, Data, FitOptions, Network, Session};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use std::alloc::System;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Allocations in `steps` steps after the first two.
fn allocations(exec: Exec, sequential: &Sequential, batch: usize, steps: usize) -> usize {
    let x = Matrix::from_fn(batch, sequential.inputs.numbers, |i, j| ((i * 31 + j * 17) % 23) as f32 / 23.0);
    let y = Matrix::from_fn(batch, 1, |i, _| (i % 2) as f32);
    let mut net =
        Network::compile(sequential, Optimizer::adam(1e-3), Loss::BinaryCrossentropy, &[], 0).unwrap();
    let mut session = Session::new(&net, batch);
    exec.install(|| {
        let mut step =
            || session.train_on_batch(exec, &mut net, &Data::new(x.view(), Targets::Values(y.view())));
        step();
        step();
        let region = Region::new(ALLOCATOR);
        for _ in 0..steps {
            assert!(step().is_finite());
        }
        region.change().allocations
    })
}

/// Allocations of a whole run of so many steps, with everything that a step may do.
fn allocations_of_a_run(steps: usize) -> usize {
    let x = Matrix::from_fn(32 * steps, 10, |i, j| ((i * 31 + j * 17) % 23) as f32 / 23.0);
    let y = Matrix::from_fn(32 * steps, 1, |i, _| (i % 3 / 2) as f32);
    let net = Sequential::new(10).dense(10, Activation::Relu).dense(1, Activation::Sigmoid);
    let mut net = Network::compile(&net, Optimizer::nadam(1e-3), Loss::BinaryCrossentropy, &[], 0).unwrap();
    let options = FitOptions {
        epochs: 1,
        schedule: Schedule { warmup: 5, curve: Curve::Cosine { end: 0.1 } },
        plateau: Some(ReduceOnPlateau::default()),
        clip: Some(Clip::GlobalNorm(0.1)),
        ema: Some(EmaSettings { momentum: 0.9, overwrite_every: Some(100) }),
        class_weights: ClassWeights::Balanced,
        ..FitOptions::default()
    };
    let data = Data::new(x.view(), Targets::Values(y.view()));
    let region = Region::new(ALLOCATOR);
    let history = net.fit(Exec::best(), &data, &options, &mut ()).unwrap();
    assert_eq!(history.epochs.len(), 1);
    region.change().allocations
}

#[test]
fn steps_after_the_first_allocate_nothing() {
    // First of all: a pool's threads end some time after their work, and allocate in doing so.
    let few = allocations_of_a_run(10);
    assert_eq!(allocations_of_a_run(2000), few);
    let small = Sequential::new(10)
        .dense(10, Activation::Relu)
        .dense(10, Activation::Gelu)
        .dense(1, Activation::Sigmoid);
    assert_eq!(allocations(Exec::best(), &small, 32, 10_000), 0);
    let every_layer = Sequential::new(10)
        .scale()
        .dense(10, Activation::Gelu)
        .batch_norm()
        .dropout(0.1)
        .residual([Layer::LayerNorm(LayerNorm::default()), Layer::Dense(Dense::new(10, Activation::Mish))])
        .parametric(Activation::Selu)
        .dense(1, Activation::Sigmoid);
    assert_eq!(allocations(Exec::best(), &every_layer, 32, 1000), 0);
    let large = Sequential::new(256)
        .dense(512, Activation::Relu)
        .dense(256, Activation::Tanh)
        .dense(1, Activation::Sigmoid);
    assert_eq!(allocations(Exec::best().with_threads(2), &large, 128, 200), 0);
}
