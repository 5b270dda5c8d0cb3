//! Each loss finds what it is the loss of.

use planish_tensor::Exec;
use planish_tensor::rng::{Purpose, Stream};
use planish_trees::{Column, Data, Labels, Loss, Rows, Settings, fit};

/// A fit to 4,000 rows of two groups, and its predictions for both.
fn of_groups(loss: Loss, y: impl Fn(bool, u64) -> f64) -> [f64; 2] {
    let x: Vec<f64> = (0..4000).map(|i| f64::from(i % 2)).collect();
    let y: Vec<f64> = (0..4000_u64).map(|i| y(i % 2 == 1, i)).collect();
    let columns = [Column::Numbers(&x)];
    let train: Vec<u32> = (0..4000).collect();
    let settings =
        Settings { loss, rounds: 200, learning_rate: 0.1, subsample: 1.0, l2: 0.0, ..Settings::default() };
    let rows = Rows { train: &train, held: &[] };
    let fitted =
        fit(Exec::best(), &Data::new(&columns, Labels::Numbers(&y)), &rows, &settings, &mut (), None)
            .unwrap();
    let bins = fitted.binner.bin(Exec::best(), &[Column::Numbers(&[0.0, 1.0])]).unwrap();
    let out = fitted.forest.predict(Exec::best(), &bins);
    let first = fitted.history.search.first().unwrap().loss;
    assert!(fitted.history.search.last().unwrap().loss < first);
    [out[0], out[1]]
}

fn close(got: [f64; 2], want: [f64; 2], tolerance: f64) {
    assert!(
        (got[0] - want[0]).abs() <= tolerance && (got[1] - want[1]).abs() <= tolerance,
        "{got:?} {want:?}"
    );
}

#[test]
fn means_medians_and_quantiles() {
    let uniform = Stream::new(1, Purpose::Sample, 0);
    // Uniform on [0, 1), and ten higher in the second group; a tenth of the rows lie very far out.
    let y = |second: bool, i: u64| uniform.uniform(i / 2) + if second { 10.0 } else { 0.0 };
    let far = |second: bool, i: u64| y(second, i) + if (i / 2).is_multiple_of(10) { 1e6 } else { 0.0 };
    close(of_groups(Loss::Squared, y), [0.5, 10.5], 0.02);
    close(of_groups(Loss::Absolute, far), [0.555, 10.555], 0.03);
    close(of_groups(Loss::Quantile { level: 0.9 }, y), [0.9, 10.9], 0.03);
    close(of_groups(Loss::Huber { delta: 2.0 }, far), [0.7, 10.7], 0.1);
}

#[test]
fn rates_of_counts_and_of_positive_numbers() {
    let uniform = Stream::new(2, Purpose::Sample, 0);
    let rate = |second: bool, low: f64, high: f64| if second { high } else { low };
    let count =
        |second: bool, i: u64| f64::from(u8::from(uniform.uniform(i) < 0.5)) * rate(second, 2.0, 60.0);
    close(of_groups(Loss::Poisson, count), [1.0, 30.0], 1.0);
    let positive = |second: bool, i: u64| (0.5 + uniform.uniform(i)) * rate(second, 1.0, 100.0);
    close(of_groups(Loss::Gamma, positive), [1.0, 100.0], 1.5);
    // A group of zeros alone has a rate near 0, not a NaN.
    let zeros = of_groups(Loss::Poisson, |second, _| if second { 3.0 } else { 0.0 });
    assert!(zeros[0] >= 0.0 && zeros[0] < 0.01 && (zeros[1] - 3.0).abs() < 0.1, "{zeros:?}");
}

#[test]
fn shares_of_classes() {
    let x: Vec<f64> = (0..3000).map(|i| f64::from(i % 3)).collect();
    let columns = [Column::Numbers(&x)];
    let classes: Vec<u32> =
        (0..3000).map(|i| if i % 3 == 2 { 2 } else { u32::from(i / 3 % 4 == 0) }).collect();
    let train: Vec<u32> = (0..3000).collect();
    let settings = Settings { loss: Loss::Softmax, rounds: 200, ..Settings::default() };
    let data = Data::new(&columns, Labels::Classes { classes: &classes, count: 3 });
    let fitted =
        fit(Exec::best(), &data, &Rows { train: &train, held: &[] }, &settings, &mut (), None).unwrap();
    let bins = fitted.binner.bin(Exec::best(), &[Column::Numbers(&[0.0, 2.0])]).unwrap();
    let p = fitted.forest.predict(Exec::best(), &bins);
    [0.75, 0.25, 0.0, 0.0, 0.0, 1.0]
        .iter()
        .zip(&p)
        .for_each(|(want, got)| assert!((want - got).abs() < 0.01, "{p:?}"));
    assert!((p[..3].iter().sum::<f64>() - 1.0).abs() < 1e-14);
}
