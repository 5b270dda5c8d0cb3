//! The networks that are measured, and our own epochs and predictions.

use planish_nn::{Activation, Loss, Sequential, Targets};
use planish_optim::Optimizer;
use planish_tensor::gemm::is_worth_threads;
use planish_tensor::rng::{Purpose, Stream};
use planish_tensor::{Exec, Matrix};
use planish_train::{Data, Gather, Network, Session};

/// A loss by the name that the peers know.
#[derive(Clone, Copy, PartialEq)]
pub enum Kind {
    Bce,
    Mse,
    Ce,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Kind::Bce => "bce",
            Kind::Mse => "mse",
            Kind::Ce => "ce",
        }
    }

    fn loss(self) -> Loss {
        match self {
            Kind::Bce => Loss::BinaryCrossentropy,
            Kind::Mse => Loss::Mse,
            Kind::Ce => Loss::CategoricalCrossentropy,
        }
    }

    fn last(self) -> Activation {
        match self {
            Kind::Bce => Activation::Sigmoid,
            Kind::Mse => Activation::Linear,
            Kind::Ce => Activation::Softmax,
        }
    }
}

/// As `10-10-10-1`.
pub fn name(widths: &[usize]) -> String {
    widths.iter().map(usize::to_string).collect::<Vec<_>>().join("-")
}

/// The widths with blanks between them, as the peers read them.
pub fn words(widths: &[usize]) -> String {
    widths.iter().map(usize::to_string).collect::<Vec<_>>().join(" ")
}

/// Multiply-adds of the forward pass for a row.
pub fn forward_multiply_adds(widths: &[usize]) -> usize {
    widths.windows(2).map(|w| w[0] * w[1]).sum()
}

/// Multiply-adds of a training step for a row: forward, gradient by the kernel, gradient by the input (not for the first layer).
pub fn step_multiply_adds(widths: &[usize]) -> usize {
    3 * forward_multiply_adds(widths) - widths[0] * widths[1]
}

/// A network of dense layers with relu between them.
pub fn network(widths: &[usize], kind: Kind) -> Network<f32> {
    let hidden = widths[1..widths.len() - 1]
        .iter()
        .fold(Sequential::new(widths[0]), |n, &w| n.dense(w, Activation::Relu));
    let net = hidden.dense(widths[widths.len() - 1], kind.last());
    Network::compile(&net, Optimizer::adam(1e-3), kind.loss(), &[], 0).expect("the network is valid")
}

/// Made-up rows.
pub fn rows(rows: usize, inputs: usize) -> Matrix<f32> {
    let random = Stream::new(0, Purpose::Sample, 0);
    Matrix::from_fn(rows, inputs, |i, j| random.uniform((i * inputs + j) as u64) as f32 - 0.5)
}

/// Our training run: an epoch is a shuffle, and for each batch the gathering of its rows and a step.
pub struct Training {
    exec: Exec,
    net: Network<f32>,
    session: Session<f32>,
    batch: usize,
    order: Vec<u32>,
    epoch: u32,
    x: Matrix<f32>,
    values: Matrix<f32>,
    classes: Vec<u32>,
    gather: Gather<f32>,
    kind: Kind,
}

impl Training {
    /// A new network and its data; `rows` must be a multiple of `batch`.
    pub fn new(exec: Exec, widths: &[usize], kind: Kind, batch: usize, rows: usize) -> Training {
        let net = network(widths, kind);
        // As `fit` does.
        let small = !is_worth_threads(net.plan().largest_product(batch));
        let count = if kind == Kind::Ce { widths[widths.len() - 1] } else { 2 };
        let classes: Vec<u32> = (0..rows).map(|i| (i % count) as u32).collect();
        let x = self::rows(rows, widths[0]);
        let values = Matrix::from_fn(rows, 1, |i, _| classes[i] as f32);
        let gather = Gather::new(&data(kind, &x, &values, &classes), batch);
        Training {
            exec: if small { Exec { threads: 1, ..exec } } else { exec },
            session: Session::new(&net, batch),
            net,
            batch,
            order: (0..rows as u32).collect(),
            epoch: 0,
            x,
            values,
            classes,
            gather,
            kind,
        }
    }

    /// The threads that it uses.
    pub fn exec(&self) -> Exec {
        self.exec
    }

    /// One epoch.
    pub fn epoch(&mut self) {
        let Training { exec, net, session, batch, order, x, values, classes, gather, kind, .. } = self;
        Stream::new(0, Purpose::Shuffle, self.epoch).shuffle(order);
        self.epoch += 1;
        let data = data(*kind, x, values, classes);
        for rows in order.chunks_exact(*batch) {
            std::hint::black_box(session.train_on_batch(*exec, net, &gather.rows(&data, rows)));
        }
    }
}

/// The rows with the targets that the loss takes.
fn data<'a>(kind: Kind, x: &'a Matrix<f32>, values: &'a Matrix<f32>, classes: &'a [u32]) -> Data<'a, f32> {
    match kind {
        Kind::Ce => Data::new(x.view(), Targets::Classes(classes)),
        _ => Data::new(x.view(), Targets::Values(values.view())),
    }
}
