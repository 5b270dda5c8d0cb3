//! From the architecture to the stages of a pass: names, widths, and the tensors that each layer wants.
//!
//! The list is walked twice, once to learn which tensors there are and once, when they have places, to make the stages.

use crate::error::NnError;
use crate::init::Initializer;
use crate::layers::context::Value;
use crate::layers::{
    BatchNorm, BatchNormStep, Dense, DenseOutput, DenseStep, DropoutStep, Inputs, JoinStep, LayerNormStep,
    ParametricStep, ScaleStep, Table,
};
use crate::layout::{Kind, Request};
use crate::rates::{Rates, check};
use crate::sequential::{Layer, Residual, Sequential};
use crate::stage::{Op, Stage};
use std::ops::Range;

/// The walk over the layers.
#[derive(Default)]
pub(crate) struct Builder {
    pub(crate) params: Vec<Request>,
    pub(crate) state: Vec<Request>,
    pub(crate) stages: Vec<Stage>,
    /// Residual blocks so far.
    pub(crate) slots: usize,
    /// Places of the parameters and of the state, on the second walk.
    places: [Vec<Range<usize>>; 2],
    names: Vec<String>,
    counts: Vec<(&'static str, usize)>,
    dropouts: u64,
    value: Option<Value>,
    width: usize,
}

impl Builder {
    /// Walks the network, with the places of its tensors once they are known.
    pub(crate) fn walk(net: &Sequential, places: [Vec<Range<usize>>; 2]) -> Result<Builder, NnError> {
        let mut b = Builder { places, ..Builder::default() };
        if net.layers.is_empty() {
            return Err(NnError::NoLayers);
        }
        b.inputs(&net.inputs)?;
        b.layers(&net.layers)?;
        // The loss makes dz of a last dense layer.
        b.give_dz();
        Ok(b)
    }

    fn layers(&mut self, layers: &[Layer]) -> Result<(), NnError> {
        layers.iter().try_for_each(|layer| self.layer(layer))
    }

    fn layer(&mut self, layer: &Layer) -> Result<(), NnError> {
        let name = self.name(layer.kind(), layer.name())?;
        let units = self.width;
        match layer {
            Layer::Dense(dense) => self.dense(&name, dense)?,
            Layer::Dropout(l) => {
                check(&name, "rate", l.rate, (0.0..1.0).contains(&l.rate), "it must lie in [0, 1)")?;
                self.push(Op::Dropout(DropoutStep { rate: l.rate, number: self.dropouts }), units);
                self.dropouts += 1;
            }
            Layer::BatchNorm(l) => self.batch_norm(&name, l)?,
            Layer::LayerNorm(l) => {
                check(&name, "epsilon", l.epsilon, l.epsilon > 0.0, "it must be positive")?;
                let (gamma, beta) = self.gamma_and_beta(&name, l.rates)?;
                self.push(Op::LayerNorm(LayerNormStep { epsilon: l.epsilon, gamma, beta }), units);
            }
            Layer::Residual(block) => self.residual(name, block)?,
            Layer::Scale(l) => {
                let weight = self.vector(Kind::Scales, &name, "scale", Initializer::Ones, l.rates)?;
                self.push(Op::Scale(ScaleStep { weight }), units);
            }
            Layer::Parametric(l) => {
                let alpha = self.vector(Kind::Scales, &name, "alpha", Initializer::Ones, l.rates)?;
                self.push(Op::Parametric(ParametricStep { activation: l.activation, alpha }), units);
            }
        }
        Ok(())
    }

    fn inputs(&mut self, inputs: &Inputs) -> Result<(), NnError> {
        let mut units = inputs.numbers;
        let mut tables = Vec::new();
        for e in &inputs.embeddings {
            let name = self.name("embedding", e.name.as_deref())?;
            if e.dim == 0 || e.categories == 0 {
                return Err(NnError::ZeroUnits { layer: name });
            }
            units = units.checked_add(e.dim).ok_or(NnError::TooLarge)?;
            let range = self.param(Request {
                kind: Kind::Embeddings,
                name: format!("{name}/embeddings"),
                shape: vec![e.categories, e.dim],
                fans: (e.categories, e.dim),
                initializer: e.initializer,
                rates: checked(&name, e.rates)?,
            });
            tables.push(Table { categories: e.categories, dim: e.dim, range });
        }
        if units == 0 {
            return Err(NnError::ZeroUnits { layer: "inputs".to_owned() });
        }
        self.width = inputs.numbers;
        self.value = Some(Value::X);
        if !tables.is_empty() {
            self.push(Op::Join(JoinStep { numbers: inputs.numbers, tables, units }), units);
        }
        Ok(())
    }

