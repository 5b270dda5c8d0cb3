//! Factors on the weights of training rows by class, for classes that are rare or dear.

use crate::data::Data;
use crate::error::TrainError;
use planish_nn::{Element, Loss, Targets};
use serde::{Deserialize, Serialize};

/// How much a row of each class counts. Held-out rows are not weighted, as in Keras.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClassWeights {
    /// Every class alike.
    #[default]
    None,
    /// n/(k·n_c) for a class with n_c of the n training rows and k classes (scikit-learn's `balanced`).
    Balanced,
    /// A factor a class.
    Factors(Vec<f64>),
}

impl ClassWeights {
    /// Those without numbers of their own, each with its name and a line about it.
    pub const CHOICES: &'static [(&'static str, ClassWeights, &'static str)] = &[
        ("none", ClassWeights::None, "Every row alike"),
        ("balanced", ClassWeights::Balanced, "Every class alike"),
    ];

    /// The weights of all rows, if they are changed; `rows` are those that are trained on.
    pub(crate) fn apply<T: Element>(
        &self,
        data: &Data<'_, T>,
        loss: Loss,
        rows: &[u32],
    ) -> Result<Option<Vec<T>>, TrainError> {
        if *self == ClassWeights::None {
            return Ok(None);
        }
        let class = |row: usize| match data.y {
            Targets::Classes(c) => c[row] as usize,
            Targets::Values(y) => usize::from(y.at(row, 0).to_f64() > 0.5),
        };
        if let Targets::Values(y) = data.y
            && (y.cols() != 1
                || !(loss.is_binary()
                    || loss.is_margin()
                    || (0..y.rows()).all(|i| matches!(y.at(i, 0).to_f64(), 0.0 | 1.0))))
        {
            return Err(TrainError::Data { what: "class weights need targets that are classes".to_owned() });
        }
        let classes = (0..data.rows()).map(class).max().map_or(0, |c| c + 1).max(2);
        let factors = self.factors(classes, rows.iter().map(|&r| class(r as usize)))?;
        let old = |row: usize| data.weights.map_or(1.0, |w| w[row].to_f64());
        Ok(Some((0..data.rows()).map(|row| T::from_f64(old(row) * factors[class(row)])).collect()))
    }

    /// The factor of each class; `training` gives the class of each training row.
    ///
    /// # Errors
    /// Factors that are negative, or too few of them.
    pub fn factors(
        &self,
        classes: usize,
        training: impl Iterator<Item = usize>,
    ) -> Result<Vec<f64>, TrainError> {
        match self {
            ClassWeights::Factors(factors) => {
                let wrong = factors.iter().position(|f| !(*f >= 0.0 && f.is_finite()));
                match wrong {
                    Some(i) => Err(TrainError::Setting {
                        setting: "a class weight",
                        value: factors[i],
                        needs: "it must not be negative",
                    }),
                    None if factors.len() < classes => Err(TrainError::Data {
                        what: format!("{} class weights for {classes} classes", factors.len()),
                    }),
                    None => Ok(factors.clone()),
                }
            }
            ClassWeights::None | ClassWeights::Balanced => {
                let mut counts = vec![0_u64; classes];
                training.for_each(|c| counts[c] += 1);
                let total = counts.iter().sum::<u64>() as f64;
                let present = counts.iter().filter(|&&n| n > 0).count() as f64;
                // A class that no training row has is weighted by nothing.
                Ok(counts.iter().map(|&n| if n == 0 { 1.0 } else { total / (present * n as f64) }).collect())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use planish_tensor::Matrix;

    #[test]
    fn balanced_weights_are_scikit_learns() {
        let classes = [0_u32, 0, 0, 1, 2, 2];
        let x = Matrix::<f64>::zeros(6, 1);
        let data = Data { weights: Some(&[2.0; 6]), ..Data::new(x.view(), Targets::Classes(&classes)) };
        let rows: Vec<u32> = (0..6).collect();
        let apply = |w: ClassWeights| w.apply(&data, Loss::CategoricalCrossentropy, &rows);
        // compute_class_weight("balanced", classes=[0, 1, 2], y=y) = [2/3, 2, 1]
        let want = [2.0 / 3.0, 2.0, 1.0].map(|f| 2.0 * f);
        let got = apply(ClassWeights::Balanced).unwrap().unwrap();
        assert!(got.iter().zip(classes).all(|(g, c)| (g - want[c as usize]).abs() < 1e-15), "{got:?}");
        assert_eq!(apply(ClassWeights::None), Ok(None));
        assert_eq!(apply(ClassWeights::Factors(vec![1.0, 0.5, 3.0])).unwrap().unwrap()[5], 6.0);
        let message = |w| apply(w).unwrap_err().to_string();
        assert!(message(ClassWeights::Factors(vec![1.0])).contains("1 class weights for 3 classes"));
        assert!(message(ClassWeights::Factors(vec![1.0, -1.0, 1.0])).contains("a class weight is -1"));
        let halves = Matrix::<f64>::from_fn(6, 1, |i, _| i as f64 / 2.0);
        let numbers = Data::new(x.view(), Targets::Values(halves.view()));
        assert!(ClassWeights::Balanced.apply(&numbers, Loss::Mse, &rows).is_err());
    }
}
