//! An exponential moving average of the weights, as Keras's `use_ema` keeps it.
//!
//! After each step a ← momentum·a + (1 − momentum)·w; the first step sets a = w. The averaged weights often predict better
//! than the last ones (Polyak and Juditsky, "Acceleration of stochastic approximation by averaging", 1992). Every
//! `overwrite_every` steps the weights themselves are replaced by the average.

use crate::error::OptimError;
use crate::settings::{fraction, need};
use planish_tensor::simd::{LaneKernel, LaneMath};
use planish_tensor::{AlignedVec, Isa, Scalar};
use serde::{Deserialize, Serialize};

/// Settings of an [`Ema`].
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct EmaSettings {
    /// How much of the average is kept at a step.
    pub momentum: f64,
    /// Steps between overwriting the weights with the average; never if absent.
    pub overwrite_every: Option<u64>,
}

impl Default for EmaSettings {
    /// Keras's: momentum 0.99, never overwritten.
    fn default() -> Self {
        EmaSettings { momentum: 0.99, overwrite_every: None }
    }
}

impl EmaSettings {
    /// Checks the settings.
    ///
    /// # Errors
    /// A momentum outside [0, 1), or overwriting every 0 steps.
    pub fn check(&self) -> Result<(), OptimError> {
        fraction("the average's momentum", self.momentum)?;
        let every = self.overwrite_every.unwrap_or(1);
        need("overwrite_every", every as f64, every > 0, "it must be at least 1")
    }
}

/// A moving average of an arena of weights.
#[derive(Clone, Debug)]
pub struct Ema<T: Scalar> {
    settings: EmaSettings,
    steps: u64,
    average: AlignedVec<T>,
}

impl<T: Scalar> Ema<T> {
    /// An average of `len` weights, before the first step.
    pub fn new(settings: &EmaSettings, len: usize) -> Self {
        Ema { settings: *settings, steps: 0, average: AlignedVec::zeros(len) }
    }

    /// The average that had taken these steps.
    pub fn from_saved(settings: &EmaSettings, steps: u64, average: &[T]) -> Self {
        Ema { settings: *settings, steps, average: AlignedVec::from_slice(average) }
    }

    /// Steps taken.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// The average; zeros before the first step.
    pub fn average(&self) -> &[T] {
        &self.average
    }

    /// The average, to be set to a saved one or exchanged with the weights.
    pub fn average_mut(&mut self) -> &mut [T] {
        &mut self.average
    }

    /// Sets the number of steps taken to a saved one.
    pub fn set_steps(&mut self, steps: u64) {
        self.steps = steps;
    }

    /// Takes in the weights after a step, in one pass, and overwrites them with the average when that is due.
    ///
    /// # Panics
    /// If there are more or fewer weights than the average has.
    pub fn update(&mut self, isa: Isa, w: &mut [T]) {
        assert_eq!(w.len(), self.average.len(), "weights and their average differ in length");
        self.steps += 1;
        let momentum = if self.steps == 1 { 0.0 } else { self.settings.momentum };
        let overwrite = self.settings.overwrite_every.is_some_and(|every| self.steps.is_multiple_of(every));
        T::dispatch(isa, Average { momentum, overwrite, average: &mut self.average, w });
    }
}

struct Average<'a, T> {
    momentum: f64,
    overwrite: bool,
    average: &'a mut [T],
    w: &'a mut [T],
}

impl<T: Scalar> LaneKernel<T> for Average<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: LaneMath<T>>(self, s: S) {
        let Average { momentum, overwrite, average, w } = self;
        let (rest, momentum) = (s.splat(T::from_f64(1.0 - momentum)), s.splat(T::from_f64(momentum)));
        for i in (0..w.len()).step_by(T::LANES) {
            let a = s.fma(momentum, s.load_at(average, i), s.mul(rest, s.load_at(w, i)));
            s.store_at(average, i, a);
            if overwrite {
                s.store_at(w, i, a);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_average_starts_at_the_weights_and_overwrites_them_in_time() {
        let settings = EmaSettings { momentum: 0.5, overwrite_every: Some(2) };
        let mut ema = Ema::new(&settings, 2);
        let mut w = [4.0_f32, -8.0];
        ema.update(Isa::best(), &mut w);
        assert_eq!((ema.average(), w), (&[4.0, -8.0][..], [4.0, -8.0]));
        w = [0.0, 0.0];
        ema.update(Isa::best(), &mut w);
        assert_eq!((ema.average(), w, ema.steps()), (&[2.0, -4.0][..], [2.0, -4.0], 2));
        let mut again = Ema::from_saved(&settings, ema.steps(), ema.average());
        let mut v = w;
        ema.update(Isa::best(), &mut w);
        again.update(Isa::best(), &mut v);
        assert_eq!(ema.average(), again.average());
    }

    #[test]
    fn averages_have_the_same_bits_on_every_instruction_set() {
        let run = |isa| {
            let mut w: Vec<f32> = (0..101).map(|i| i as f32 * 0.37).collect();
            let mut ema = Ema::new(&EmaSettings::default(), 101);
            for _ in 0..5 {
                ema.update(isa, &mut w);
                w.iter_mut().for_each(|x| *x *= 0.9);
            }
            ema.average().iter().map(|x| x.to_bits()).collect::<Vec<_>>()
        };
        for isa in Isa::all_exact() {
            assert_eq!(run(isa), run(Isa::SCALAR));
        }
    }

    #[test]
    fn settings_outside_their_range_are_refused() {
        assert!(EmaSettings::default().check().is_ok());
        let message = |s: EmaSettings| s.check().unwrap_err().to_string();
        assert_eq!(
            message(EmaSettings { momentum: 1.0, overwrite_every: None }),
            "the average's momentum is 1: it must lie in [0, 1)"
        );
        assert_eq!(
            message(EmaSettings { momentum: 0.9, overwrite_every: Some(0) }),
            "overwrite_every is 0: it must be at least 1"
        );
    }
}
