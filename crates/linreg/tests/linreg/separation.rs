//! Generalised linear models near the edge of having no maximum: far rows, close rows, and true separation. The values are Newton's with 100
//! digits in mpmath; whether small tables are separated was decided by a simplex method in fractions.

use planish_linreg::glm::FittedGlm;
use planish_linreg::{Fit, Glm, LinregError};
use planish_tensor::rng::{Purpose, Stream};
use planish_tensor::{Isa, Matrix};

fn fit(model: Glm, x: &[f64], y: &[f64]) -> Result<FittedGlm, LinregError> {
    let matrix = |v: &[f64]| Matrix::from_slice(v.len(), 1, v);
    model.fit_matrix(Isa::best(), matrix(x).view(), matrix(y).view(), None)
}

fn estimates(fitted: Result<FittedGlm, LinregError>) -> Vec<f64> {
    estimates_of(&fitted.unwrap())
}

fn estimates_of(fitted: &FittedGlm) -> Vec<f64> {
    (0..fitted.coefficients.len()).flat_map(|k| fitted.table(k, 0.95)).map(|c| c.estimate).collect()
}

#[track_caller]
fn assert_close(found: &[f64], want: &[f64], tolerance: f64) {
    assert_eq!(found.len(), want.len());
    for (f, w) in found.iter().zip(want) {
        assert!((f - w).abs() <= tolerance * w.abs(), "{found:?} is not {want:?}");
    }
}

fn is_separated(fitted: &Result<FittedGlm, LinregError>) -> bool {
    matches!(fitted, Err(LinregError::Separation { .. }))
}

