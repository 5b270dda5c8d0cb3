//! The proof that a model predicts what it did when it was saved: predictions for a few rows, kept with the model and compared before
//! it is served.
//!
//! The rows are made of what the pipeline knows of each column, so no row of anybody's table is kept. A prediction has the same bits
//! on every machine, so the comparison is exact.

use super::predictions::Predictions;
use crate::error::ModelError;
use crate::model::Model;
use planish_tabular::{CellProfile, Kind, Notes, Table};
use planish_tensor::Exec;

/// Rows of the sample.
const ROWS: usize = 4;
/// Parameters from which one row is enough: every one of them is read for it.
const LARGE: usize = 1 << 24;

impl Model {
    /// Rows that differ in every column, within what was in training: the typical row, whose cells are all missing; then each
    /// number a quarter, half and three quarters of its range, and each category another level. A model of 2²⁴ parameters or more has
    /// the typical row alone.
    pub fn sample(&self) -> Table {
        let features = self.features();
        let profiles = self.profiles();
        let rows = if self.parameters() < LARGE { ROWS } else { 1 };
        let mut table = Table::of_missing(features.clone());
        for row in 1..rows {
            for (position, column) in features.columns.iter().enumerate() {
                // A profile a feature, in their order.
                let known = profiles.get(position).map(|p| p.cells);
                match (column.kind, known) {
                    (
                        Kind::Number | Kind::Formatted(_) | Kind::Date(_),
                        Some(CellProfile::Number { range: Some([least, most]), .. }),
                    ) => {
                        let part = row as f64 / rows as f64;
                        table.push_number(position, Some(least * (1.0 - part) + most * part));
                    }
                    (Kind::Category, Some(CellProfile::Category(levels))) => {
                        let known = levels.known();
                        let level = known.get((row - 1 + position) % known.len().max(1));
                        table.push_text(position, level.map(String::as_str));
                    }
                    (Kind::Number | Kind::Category | Kind::Formatted(_) | Kind::Date(_), _) => {
                        table.push_missing(position)
                    }
                }
            }
            table.end_row(0);
        }
        table
    }

    /// The bits of the predictions for the [sample](Model::sample), row by row.
    ///
    /// # Errors
    /// A pipeline that does not take its own columns.
    pub fn prove(&self, exec: Exec) -> Result<Vec<u64>, ModelError> {
        Ok(self.predict(exec, &self.sample(), &mut Notes::default())?.bits())
    }
}

impl Predictions {
    /// The bits of every number, row by row.
    pub fn bits(&self) -> Vec<u64> {
        match self {
            Predictions::Numbers(y) => y.iter().map(|x| x.to_bits()).collect(),
            Predictions::Probabilities(p) => {
                (0..p.rows()).flat_map(|i| p.row(i)).map(|x| x.to_bits()).collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::fit::{fit_linear, fit_network};
    use crate::linear_settings::LinearSettings;
    use crate::network_settings::NetworkSettings;
    use planish_tabular::{Kind, Schema, Table, TableSource};
    use planish_tensor::{Exec, Isa};
    use planish_train::FitOptions;

    fn table() -> Table {
        let mut t =
            Table::new(Schema::new([("x", Kind::Number), ("c", Kind::Category), ("y", Kind::Number)]));
        for i in 0..40_u32 {
            t.push_number(0, Some(f64::from(i)));
            t.push_text(1, Some(["u", "v", "w"][i as usize % 3]));
            t.push_number(2, Some(f64::from(i * i % 17)));
            t.end_row(0);
        }
        t
    }

    #[test]
    fn the_sample_differs_in_every_column_and_the_proof_in_every_row() {
        let settings = NetworkSettings {
            hidden: vec![4],
            fit: FitOptions { epochs: 2, ..NetworkSettings::fit() },
            ..NetworkSettings::new("y")
        };
        let network = fit_network(Exec::best(), &table(), &settings, &mut ()).unwrap();
        let linear =
            fit_linear(Exec::best(), &mut TableSource::new(&table()), &LinearSettings::new("y")).unwrap();
        for model in [network, linear] {
            assert_eq!(model.sample().rows(), 4);
            let proof = model.prove(Exec::best()).unwrap();
            assert_eq!(proof, model.prove(Exec::serial(Isa::SCALAR)).unwrap());
            let mut different = proof.clone();
            different.sort_unstable();
            different.dedup();
            assert_eq!(different.len(), 4, "{proof:x?}");
        }
    }
}
