//! Data and settings that cannot be used, and such as look as if they could not.

use planish_tensor::Exec;
use planish_trees::{Column, Data, Fitted, Labels, Loss, MISSING, Rows, Settings, Stop, TreesError, fit};

fn fit_numbers(columns: &[Column<'_>], y: &[f64], settings: &Settings) -> Result<Fitted, TreesError> {
    let train: Vec<u32> = (0..y.len() as u32).collect();
    fit(
        Exec::best(),
        &Data::new(columns, Labels::Numbers(y)),
        &Rows { train: &train, held: &[] },
        settings,
        &mut (),
        None,
    )
}

fn message(result: Result<Fitted, TreesError>) -> String {
    result.unwrap_err().to_string()
}

#[test]
fn settings_out_of_range_are_named() {
    let x = [1.0, 2.0];
    let with = |settings| message(fit_numbers(&[Column::Numbers(&x)], &[1.0, 2.0], &settings));
    let s = Settings::default;
    assert_eq!(with(Settings { leaves: 1, ..s() }), "leaves is 1: it must be from 2 to 4096");
    assert_eq!(
        with(Settings { rounds: 1_000_001, ..s() }),
        "rounds is 1000001: it must be at most 1,000,000"
    );
    assert_eq!(with(Settings { bins: 256, ..s() }), "bins is 256: it must be from 2 to 255");
    assert_eq!(
        with(Settings { learning_rate: f64::NAN, ..s() }),
        "learning_rate is NaN: it must be above 0 and at most 1"
    );
    assert_eq!(with(Settings { subsample: 0.0, ..s() }), "subsample is 0: it must be above 0 and at most 1");
    assert_eq!(with(Settings { l2: -1.0, ..s() }), "l2 is -1: it must not be negative");
    assert_eq!(
        with(Settings { loss: Loss::Quantile { level: 1.0 }, ..s() }),
        "quantile is 1: it must lie between 0 and 1"
    );
    assert_eq!(
        with(Settings { monotone: vec![1, 0], ..s() }),
        "monotone is 2: it must have one entry a column"
    );
}

#[test]
fn data_that_cannot_be_used_are_named() {
    let settings = Settings::default();
    let x = [1.0, 2.0, 3.0];
    let columns = [Column::Numbers(&x)];
    assert_eq!(
        message(fit_numbers(&columns, &[], &settings)),
        "columns, labels, weights and offsets have different numbers of rows"
    );
    assert_eq!(message(fit_numbers(&[], &[], &settings)), "there is no row to learn from");
    assert_eq!(
        message(fit_numbers(&columns, &[1.0, f64::NAN, 0.0], &settings)),
        "a label is not finite, or not one of the classes"
    );
    let rows = Rows { train: &[0, 1, 2], held: &[] };
    let weighted = |weights: &[f64]| {
        let data = Data { weights: Some(weights), ..Data::new(&columns, Labels::Numbers(&x)) };
        message(fit(Exec::best(), &data, &rows, &settings, &mut (), None))
    };
    assert_eq!(weighted(&[0.0; 3]), "all weights are zero");
    assert_eq!(weighted(&[1.0, -1.0, 1.0]), "a weight is negative or not finite");
    let loss = |loss, y: &[f64]| message(fit_numbers(&columns, y, &Settings { loss, ..Settings::default() }));
    assert_eq!(loss(Loss::Poisson, &[1.0, -2.0, 0.0]), "the loss poisson is for numbers from 0 on");
    assert_eq!(loss(Loss::Gamma, &[1.0, 2.0, 0.0]), "the loss gamma is for numbers above 0");
    assert_eq!(loss(Loss::LogLoss, &x), "the loss log_loss is not one for such labels");
}

#[test]
fn one_row_a_constant_target_and_columns_without_values_give_the_mean() {
    let settings = Settings::default();
    let one = fit_numbers(&[Column::Numbers(&[5.0])], &[2.5], &settings).unwrap();
    assert_eq!((one.forest.base[0], one.forest.leaves.iter().sum::<f64>()), (2.5, 0.0));
    let x: Vec<f64> = (0..100).map(f64::from).collect();
    let constant = fit_numbers(&[Column::Numbers(&x)], &[7.0; 100], &settings).unwrap();
    let predicted = constant
        .forest
        .predict(Exec::best(), &constant.binner.bin(Exec::best(), &[Column::Numbers(&x)]).unwrap());
    assert_eq!(predicted, [7.0; 100]);
    let (numbers, codes) = ([f64::NAN; 100], [MISSING; 100]);
    let columns = [Column::Numbers(&numbers), Column::Codes { codes: &codes, levels: 0 }];
    let nothing =
        fit_numbers(&columns, &x, &Settings { subsample: 1.0, colsample: 1.0, ..settings }).unwrap();
    assert_eq!(
        (nothing.history.stop, nothing.forest.trees(), nothing.forest.base[0]),
        (Stop::NoSplit, 0, 49.5)
    );
}

#[test]
fn infinite_values_are_the_largest_and_the_smallest() {
    let x: Vec<f64> = (0..300)
        .map(|i| match i % 3 {
            0 => f64::NEG_INFINITY,
            1 => f64::from(i),
            _ => f64::INFINITY,
        })
        .collect();
    let y: Vec<f64> = (0..300).map(|i| f64::from(i % 3)).collect();
    let settings = Settings { rounds: 200, ..Settings::default() };
    let fitted = fit_numbers(&[Column::Numbers(&x)], &y, &settings).unwrap();
    let new = [f64::NEG_INFINITY, 100.0, f64::INFINITY];
    let out = fitted
        .forest
        .predict(Exec::best(), &fitted.binner.bin(Exec::best(), &[Column::Numbers(&new)]).unwrap());
    out.iter().zip([0.0, 1.0, 2.0]).for_each(|(got, want)| assert!((got - want).abs() < 0.01, "{out:?}"));
}

#[test]
fn a_hundred_thousand_columns_and_a_million_levels_are_fitted() {
    let rows = 60;
    let x: Vec<Vec<f64>> =
        (0..100_000).map(|c| (0..rows).map(|r| f64::from((r * 7 + c) % 61)).collect()).collect();
    let y: Vec<f64> = (0..rows).map(f64::from).collect();
    let columns: Vec<Column<'_>> = x.iter().map(|x| Column::Numbers(x)).collect();
    let settings = Settings { rounds: 2, ..Settings::default() };
    assert_eq!(fit_numbers(&columns, &y, &settings).unwrap().forest.rounds(), 2);
    let codes: Vec<u32> = (0..rows as u32).map(|r| r * 16_000).collect();
    let levels = [Column::Codes { codes: &codes, levels: 1_000_000 }];
    let fitted = fit_numbers(&levels, &y, &settings).unwrap();
    fitted.binner.validate().unwrap();
    fitted.forest.validate(&fitted.binner).unwrap();
}
