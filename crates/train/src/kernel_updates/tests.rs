//! The bits are those of a backward pass that makes all gradients first, as it does where they are clipped.

use crate::data::Data;
use crate::network::Network;
use crate::session::Session;
use planish_nn::{Activation, Loss, Sequential, Targets};
use planish_optim::{Clip, Optimizer};
use planish_tensor::{Exec, Isa, Matrix};

/// The parameters and moments after three steps of a network with two kernels that are large enough and two smaller ones.
fn trained(exec: Exec, optimizer: Optimizer, rows: usize, frozen: bool, clip: Option<Clip>) -> Vec<u32> {
    let net = Sequential::new(33)
        .dense(240, Activation::Relu)
        .dense(530, Activation::Tanh)
        .dense(125, Activation::Relu)
        .dense(3, Activation::Softmax);
    let mut net = Network::<f32>::compile(&net, optimizer, Loss::CategoricalCrossentropy, &[], 1).unwrap();
    assert_eq!(net.plan().tiled_kernels().filter(|k| k.len() >= 50_000).count(), 2);
    net.groups_mut()[0].weight_decay = 0.01;
    net.groups_mut()[0].trainable = !frozen;
    let x = Matrix::from_fn(rows, 33, |i, j| ((i * 37 + j * 11) % 29) as f32 * 0.1 - 1.4);
    let classes: Vec<u32> = (0..rows).map(|i| (i % 3) as u32).collect();
    let data = Data::new(x.view(), Targets::Classes(&classes));
    let mut session = Session::new(&net, rows).with_tiled_kernels_of(50_000);
    exec.install(|| {
        for step in 0..3 {
            assert!(session.step(exec, &mut net, &data, 1.0 / (1 + step) as f64, clip).is_finite());
        }
    });
    let moments = session.optimizer().moments();
    net.params().iter().chain(moments.into_iter().flatten()).map(|x| x.to_bits()).collect()
}

/// A bound that no gradient reaches.
const NEVER: Option<Clip> = Some(Clip::GlobalNorm(1e30));

#[test]
fn the_bits_are_those_of_an_update_after_the_backward_pass() {
    for optimizer in [Optimizer::adam(1e-3), Optimizer::sgd(0.1), Optimizer::from_name("lion", 1e-3).unwrap()]
    {
        let want = trained(Exec::serial(Isa::best()), optimizer, 8, false, NEVER);
        for threads in [1, 3] {
            let exec = Exec { isa: Isa::best(), threads };
            assert!(trained(exec, optimizer, 8, false, None) == want, "{optimizer:?} {threads}");
        }
    }
}

#[test]
fn a_batch_deeper_than_a_cache_block_and_frozen_kernels_are_no_exception() {
    let (exec, adam) = (Exec::best(), Optimizer::adam(1e-3));
    assert!(trained(exec, adam, 520, false, None) == trained(exec, adam, 520, false, NEVER));
    assert!(trained(exec, adam, 8, true, None) == trained(exec, adam, 8, true, NEVER));
}

#[test]
fn a_loss_that_is_not_finite_changes_nothing() {
    let net = Sequential::new(2).dense(40, Activation::Linear).dense(1, Activation::Linear);
    let mut net = Network::<f32>::compile(&net, Optimizer::adam(1e-3), Loss::Mse, &[], 1).unwrap();
    let before = net.params().to_vec();
    let (x, y) = (Matrix::from_rows(&[[f32::NAN, 1.0]]), Matrix::from_rows(&[[1.0_f32]]));
    let mut session = Session::new(&net, 1).with_tiled_kernels_of(1);
    let loss =
        session.train_on_batch(Exec::best(), &mut net, &Data::new(x.view(), Targets::Values(y.view())));
    assert!(loss.is_nan() && session.optimizer().steps() == 0);
    assert!(net.params() == before);
}
