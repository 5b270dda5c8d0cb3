//! What fits are like: how good, how constrained, how weighted.

use crate::tables::Made;
use planish_tensor::Exec;
use planish_tensor::rng::{Purpose, Stream};
use planish_trees::{Column, Data, Fitted, Labels, Loss, MISSING, Rows, Settings, fit};

fn predict(fitted: &Fitted, columns: &[Column<'_>]) -> Vec<f64> {
    fitted.forest.predict(Exec::best(), &fitted.binner.bin(Exec::best(), columns).unwrap())
}

fn r2(y: &[f64], predicted: &[f64]) -> f64 {
    let mean = y.iter().sum::<f64>() / y.len() as f64;
    let sum = |f: &dyn Fn(usize) -> f64| (0..y.len()).map(|i| f(i) * f(i)).sum::<f64>();
    1.0 - sum(&|i| y[i] - predicted[i]) / sum(&|i| y[i] - mean)
}

#[test]
fn a_function_of_numbers_missing_values_and_levels_is_found() {
    let made = Made::new(4000, 20);
    let new = Made { ..Made::new(6000, 20) };
    let (train, held) = made.split();
    let columns = made.columns();
    let data = Data::new(&columns, Labels::Numbers(&made.y));
    let fitted =
        fit(Exec::best(), &data, &Rows { train: &train, held: &held }, &Settings::default(), &mut (), None)
            .unwrap();
    let predicted = predict(&fitted, &new.columns());
    // Rows from 4000 on were not seen.
    let score = r2(&new.y[4000..], &predicted[4000..]);
    assert!(score > 0.985, "{score}");
    assert!(fitted.history.held_rows == held.len() && fitted.history.best_round > 0);
    assert_eq!(fitted.forest.rounds(), (1.1 * fitted.history.best_round as f64).round() as usize);
    let gains = fitted.forest.gain_by_column(&fitted.binner);
    assert!(gains.iter().all(|&g| g > 0.0) && gains[3] > gains[2], "{gains:?}");
}

#[test]
fn held_scores_are_those_of_the_best_round() {
    let made = Made::new(1000, 5);
    let (train, held) = made.split();
    let columns = made.columns();
    let data = Data::new(&columns, Labels::Numbers(&made.y));
    let rows = Rows { train: &train, held: &held };
    let settings = Settings { refit: false, ..Settings::default() };
    let fitted = fit(Exec::best(), &data, &rows, &settings, &mut (), None).unwrap();
    let all = predict(&fitted, &columns);
    let of_held: Vec<f64> = held.iter().map(|&r| all[r as usize]).collect();
    assert_eq!(of_held, fitted.held_scores);
    let half_square = |d: f64| 0.5 * d * d;
    let loss = held.iter().zip(&of_held).map(|(&r, s)| half_square(made.y[r as usize] - s)).sum::<f64>()
        / held.len() as f64;
    let told = fitted.history.search[fitted.history.best_round - 1].held_loss.unwrap();
    assert!((told / loss - 1.0).abs() < 1e-12);
}

/// 3,000 levels with effects of their own: a mean of the target by level finds them where sets of levels cannot.
#[test]
fn many_levels_are_learnt_by_their_means() {
    let stream = |step| Stream::new(5, Purpose::Sample, step);
    let (level, effect, noise) = (stream(0), stream(1), stream(2));
    let codes: Vec<u32> = (0..40_000).map(|i| level.below(i, 3000) as u32).collect();
    let y: Vec<f64> = (0..40_000_u64)
        .map(|i| effect.normal(u64::from(codes[i as usize])) + 0.2 * noise.normal(i))
        .collect();
    let (train, held): (Vec<u32>, Vec<u32>) = (0..20_000_u32).partition(|r| r % 5 != 0);
    let columns = [Column::Codes { codes: &codes, levels: 3000 }];
    let data = Data::new(&columns, Labels::Numbers(&y));
    let fitted =
        fit(Exec::best(), &data, &Rows { train: &train, held: &held }, &Settings::default(), &mut (), None)
            .unwrap();
    let score = r2(&y[20_000..], &predict(&fitted, &columns)[20_000..]);
    assert!(score > 0.92, "{score}");
    // A level that was not seen gets the mean of all.
    let unknown = predict(&fitted, &[Column::Codes { codes: &[3000, MISSING], levels: 3000 }]);
    assert!(unknown.iter().all(|u| u.abs() < 0.5), "{unknown:?}");
}

#[test]
fn a_monotone_column_is_monotone_everywhere() {
    let made = Made::new(3000, 5);
    let columns = made.columns();
    let data = Data::new(&columns, Labels::Numbers(&made.y));
    let train: Vec<u32> = (0..3000).collect();
    for direction in [1, -1] {
        for loss in [Loss::Squared, Loss::Absolute] {
            let settings = Settings {
                loss,
                rounds: 60,
                monotone: vec![0, direction, direction, 0],
                ..Settings::default()
            };
            let fitted =
                fit(Exec::best(), &data, &Rows { train: &train, held: &[] }, &settings, &mut (), None)
                    .unwrap();
            for at in 0..20 {
                let grid: Vec<f64> = (0..200).map(|i| f64::from(i) / 180.0).collect();
                let same = |x: f64| vec![x; 200];
                let (a, c, code) =
                    (same(made.numbers[0][at]), same(made.numbers[2][at]), vec![made.codes[at]; 200]);
                let columns = [
                    Column::Numbers(&a),
                    Column::Numbers(&grid),
                    Column::Numbers(&c),
                    Column::Codes { codes: &code, levels: 5 },
                ];
                let out = predict(&fitted, &columns);
                assert!(
                    out.windows(2).all(|w| f64::from(direction) * (w[1] - w[0]) >= 0.0),
                    "{direction} {loss:?}"
                );
            }
        }
    }
}

#[test]
fn a_weight_counts_as_so_many_rows_and_zero_as_none() {
    let x: Vec<f64> = (0..400).map(|i| f64::from(i % 100)).collect();
    let y: Vec<f64> = (0..400).map(|i| if i < 100 { f64::from(i % 100) } else { 1000.0 }).collect();
    let weights: Vec<f64> = (0..400).map(|i| f64::from(u8::from(i < 100))).collect();
    let columns = [Column::Numbers(&x)];
    let train: Vec<u32> = (0..400).collect();
    let settings = Settings { rounds: 300, subsample: 1.0, ..Settings::default() };
    let data = Data { weights: Some(&weights), ..Data::new(&columns, Labels::Numbers(&y)) };
    let fitted =
        fit(Exec::best(), &data, &Rows { train: &train, held: &[] }, &settings, &mut (), None).unwrap();
    let out = predict(&fitted, &columns);
    assert!((0..100).all(|i| (out[i] - y[i]).abs() < 10.0), "{out:?}");
}

#[test]
fn an_offset_is_where_scores_begin() {
    let made = Made::new(2000, 5);
    let columns = made.columns();
    let train: Vec<u32> = (0..2000).collect();
    let offset: Vec<f64> = made.y.iter().map(|y| y - 1.0).collect();
    let data = Data { offset: Some(&offset), ..Data::new(&columns, Labels::Numbers(&made.y)) };
    let settings = Settings { rounds: 20, ..Settings::default() };
    let fitted =
        fit(Exec::best(), &data, &Rows { train: &train, held: &[] }, &settings, &mut (), None).unwrap();
    assert!((fitted.forest.base[0] - 1.0).abs() < 1e-12);
    assert!(fitted.history.search.last().unwrap().loss < 1e-20);
}
