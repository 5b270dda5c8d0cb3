//! The learning-rate range test on a copy of a network: a short run in which the rate grows from step to step.

use crate::data::{Data, Gather};
use crate::error::TrainError;
use crate::network::Network;
use crate::session::Session;
use planish_nn::Element;
use planish_optim::RangeTest;
use planish_tensor::Exec;
use planish_tensor::rng::{Purpose, Stream};

impl<T: Element> Network<T> {
    /// The (learning rate, loss) of each step of a range test on these rows, up to the first loss that is not finite; the
    /// network itself is left alone. [`planish_optim::suggest_lr`] reads the curve.
    ///
    /// # Errors
    /// Settings outside their range, data that do not fit, no rows.
    ///
    /// # Panics
    /// If a row number lies outside the data.
    pub fn lr_range_test(
        &self,
        exec: Exec,
        data: &Data<'_, T>,
        rows: &[u32],
        batch_size: usize,
        test: &RangeTest,
    ) -> Result<Vec<(f64, f64)>, TrainError> {
        test.check()?;
        data.check(&self.plan, self.loss)?;
        if rows.is_empty() || batch_size == 0 {
            return Err(TrainError::Data { what: "there are no rows to train on".to_owned() });
        }
        let size = batch_size.min(rows.len());
        let (mut net, mut order) = (self.clone(), rows.to_vec());
        let (mut session, mut gather) = (Session::new(&net, size), Gather::new(data, size));
        let mut curve = Vec::new();
        exec.install(|| {
            let mut at = order.len();
            let mut epoch = 0;
            for step in 0..test.steps {
                if at >= order.len() {
                    epoch += 1;
                    at = 0;
                    Stream::new(net.seed, Purpose::Shuffle, epoch).shuffle(&mut order);
                }
                let batch = gather.rows(data, &order[at..(at + size).min(rows.len())]);
                at += size;
                let lr = test.lr(step);
                let loss = session.step(exec, &mut net, &batch, lr / self.optimizer.lr(), None);
                curve.push((lr, loss));
                if !loss.is_finite() {
                    break;
                }
            }
        });
        Ok(curve)
    }
}