/// The terms that separate, how many rows are told of how many, and the first of them.
#[track_caller]
fn separated(fitted: Result<FittedGlm, LinregError>) -> (Vec<usize>, u64, u64, Vec<u64>) {
    match fitted {
        Err(LinregError::Separation { terms, told, rows, first }) => (terms, told, rows, first),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_far_row_does_not_separate_classes() {
    let y = [0.0, 1.0, 0.0, 1.0, 0.0];
    for (far, intercept, slope) in [
        (1e6, 1.9723246998451755e-5, -1.3815510511951853e-5),
        (1e7, 2.317_714_139_110_531e-6, -1.6118095703912292e-6),
        (1e9, 3.008_489_873_053_676e-8, -2.072_326_583_862_723e-8),
        (1e12, 4.044_653_167_386_189e-11, -2.7631021115931956e-11),
        (1e15, 5.0808164592365991e-14, -3.453_877_639_484_431e-14),
    ] {
        let found = estimates(fit(Glm::logistic(), &[0.0, 1.0, 2.0, 3.0, far], &y));
        assert_close(&found[1..], &[slope], 1e-9);
        // Its standard error is one.
        assert!((found[0] - intercept).abs() < 1e-15, "{far}: {found:?}");
    }
}

#[test]
fn classes_that_overlap_by_a_hair_are_not_separated() {
    let y = [0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0];
    let found = estimates(fit(Glm::logistic(), &[1.0, 2.0, 3.0, 3.00002, 3.00001, 4.0, 5.0, 6.0], &y));
    assert_close(&found, &[-65.724_203_848_903_88, 21.67694663150797], 1e-9);
    // Four units in the last place of three, and the other way round.
    let step = 2e-15;
    let near = fit(Glm::logistic(), &[1.0, 2.0, 3.0, 3.0 + 2.0 * step, 3.0 + step, 4.0, 5.0, 6.0], &y);
    assert_close(&estimates(near), &[-250591085288601.65, 83_530_361_762_866.92], 1e-9);
    let apart = fit(Glm::logistic(), &[1.0, 2.0, 3.0, 3.0 + step, 3.0 + 2.0 * step, 4.0, 5.0, 6.0], &y);
    assert!(is_separated(&apart), "{apart:?}");
    // One value in both classes: told apart everywhere else.
    let touching = fit(Glm::logistic(), &[1.0, 2.0, 3.0, 3.1, 3.1, 4.0, 5.0, 6.0], &y);
    assert!(is_separated(&touching), "{touching:?}");
}

#[test]
fn a_far_row_that_is_fitted_leaves_the_coefficients_of_the_others() {
    let y = [0.0, 1.0, 0.0, 1.0, 1.0];
    for far in [1e9, 1e12, 1e15, 1e20] {
        let x = [1.0, 2.0, 3.0, 4.0, far];
        let penalised = Glm { l2: 1.0, ..Glm::logistic() };
        let tolerance = if far > 1e15 { 1e-11 } else { 1e-14 };
        let want = [-1.1321881597173187, 0.45287526388692746];
        assert_close(&estimates(fit(penalised, &x, &y)), &want, tolerance);
        let want = [-2.2704606564002377, 0.908_184_262_560_095_1];
        assert_close(&estimates(fit(Glm::logistic(), &x, &y)), &want, tolerance);
    }
    // Rows that cannot be told from each other are no reason to guess.
    for l2 in [0.0, 1.0] {
        let lost = fit(Glm { l2, ..Glm::logistic() }, &[1.0, 2.0, 3.0, 4.0, 1e300], &y);
        assert!(matches!(lost, Err(LinregError::NoConvergence { .. })), "{lost:?}");
    }
}

#[test]
fn several_classes_and_counts_with_a_far_row_have_their_maximum() {
    let x = |far| [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, far];
    let three = Glm::multinomial(3);
    let against = fit(three, &x(1e6), &[0.0, 1.0, 2.0, 0.0, 1.0, 2.0, 0.0]);
    let want =
        [5.761_622_697_292_932e-5, -2.3446506186196032e-5, 3.0806139554119967e-5, -1.3122386962918234e-5];
    assert_close(&estimates(against), &want, 1e-9);
    let with = fit(three, &x(1e6), &[0.0, 1.0, 2.0, 0.0, 1.0, 2.0, 2.0]);
    let want = [-0.817_883_511_399_772, 0.413_034_657_883_907_6, -2.065173289419538, 0.826_069_315_767_815_2];
    assert_close(&estimates(with), &want, 1e-12);
    let penalised = fit(Glm { l2: 1.0, ..three }, &x(1e9), &[0.0, 1.0, 2.0, 0.0, 1.0, 2.0, 2.0]);
    let want = [-0.672_398_266_000_742, 0.32485178263239124, -1.6242589131619562, 0.649_703_565_264_782_5];
    assert_close(&estimates(penalised), &want, 1e-12);
    let rising = fit(Glm::poisson(), &[0.0, 1.0, 2.0, 3.0, 1e6], &[1.0, 0.0, 2.0, 3.0, 0.0]);
    assert_close(&estimates(rising), &[0.405_483_693_332_764_8, -1.2834674325467265e-5], 1e-11);
    let falling = fit(Glm::poisson(), &[0.0, 1.0, 2.0, 3.0, 1e6], &[3.0, 0.0, 2.0, 1.0, 0.0]);
    assert_close(&estimates(falling), &[0.7679636295074925, -0.2722252474151549], 1e-12);
    let penalised = Glm { l2: 1.0, ..Glm::poisson() };
    let falling = fit(penalised, &[0.0, 1.0, 2.0, 3.0, 1e9], &[3.0, 0.0, 2.0, 1.0, 0.0]);
    assert_close(&estimates(falling), &[0.728_089_046_430_648_1, -0.238_618_477_754_750_5], 1e-12);
}

#[test]
fn whole_separation_is_found_at_any_scale() {
    let y = [0.0, 0.0, 0.0, 1.0, 1.0, 1.0];
    for scale in [1.0, 1e-290, 1e-9, 1e9, 1e290] {
        for far in [6.0, 1e9] {
            let x = [1.0, 2.0, 3.0, 4.0, 5.0, far].map(|x| x * scale);
            let (terms, told, rows, first) = separated(fit(Glm::logistic(), &x, &y));
            assert_eq!((terms, rows), (vec![0], 6), "{scale} {far}");
            // Beside a far row the direction may have its bound in one of the others.
            let all = if far == 6.0 { 6 } else { 5 };
            assert!(told >= all && first.len() == 5 && first.is_sorted(), "{told} {first:?}");
        }
        // In part: one value in both classes.
        let x = [1.0, 2.0, 3.0, 3.0, 5.0, 1e9].map(|x| x * scale);
        let found = separated(fit(Glm::logistic(), &x, &y));
        assert_eq!(found, (vec![0], 4, 6, vec![0, 1, 4, 5]), "{scale}");
    }
}

#[test]
fn a_level_with_one_class_is_named_among_columns_of_any_scale() {
    let s = Stream::new(7, Purpose::Sample, 0);
    let n = 300;
    let flag = |i: usize| f64::from(u8::from(i.is_multiple_of(10)));
    let x = Matrix::from_fn(n, 4, |i, j| match j {
        0 => 1e200 * s.normal(i as u64),
        1 => flag(i),
        2 => 1e-200 * s.normal((n + i) as u64),
        _ => 1.7e9 + s.normal((2 * n + i) as u64),
    });
    let noise = |i: usize| f64::from(u8::from(s.uniform((4 * n + i) as u64) < 0.5));
    let of = |model: Glm, y: &dyn Fn(usize) -> f64, weights: Option<&[f64]>| {
        let y = Matrix::from_fn(n, 1, |i, _| y(i));
        model.fit_matrix(Isa::best(), x.view(), y.view(), weights)
    };
    let named = (vec![1], 30, 300, vec![0, 10, 20, 30, 40]);
    let logistic = of(Glm::logistic(), &|i| if flag(i) == 1.0 { 1.0 } else { noise(i) }, None);
    assert_eq!(separated(logistic), named);
    let counts = of(Glm::poisson(), &|i| if flag(i) == 1.0 { 0.0 } else { 1.0 + noise(i) }, None);
    assert_eq!(separated(counts), named);
    let two_of_three = |i: usize| if flag(i) == 1.0 { noise(i) } else { noise(i) + noise(n + i) };
    assert_eq!(separated(of(Glm::multinomial(3), &two_of_three, None)), named);
    // A row of the other class counts only if it has a weight.
    let but_one =
        |i: usize| if flag(i) == 1.0 && i > 0 { 1.0 } else { noise(i) * f64::from(u8::from(i > 0)) };
    assert!(of(Glm::logistic(), &but_one, None).is_ok());
    let mut weights = vec![1.0; n];
    weights[0] = 0.0;
    let found = separated(of(Glm::logistic(), &but_one, Some(&weights)));
    assert_eq!(found, (vec![1], 29, 299, vec![10, 20, 30, 40, 50]));
    weights[0] = 1e-6;
    assert!(of(Glm::logistic(), &but_one, Some(&weights)).is_ok());
}

#[test]
fn many_rows_are_decided_as_few_are() {
    // Points on a line in both classes, all others on their own sides of it.
    let n = 9000;
    let at = |i: usize| [(i * 7 % 101) as f64, (i * 13 % 57) as f64];
    let x = Matrix::from_fn(n, 2, |i, j| if i % 3 == 0 && j == 1 { at(i)[0] / 4.0 } else { at(i)[j] });
    let side = |i: usize| x[(i, 1)] - x[(i, 0)] / 4.0;
    let y = |turned: usize| {
        let class =
            |i: usize| if side(i) == 0.0 { i.is_multiple_of(2) } else { (side(i) > 0.0) != (i == turned) };
        Matrix::from_fn(n, 1, |i, _| f64::from(u8::from(class(i))))
    };
    let of = |y: Matrix<f64>| Glm::logistic().fit_matrix(Isa::best(), x.view(), y.view(), None);
    let level = (0..n).filter(|&i| side(i) == 0.0).count() as u64;
    let (terms, told, rows, _) = separated(of(y(n)));
    assert_eq!((terms, told, rows), (vec![0, 1], n as u64 - level, n as u64));
    let fitted = of(y(4000)).unwrap();
    assert!(side(4000) != 0.0 && fitted.converged);
}

/// The responses of cells of a table, each a level of one categorical column and some rows of a class in it; level 0 has no term.
fn by_cells(classes: usize, cells: &[(usize, usize, usize)]) -> Result<FittedGlm, LinregError> {
    let rows: Vec<(usize, usize)> = cells.iter().flat_map(|&(l, y, n)| vec![(l, y); n]).collect();
    let levels = cells.iter().map(|c| c.0).max().unwrap();
    let is = |a: usize, b: usize| f64::from(u8::from(a == b));
    let x = Matrix::from_fn(rows.len(), levels, |i, j| is(rows[i].0, j + 1));
    let y = Matrix::from_fn(rows.len(), 1, |i, _| rows[i].1 as f64);
    Glm::multinomial(classes).fit_matrix(Isa::best(), x.view(), y.view(), None)
}

#[test]
fn a_rare_class_alone_in_a_level_is_named() {
    let common = [(0, 0, 76), (0, 1, 74), (1, 0, 73), (1, 1, 77)];
    let with = |more: &[(usize, usize, usize)]| by_cells(3, &[&common[..], more].concat());
    let (terms, ..) = separated(with(&[(2, 2, 2), (0, 2, 1)]));
    assert!(terms.contains(&1), "{terms:?}");
    // Whichever class is the first, to which the others are compared.
    for turn in 1..3 {
        let cells = [&common[..], &[(2, 2, 2), (0, 2, 1)]].concat();
        let turned: Vec<_> = cells.iter().map(|&(l, y, n)| (l, (y + turn) % 3, n)).collect();
        assert!(is_separated(&by_cells(3, &turned)), "{turn}");
    }
    // One row of every class in each level, and there is a maximum: the shares of the cells.
    let fitted = with(&[(0, 2, 1), (1, 2, 1), (2, 0, 1), (2, 1, 1), (2, 2, 40)]).unwrap();
    let found = estimates_of(&fitted);
    let log = |p: f64, q: f64| planish_tensor::math::log_one(p / q);
    let own = [log(74.0, 76.0), log(1.0, 76.0)];
    let other = [[log(77.0, 73.0), 0.0], [log(1.0, 73.0), log(40.0, 1.0)]];
    for (class, chunk) in found.chunks(3).enumerate() {
        assert!((chunk[0] - own[class]).abs() < 1e-12, "{found:?}");
        let against = other[class].map(|o| o - own[class]);
        assert!(chunk[1..].iter().zip(against).all(|(f, w)| (f - w).abs() < 1e-11), "{found:?}");
    }
}

/// Rows of a class for each level: of `data/adult_sample.csv` by country, the five races.
const RACES: [[usize; 5]; 38] = [
    [0, 7, 3, 1, 33],
    [0, 2, 0, 0, 0],
    [0, 0, 0, 0, 13],
    [0, 9, 0, 0, 0],
    [0, 0, 0, 0, 1],
    [0, 0, 1, 0, 7],
    [0, 0, 2, 0, 4],
    [0, 0, 0, 0, 1],
    [0, 0, 0, 0, 5],
    [0, 1, 0, 0, 9],
    [0, 0, 0, 0, 1],
    [1, 0, 1, 0, 7],
    [0, 0, 0, 0, 2],
    [0, 0, 0, 0, 3],
    [0, 0, 4, 0, 0],
    [0, 0, 0, 0, 3],
    [0, 7, 0, 0, 0],
    [0, 0, 0, 0, 5],
    [0, 0, 0, 0, 7],
    [0, 0, 5, 0, 1],
    [0, 4, 1, 0, 1],
    [0, 1, 0, 0, 0],
    [1, 0, 0, 0, 44],
    [0, 0, 0, 0, 2],
    [0, 0, 1, 0, 0],
    [0, 0, 0, 0, 1],
    [0, 11, 0, 0, 1],
    [0, 0, 0, 0, 6],
    [0, 0, 0, 0, 4],
    [0, 0, 0, 2, 6],
    [0, 0, 0, 0, 1],
    [0, 5, 0, 0, 0],
    [0, 5, 0, 0, 0],
    [0, 2, 0, 0, 0],
    [0, 0, 2, 0, 0],
    [20, 22, 243, 7, 1959],
    [0, 1, 0, 0, 0],
    [0, 0, 0, 0, 1],
];

#[test]
fn rare_classes_in_many_rare_levels_end_in_separation() {
    let cell = |level: usize, class: usize| (level, class, RACES[level][class]);
    let cells: Vec<_> = (0..RACES.len()).flat_map(|l| (0..5).map(move |c| cell(l, c))).collect();
    let found = by_cells(5, &cells);
    assert!(is_separated(&found), "{found:?}");
}