    fn dense(&mut self, name: &str, dense: &Dense) -> Result<(), NnError> {
        let (inputs, units) = (self.width, dense.units);
        if units == 0 {
            return Err(NnError::ZeroUnits { layer: name.to_owned() });
        }
        if let Some(r) = dense.kernel_regularizer {
            check(name, "l1", r.l1, r.l1 >= 0.0, "it must not be negative")?;
            check(name, "l2", r.l2, r.l2 >= 0.0, "it must not be negative")?;
        }
        if let Some(bound) = dense.kernel_max_norm {
            check(name, "kernel_max_norm", bound, bound > 0.0, "it must be positive")?;
        }
        let kernel = self.param(Request {
            kind: Kind::Kernels,
            name: format!("{name}/kernel"),
            shape: vec![inputs, units],
            fans: (inputs, units),
            initializer: dense.kernel_initializer,
            rates: checked(name, dense.kernel_rates)?,
        });
        self.width = units;
        let bias = if dense.use_bias {
            Some(self.vector(Kind::Biases, name, "bias", Initializer::Zeros, dense.bias_rates)?)
        } else {
            None
        };
        self.width = inputs;
        let below = self.give_dz();
        self.push(
            Op::Dense(DenseStep {
                inputs,
                kernel,
                output: DenseOutput { units, activation: dense.activation, bias },
                regularizer: dense.kernel_regularizer,
                max_norm: dense.kernel_max_norm,
                below,
                is_given_dz: false,
            }),
            units,
        );
        Ok(())
    }

    /// Where the last stage so far is a dense layer, lets what comes above make its dz, and returns its output.
    fn give_dz(&mut self) -> Option<DenseOutput> {
        let Op::Dense(dense) = &mut self.stages.last_mut()?.op else { return None };
        dense.is_given_dz = true;
        Some(dense.output.clone())
    }

    fn batch_norm(&mut self, name: &str, l: &BatchNorm) -> Result<(), NnError> {
        let units = self.width;
        check(name, "epsilon", l.epsilon, l.epsilon > 0.0, "it must be positive")?;
        check(name, "momentum", l.momentum, (0.0..1.0).contains(&l.momentum), "it must lie in [0, 1)")?;
        let (gamma, beta) = self.gamma_and_beta(name, l.rates)?;
        let mean =
            self.vector(Kind::Statistics, name, "moving_mean", Initializer::Zeros, Rates::default())?;
        let variance =
            self.vector(Kind::Statistics, name, "moving_variance", Initializer::Ones, Rates::default())?;
        let (momentum, epsilon) = (l.momentum, l.epsilon);
        let step = BatchNormStep { momentum, epsilon, gamma, beta, mean, variance };
        self.push(Op::BatchNorm(step), units);
        Ok(())
    }

    fn residual(&mut self, layer: String, block: &Residual) -> Result<(), NnError> {
        if block.layers.is_empty() {
            return Err(NnError::EmptyResidual { layer });
        }
        let (slot, skip, inputs) = (self.slots, self.value.unwrap_or(Value::X), self.width);
        self.slots += 1;
        self.push(Op::Begin { slot }, inputs);
        // What follows reads what the block reads.
        self.value = Some(skip);
        self.layers(&block.layers)?;
        if self.width != inputs {
            return Err(NnError::ResidualWidth { layer, inputs, outputs: self.width });
        }
        self.push(Op::End { slot, skip }, inputs);
        Ok(())
    }

    fn gamma_and_beta(&mut self, name: &str, rates: Rates) -> Result<(Range<usize>, Range<usize>), NnError> {
        let gamma = self.vector(Kind::Norms, name, "gamma", Initializer::Ones, rates)?;
        Ok((gamma, self.vector(Kind::Norms, name, "beta", Initializer::Zeros, rates)?))
    }

    /// A parameter a unit of the current width.
    fn vector(
        &mut self,
        kind: Kind,
        layer: &str,
        part: &str,
        initializer: Initializer,
        rates: Rates,
    ) -> Result<Range<usize>, NnError> {
        let rates = checked(layer, rates)?;
        let name = format!("{layer}/{part}");
        Ok(self.param(Request {
            kind,
            name,
            shape: vec![self.width],
            fans: (self.width, self.width),
            initializer,
            rates,
        }))
    }

    /// The place of a tensor; an empty one on the first walk.
    fn param(&mut self, request: Request) -> Range<usize> {
        let is_state = request.kind == Kind::Statistics;
        let list = if is_state { &mut self.state } else { &mut self.params };
        let place = self.places[usize::from(is_state)].get(list.len()).cloned().unwrap_or(0..0);
        list.push(request);
        place
    }

    fn push(&mut self, op: Op, units: usize) {
        let input = self.value.unwrap_or(Value::X);
        self.stages.push(Stage { input, inputs: self.width, units, op });
        self.value = Some(Value::Output(self.stages.len() - 1));
        self.width = units;
    }

    /// The layer's name: the given one, or its kind and how many of the kind there are so far.
    fn name(&mut self, kind: &'static str, given: Option<&str>) -> Result<String, NnError> {
        let name = match given {
            Some(name) => name.to_owned(),
            None => {
                let at = self.counts.iter().position(|c| c.0 == kind).unwrap_or_else(|| {
                    self.counts.push((kind, 0));
                    self.counts.len() - 1
                });
                self.counts[at].1 += 1;
                format!("{kind}_{}", self.counts[at].1)
            }
        };
        let fail = |needs| Err(NnError::LayerName { name: name.clone(), needs });
        if name.is_empty() || name.contains('/') {
            return fail("a name has at least one character and no slash");
        }
        if self.names.contains(&name) {
            return fail("another layer has that name");
        }
        self.names.push(name.clone());
        Ok(name)
    }
}

fn checked(layer: &str, rates: Rates) -> Result<Rates, NnError> {
    rates.check(layer).map(|()| rates)
}
