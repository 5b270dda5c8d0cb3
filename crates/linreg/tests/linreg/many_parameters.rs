//! Generalised models with very many parameters, or with more of them than rows: conditions of the optimum, refusals, equal bits.

use planish_linreg::glm::{Family, FittedGlm};
use planish_linreg::{Fit, Glm, LinregError, MatrixSource};
use planish_tensor::rng::{Purpose, Stream};
use planish_tensor::{Dd, Exec, Isa, Matrix};

const CLASSES: usize = 37;

/// Rows of a feature with 30 levels, as 29 indicators, and of two numbers, one of them far from zero; classes, and weights.
fn levels(n: usize) -> (Matrix<f64>, Matrix<f64>, Vec<f64>) {
    let s = Stream::new(5, Purpose::Sample, 0);
    let x = Matrix::from_fn(n, 31, |i, j| match j {
        0..29 => f64::from(u8::from(i % 30 == j + 1)),
        29 => s.normal(i as u64),
        _ => 1e6 + 3.0 * s.normal((n + i) as u64),
    });
    // Every class in every level, and then at random.
    let all = 30 * CLASSES;
    let class = |i: usize| if i < all { i / 30 } else { s.below((3 * n + i) as u64, CLASSES) };
    let y = Matrix::from_fn(n, 1, |i, _| class(i) as f64);
    (x, y, (0..n).map(|i| 0.5 + (i % 3) as f64).collect())
}

/// The largest part of the gradient of the penalised likelihood, divided by the rows, from sums in double-double.
fn violation(x: &Matrix<f64>, y: &Matrix<f64>, w: Option<&[f64]>, f: &FittedGlm) -> f64 {
    let (heads, p) = (f.coefficients.len(), x.cols());
    let means = f.predict_matrix(Isa::best(), x.view()).unwrap();
    let mut worst = 0.0_f64;
    for a in 0..heads {
        let mut slope = vec![Dd::ZERO; p + 1];
        for i in 0..x.rows() {
            let own = match f.family {
                Family::Poisson => y[(i, 0)] - means[(i, 0)],
                Family::Logistic | Family::Multinomial { .. } => {
                    f64::from(u8::from(y[(i, 0)] == (a + 1) as f64)) - means[(i, a + 1)]
                }
            };
            let own = Dd::from(own * w.map_or(1.0, |w| w[i]));
            (0..p).for_each(|j| slope[j] = slope[j] + own * Dd::from(x[(i, j)]));
            slope[p] = slope[p] + own;
        }
        for j in 0..p {
            let shared = match f.family {
                Family::Multinomial { classes } => {
                    f.coefficients.iter().map(|c| c.coef[j]).sum::<f64>() / classes as f64
                }
                Family::Logistic | Family::Poisson => 0.0,
            };
            let size = (0..x.rows()).map(|i| x[(i, j)].abs()).fold(1.0, f64::max);
            let penalty = f.l2 * (f.coefficients[a].coef[j] - shared);
            worst = worst.max((slope[j].to_f64() - penalty).abs() / size);
        }
        if f.fit_intercept {
            worst = worst.max(slope[p].to_f64().abs());
        }
    }
    worst / x.rows() as f64
}

#[test]
fn many_parameters_have_no_slope_left() {
    let (x, y, weights) = levels(1500);
    for (l2, w, fit_intercept) in [
        (1.0, None, true),
        (1e-3, Some(&weights[..]), true),
        (10.0, None, false),
        (0.0, None, true),
        (0.0, Some(&weights[..]), true),
    ] {
        let glm = Glm { l2, fit_intercept, ..Glm::multinomial(CLASSES) };
        let fitted = glm.fit_matrix(Exec::best().with_threads(2), x.view(), y.view(), w).unwrap();
        let off = violation(&x, &y, w, &fitted);
        assert!(fitted.converged && fitted.iterations > 1 && off < 1e-12, "{l2} {fit_intercept}: {off}");
        assert_eq!(fitted.std_errors.is_some(), l2 == 0.0);
    }
}

/// A class that a level never has is named with it, before anything is iterated.
#[test]
fn a_level_without_a_class_is_named_among_many_parameters() {
    let (x, mut y, _) = levels(1500);
    for i in (8..1500).step_by(30) {
        y[(i, 0)] = if y[(i, 0)] == 4.0 { 5.0 } else { y[(i, 0)] };
    }
    let refused = Glm::multinomial(CLASSES).fit_matrix(Isa::best(), x.view(), y.view(), None);
    let first = vec![8, 38, 68, 98, 128];
    let separated = LinregError::Separation { terms: vec![7], told: 50, rows: 1500, first };
    assert_eq!(refused.unwrap_err(), separated);
}

/// Fewer rows than terms: classes, two classes and counts.
#[test]
fn few_rows_with_a_penalty_have_no_slope_left() {
    let s = Stream::new(6, Purpose::Sample, 0);
    let (n, p) = (50, 300);
    let x = Matrix::from_fn(n, p, |i, j| s.normal((i * p + j) as u64) * (1.0 + j as f64) + 100.0);
    let weights: Vec<f64> = (0..n).map(|i| (i % 3) as f64).collect();
    for family in [Family::Multinomial { classes: 4 }, Family::Logistic, Family::Poisson] {
        let y = Matrix::from_fn(n, 1, |i, _| (i % family.classes().unwrap_or(6)) as f64);
        for (l2, w, fit_intercept) in
            [(1.0, None, true), (1e-2, Some(&weights[..]), true), (100.0, None, false)]
        {
            let glm = Glm { l2, fit_intercept, ..Glm::new(family) };
            let fitted = glm.fit_matrix(Isa::best(), x.view(), y.view(), w).unwrap();
            assert_eq!((fitted.terms(), fitted.aliased.len()), (p, 0));
            let off = violation(&x, &y, w, &fitted);
            assert!(off < 1e-12, "{family:?} {l2} {fit_intercept}: {off}");
        }
    }
}

#[test]
fn bits_of_many_parameters_do_not_depend_on_threads_or_instructions() {
    let (x, y, weights) = levels(1200);
    let fit = |exec: Exec, l2: f64| {
        let mut source = MatrixSource::new(x.view(), y.view(), Some(&weights)).unwrap();
        let glm = Glm { l2, ..Glm::multinomial(CLASSES) };
        exec.install(|| glm.fit(exec, &mut source)).unwrap()
    };
    let best = fit(Exec::best(), 0.5);
    assert!(fit(Exec::best().with_threads(3), 0.5) == best);
    for isa in Isa::all_exact().into_iter().filter(|isa| *isa != Isa::SCALAR) {
        assert!(fit(Exec::serial(isa), 0.5) == best, "{isa:?}");
    }
    assert!(fit(Exec::best().with_threads(2), 0.0) == fit(Exec::best(), 0.0));
}
