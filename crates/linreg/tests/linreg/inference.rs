//! What holds for standard errors, tests and intervals; agreement with statsmodels is tested through the program.

use super::*;
use planish_linreg::ols::{AliasedPolicy, Covariance};
use planish_linreg::rows::{Block, ColumnSource};
use planish_linreg::summary::{Leverage, Why, anova};
use planish_linreg::{BlockSource, LinregError, MatrixSource};
use planish_tensor::dd::DdVec;
use std::convert::Infallible;

const ALL: [Covariance; 5] =
    [Covariance::Classical, Covariance::Hc0, Covariance::Hc1, Covariance::Hc2, Covariance::Hc3];

fn model(covariance: Covariance) -> LinearRegression {
    LinearRegression { inference: Some(covariance), ..Default::default() }
}

fn infer(x: &Matrix<f64>, y: &Matrix<f64>, weights: Option<&[f64]>, c: Covariance) -> FittedLinearRegression {
    model(c).fit_matrix(Isa::best(), x.view(), y.view(), weights).unwrap()
}

#[test]
fn standard_errors_are_those_of_the_formula_for_every_covariance() {
    // One term: the sandwich is Σ ω·d²·e² / S² with d about the mean and S = Σd².
    let (x, y) = data(5000, 1, 2);
    let fitted = infer(&x, &y, None, Covariance::Classical);
    let e = fitted.residuals(Isa::best(), x.view(), y.view()).unwrap();
    let mean = x.as_slice().iter().sum::<f64>() / 5000.0;
    let d: Vec<f64> = x.as_slice().iter().map(|v| v - mean).collect();
    let s: f64 = d.iter().map(|d| d * d).sum();
    for q in 0..2 {
        let rss: f64 = (0..5000).map(|i| e[(i, q)] * e[(i, q)]).sum();
        let sandwich = |power: i32| {
            let term = |i: usize| {
                let rest = 1.0 - (1.0 / 5000.0 + d[i] * d[i] / s);
                let omega = [1.0, 1.0 / rest, 1.0 / (rest * rest)][power as usize];
                omega * d[i] * d[i] * e[(i, q)] * e[(i, q)]
            };
            (0..5000).map(term).sum::<f64>() / (s * s)
        };
        let want = [rss / 4998.0 / s, sandwich(0), sandwich(0) * 5000.0 / 4998.0, sandwich(1), sandwich(2)];
        for (c, want) in ALL.iter().zip(want) {
            assert_close(&[fitted.std_errors(q, *c).unwrap()[1]], &[want.sqrt()], 1e-12);
        }
    }
}

#[test]
fn the_diagonal_of_the_covariance_is_the_square_of_the_standard_errors() {
    let (x, y) = data(200, 4, 1);
    let x =
        Matrix::from_fn(
            200,
            5,
            |i, j| if j == 2 { x[(i, 0)] + x[(i, 1)] } else { x[(i, j - usize::from(j > 2))] },
        );
    let weights: Vec<f64> = (0..200).map(|i| 1.0 + f64::from(i % 4)).collect();
    for c in ALL {
        let fitted = infer(&x, &y, Some(&weights), c);
        let v = fitted.covariance_matrix(0).unwrap();
        let errors = fitted.std_errors(0, c).unwrap();
        assert_eq!((v.rows(), errors[3], v[(3, 3)], v[(3, 1)]), (6, 0.0, 0.0, 0.0));
        for j in [0, 1, 2, 4, 5] {
            assert_close(&[v[(j, j)].sqrt()], &[errors[j]], 1e-13);
            assert_close(&[v[(j, 1)]], &[v[(1, j)]], 1e-12);
        }
    }
}

#[test]
fn tables_have_the_same_bits_on_every_instruction_set() {
    let (x, y) = data(4500, 7, 1);
    let weights: Vec<f64> = (0..4500).map(|i| f64::from(i % 5)).collect();
    let run = |isa| model(Covariance::Hc3).fit_matrix(isa, x.view(), y.view(), Some(&weights)).unwrap();
    let expected = run(Isa::SCALAR);
    Isa::all_exact().into_iter().for_each(|isa| assert_eq!(run(isa), expected, "{}", isa.name()));
    assert_eq!(expected.rows, 3600);
}

#[test]
fn many_well_conditioned_rows_keep_thirteen_digits_in_plain_arithmetic() {
    let n = 20_000;
    let (x, y) = data(n, 1, 1);
    let fitted = infer(&x, &y, None, Covariance::Classical);
    let sum = |f: &dyn Fn(usize) -> Dd| (0..n).fold(Dd::ZERO, |s, i| s + f(i));
    let mean = sum(&|i| Dd::from(x[(i, 0)])) / Dd::from(n as f64);
    let d = |i: usize| Dd::from(x[(i, 0)]) - mean;
    let s = sum(&|i| d(i) * d(i)).to_f64();
    let error = fitted.responses[0].residual_sd / s.sqrt();
    assert_close(&[fitted.std_errors(0, Covariance::Classical).unwrap()[1]], &[error], 3e-14);
}

#[test]
fn units_and_offsets_do_not_change_tests() {
    let (x, y) = data(300, 3, 1);
    let moved = Matrix::from_fn(300, 3, |i, j| x[(i, j)] * [1e9, 1.0, 1e-9][j] + [1e15, 0.0, 5.0][j]);
    for c in ALL {
        let (a, b) = (infer(&x, &y, None, c).summary(0, 0.95), infer(&moved, &y, None, c).summary(0, 0.95));
        let (a, b) = (a.unwrap(), b.unwrap());
        for j in 1..4 {
            // x·1e9 + 1e15 rounds x to eight digits or so.
            let (a, b) = (&a.coefficients[j], &b.coefficients[j]);
            assert_close(
                &[a.statistic.unwrap(), a.vif.unwrap()],
                &[b.statistic.unwrap(), b.vif.unwrap()],
                1e-6,
            );
        }
        assert_close(&[a.f.unwrap().statistic], &[b.f.unwrap().statistic], 1e-6);
    }
}

#[test]
fn rows_of_weight_zero_do_not_count() {
    let (x, y) = data(100, 2, 1);
    let weights: Vec<f64> = (0..100).map(|i| f64::from(i % 3)).collect();
    let kept: Vec<usize> = (0..100).filter(|i| i % 3 > 0).collect();
    let some = |m: &Matrix<f64>| Matrix::from_fn(kept.len(), m.cols(), |i, j| m[(kept[i], j)]);
    let few: Vec<f64> = kept.iter().map(|&i| weights[i]).collect();
    let a = infer(&x, &y, Some(&weights), Covariance::Hc2).summary(0, 0.9).unwrap();
    let b = infer(&some(&x), &some(&y), Some(&few), Covariance::Hc2).summary(0, 0.9).unwrap();
    let numbers = |s: &planish_linreg::summary::Summary| {
        let of = s.residuals.as_ref().unwrap();
        let tests = [s.f, of.omnibus, of.jarque_bera, of.breusch_pagan].map(|t| t.unwrap().p);
        let all = [of.log_likelihood, of.durbin_watson, of.skew].map(Option::unwrap);
        [&tests[..], &all, &of.residual_quantiles, &s.coefficients[2].interval.unwrap()].concat()
    };
    assert_close(&numbers(&a), &numbers(&b), 1e-9);
}

/// A matrix with a cluster for each row.
struct Clustered<'a>(MatrixSource<'a>, u64, usize);

impl BlockSource for Clustered<'_> {
    type Error = Infallible;
    fn terms(&self) -> usize {
        self.0.terms()
    }
    fn responses(&self) -> usize {
        self.0.responses()
    }
    fn rewind(&mut self) -> Result<(), Infallible> {
        self.2 = 0;
        self.0.rewind()
    }
    fn next(&mut self, block: &mut Block) -> Result<(), Infallible> {
        self.0.next(block)?;
        block.clusters =
            Some((0..block.rows).map(|i| ((self.2 + i) as u64 % self.1).wrapping_mul(77)).collect());
        self.2 += block.rows;
        Ok(())
    }
}

#[test]
fn with_a_cluster_a_row_the_clustered_covariance_is_hc1() {
    let (x, y) = data(5000, 3, 1);
    let run = |clusters| {
        let source = MatrixSource::new(x.view(), y.view(), None).unwrap();
        model(Covariance::Cluster).fit(Isa::best(), &mut Clustered(source, clusters, 0)).unwrap()
    };
    let alone = run(5000);
    // G/(G − 1)·(n − 1)/(n − k) with G = n is n/(n − k).
    assert_close(
        &alone.std_errors(0, Covariance::Cluster).unwrap(),
        &alone.std_errors(0, Covariance::Hc1).unwrap(),
        1e-12,
    );
    let few = run(50);
    assert_eq!(few.summary(0, 0.95).unwrap().residuals.unwrap().df_test, Some(49.0));
    assert!(run(1).summary(0, 0.95).unwrap().coefficients[1].std_error.is_none());
}

#[test]
fn intervals_at_the_training_rows_follow_the_leverages() {
    let (x, y) = data(60, 2, 1);
    let fitted = infer(&x, &y, None, Covariance::Classical);
    let columns: Vec<DdVec> = (0..2)
        .map(|j| {
            let mut c = DdVec::zeros(60);
            (0..60).for_each(|i| c.hi[i] = x[(i, j)]);
            c
        })
        .collect();
    let views: Vec<_> = columns.iter().map(|c| c.first(60)).collect();
    let widths = fitted.half_widths(&views, 0, 0.95).unwrap();
    let sd = fitted.responses[0].residual_sd;
    let factor = planish_linreg::summary::distributions::t_factor(0.95, 57.0);
    let top = fitted.inference.as_ref().unwrap().leverages[0];
    let i = top.row as usize;
    assert_close(&[widths.mean[i]], &[factor * sd * top.value.sqrt()], 1e-12);
    assert_close(&[widths.observation[i]], &[factor * sd * (1.0 + top.value).sqrt()], 1e-12);
    // A leverage is the derivative of a fitted value; all together they are the number of parameters.
    let sum: f64 = widths.mean.iter().map(|w| (w / (factor * sd)) * (w / (factor * sd))).sum();
    assert_close(&[sum], &[3.0], 1e-12);
    let plain = fit(&x, &y, None);
    let none = plain.half_widths(&views, 0, 0.95).unwrap_err();
    assert_eq!(none.to_string(), "there are no intervals: the model was fitted without inference");
    assert!(plain.summary(0, 0.95).unwrap().residuals.is_none());
    assert!(plain.summary_with(0, 0.95, Covariance::Hc1).is_none());
}

#[test]
fn least_norm_is_that_of_the_pseudo_inverse() {
    let x = Matrix::from_fn(40, 3, |i, j| {
        let (a, b) = ((i % 7) as f64, ((i * i) % 11) as f64);
        [a, b, 2.0 * a - b + 5.0][j]
    });
    let y = Matrix::from_fn(40, 1, |i, _| x[(i, 0)] + 3.0 * x[(i, 1)] + ((i * 31) % 5) as f64);
    let policy = |aliased| LinearRegression { aliased, ..model(Covariance::Classical) };
    let run = |p| policy(p).fit_matrix(Isa::best(), x.view(), y.view(), None);
    let (dropped, least) = (run(AliasedPolicy::Drop).unwrap(), run(AliasedPolicy::MinNorm).unwrap());
    assert_eq!(
        (dropped.aliases[0].constant, dropped.aliases[0].combination.as_slice()),
        (5.0, &[(0, 2.0), (1, -1.0)][..])
    );
    let (d, l) = (&dropped.responses[0], &least.responses[0]);
    // z = aᵀβ/(1 + aᵀa), β − a·z with a = (2, −1).
    let (b0, b1) = (d.coef[0].to_f64(), d.coef[1].to_f64());
    let z = (2.0 * b0 - b1) / 6.0;
    let found: Vec<f64> = l.coef.iter().map(|c| c.to_f64()).chain([l.intercept.to_f64()]).collect();
    assert_close(&found, &[b0 - 2.0 * z, b1 + z, z, d.intercept.to_f64() - 5.0 * z], 1e-13);
    let all = least.predict_matrix(Isa::best(), x.view()).unwrap();
    assert_close(all.as_slice(), dropped.predict_matrix(Isa::best(), x.view()).unwrap().as_slice(), 1e-14);
    let errors = least.std_errors(0, Covariance::Classical).unwrap();
    assert!(
        errors.iter().all(|e| *e > 0.0)
            && least.summary(0, 0.95).unwrap().coefficients.iter().all(|c| !c.dropped)
    );
    assert_eq!(run(AliasedPolicy::Error).unwrap_err(), LinregError::Aliased { terms: vec![2] });
}

#[test]
fn nested_models_are_compared_by_f() {
    let (x, y) = data(80, 3, 1);
    let first = Matrix::from_fn(80, 1, |i, _| x[(i, 0)]);
    let (small, large) = (fit(&first, &y, None), infer(&x, &y, None, Covariance::Classical));
    let table = anova(&small, &large, 0).unwrap();
    let want = (small.responses[0].rss - large.responses[0].rss) / 2.0 / (large.responses[0].rss / 76.0);
    assert_close(&[table.f.unwrap().statistic], &[want], 1e-14);
    // One more term: F is the square of its t.
    let two = Matrix::from_fn(80, 2, |i, j| x[(i, j)]);
    let table = anova(&fit(&two, &y, None), &large, 0).unwrap();
    let last = large.summary(0, 0.95).unwrap().coefficients[3];
    assert_close(
        &[table.f.unwrap().statistic, table.f.unwrap().p],
        &[last.statistic.unwrap() * last.statistic.unwrap(), last.p.unwrap()],
        1e-11,
    );
    assert_eq!(anova(&large, &small, 0).unwrap_err(), LinregError::NotNested { small: 4, large: 2 });
    assert!(anova(&small, &large, 1).is_err());
}

#[test]
fn a_record_read_back_is_the_same_and_a_wrong_one_is_refused() {
    let (x, y) = data(50, 4, 1);
    let fitted = infer(&x, &y, None, Covariance::Hc1);
    let text = serde_json::to_string(&fitted).unwrap();
    let back: FittedLinearRegression = serde_json::from_str(&text).unwrap();
    assert_eq!((&back, back.validate()), (&fitted, Ok(())));
    for (from, to) in [
        ("\"kept\":[0,", "\"kept\":[9,"),
        ("\"vif\":[", "\"vif\":[1.0,"),
        ("\"hc\":[[", "\"hc\":[[1.0,"),
        ("\"unscaled_variances\":[", "\"unscaled_variances\":[-1.0,"),
        ("\"shift\":[", "\"shift\":[1.0,"),
        ("\"aliases\":[]", "\"aliases\":[{\"term\":7,\"constant\":0.0,\"combination\":[]}]"),
    ] {
        assert!(text.contains(from), "{from}");
        let forged: FittedLinearRegression = serde_json::from_str(&text.replacen(from, to, 1)).unwrap();
        assert!(forged.validate().is_err(), "{from}");
    }
    assert!(
        serde_json::from_str::<FittedLinearRegression>(&text.replacen("\"r\":\"", "\"r\":\"x", 1)).is_err()
    );
}

#[test]
fn an_ill_conditioned_factor_is_corrected_in_another_pass() {
    // x, x + 1e-9·z: the rounding of R alone would leave six digits.
    let n = 200;
    let mut stream = Stream(99194853094755497);
    let base: Vec<f64> = (0..n).map(|_| stream.next()).collect();
    let small: Vec<f64> = (0..n).map(|_| stream.next()).collect();
    let column = |f: &dyn Fn(usize) -> Dd| {
        let mut c = DdVec::zeros(n);
        (0..n).for_each(|i| (c.hi[i], c.lo[i]) = (f(i).hi, f(i).lo));
        c
    };
    let near = |i: usize| Dd::from(base[i]) + Dd::from(small[i]) * Dd::from(1e-9);
    let y = column(&|i| Dd::from(base[i] + small[i] * small[i]));
    let run = |x: [&DdVec; 2]| {
        let x = x.iter().map(|c| c.first(n)).collect();
        let mut source = ColumnSource::new(x, vec![y.first(n)], None).unwrap();
        model(Covariance::Classical).fit(Isa::best(), &mut source).unwrap()
    };
    // The same model in well-conditioned terms: the second coefficient's error is 1e9 times that of z.
    let hard = run([&column(&|i| Dd::from(base[i])), &column(&near)]);
    let easy = run([&column(&|i| Dd::from(base[i])), &column(&|i| Dd::from(small[i]))]);
    let [hard, easy] = [hard, easy].map(|f| f.std_errors(0, Covariance::Classical).unwrap());
    assert_close(&[hard[2]], &[easy[2] * 1e9], 1e-14);
    assert_close(&[hard[0]], &[easy[0]], 1e-14);
}

#[test]
fn a_fit_without_inference_has_the_classical_table() {
    let (mut x, y) = data(500, 4, 2);
    // The third term is a sum of others, and so is dropped.
    (0..500).for_each(|i| x[(i, 2)] = x[(i, 0)] + x[(i, 1)]);
    let (plain, full) = (fit(&x, &y, None), infer(&x, &y, None, Covariance::Classical));
    assert_eq!(plain.aliased, [2]);
    for q in 0..2 {
        let (p, s) = (plain.summary(q, 0.9).unwrap(), full.summary(q, 0.9).unwrap());
        assert!(p.residuals.is_none() && s.residuals.is_some());
        assert_eq!((p.rows, p.rank, p.df_resid, p.df_model), (s.rows, s.rank, s.df_resid, s.df_model));
        let of_fit = [p.r2, p.adjusted_r2.unwrap(), p.residual_sd.unwrap(), p.f.unwrap().statistic];
        let want = [s.r2, s.adjusted_r2.unwrap(), s.residual_sd.unwrap(), s.f.unwrap().statistic];
        assert_close(&of_fit, &want, 1e-11);
        for (a, b) in p.coefficients.iter().zip(&s.coefficients) {
            assert_eq!(
                (a.estimate, a.dropped, a.std_error.is_some()),
                (b.estimate, b.dropped, b.std_error.is_some())
            );
            if !a.dropped {
                let line = |c: &planish_linreg::Coefficient| {
                    let [low, high] = c.interval.unwrap();
                    [c.std_error.unwrap(), c.statistic.unwrap(), c.p.unwrap(), low, high]
                };
                assert_close(&line(a), &line(b), 1e-9);
            }
        }
    }
    let few = fit(&Matrix::from_rows(&[[1.0], [2.0]]), &Matrix::from_rows(&[[1.0], [3.0]]), None);
    assert_eq!(few.summary(0, 0.9), None, "no degrees of freedom");
}

#[test]
fn rows_given_again_have_the_leverages_and_distances_of_the_fit() {
    let (x, y) = data(300, 3, 1);
    let weights: Vec<f64> = (0..300).map(|i| 1.0 + f64::from(i % 3)).collect();
    let fitted = infer(&x, &y, Some(&weights), Covariance::Classical);
    let columns = columns(&x);
    let views: Vec<_> = columns.iter().map(|c| c.first(300)).collect();
    let h = fitted.leverages(&views, Some(&weights)).unwrap();
    assert_close(&[h.iter().map(|h| h.value).sum()], &[4.0], 1e-12);
    let e = fitted.residuals(Isa::best(), x.view(), y.view()).unwrap();
    let e: Vec<f64> = (0..300).map(|i| e[(i, 0)] * weights[i].sqrt()).collect();
    let inference = fitted.inference.as_ref().unwrap();
    for row in &inference.leverages {
        assert_close(&[h[row.row as usize].value], &[row.value], 1e-11);
    }
    for row in &inference.responses[0].cook {
        let i = row.row as usize;
        let r = fitted.studentized(0, e[i], h[i], true).unwrap();
        let cook = fitted.cook(0, e[i], h[i]).unwrap();
        assert_close(&[cook, r * r * h[i].value / (h[i].rest * 4.0)], &[row.value, row.value], 1e-10);
    }
    let one = Leverage { value: 1.0, rest: 0.0 };
    assert!(fitted.studentized(0, 1.0, one, true).is_none() && fitted.cook(0, 1.0, one).is_none());
    let new = fitted.studentized(0, 1.0, one, false).unwrap();
    assert_close(&[new], &[1.0 / (fitted.residual_sd(0).unwrap() * f64::sqrt(2.0))], 1e-15);
}

#[test]
fn a_row_that_alone_has_a_level_has_leverage_one() {
    let x = Matrix::from_fn(6, 1, |i, _| f64::from(u8::from(i == 3)));
    let y = Matrix::from_fn(6, 1, |i, _| (i * i) as f64);
    let fitted = infer(&x, &y, None, Covariance::Classical);
    let column = columns(&x);
    let h = fitted.leverages(&[column[0].first(6)], None).unwrap();
    assert!(
        (h[3].value - 1.0).abs() < 1e-14
            && h[3].rest == 0.0
            && fitted.studentized(0, 0.0, h[3], true).is_none(),
        "{h:?}"
    );
}

#[test]
fn a_row_far_from_all_others_has_digits_of_what_is_left_of_its_leverage() {
    // Exact rational arithmetic: 1 − h = 6.00006000005e-11, Cook's distance 14999901666.1.
    let far = |n: usize| {
        let x = Matrix::from_fn(n, 1, |i, _| if i == n - 1 { 1e6 } else { (i % 9 + 1) as f64 });
        let y = [3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0, 5.0];
        (x, Matrix::from_fn(n, 1, |i, _| if i == n - 1 { 3.0 } else { y[i % 9] }))
    };
    let (x, y) = far(10);
    let fitted = infer(&x, &y, None, Covariance::Hc3);
    assert_close(
        &fitted.std_errors(0, Covariance::Hc2).unwrap(),
        &[0.866030004721699, 3.59168222679377e-6],
        1e-13,
    );
    assert_close(
        &fitted.std_errors(0, Covariance::Hc3).unwrap(),
        &[2.43028145058616, 0.450000999975937],
        1e-13,
    );
    let cook = fitted.inference.as_ref().unwrap().responses[0].cook[0];
    assert_eq!(cook.row, 9);
    assert_close(&[cook.value], &[14999901666.1], 1e-11);
    let column = columns(&x);
    let h = fitted.leverages(&[column[0].first(10)], None).unwrap()[9];
    assert_close(&[h.value, h.rest], &[1.0 - 6.00006000005e-11, 6.00006000005e-11], 1e-11);
    // Many rows, of which the first pass makes f64 numbers.
    let (x, y) = far(18_001);
    let many = infer(&x, &y, None, Covariance::Hc3);
    assert_close(&[many.std_errors(0, Covariance::Hc3).unwrap()[1]], &[0.4500009460013468], 1e-12);
}

#[test]
fn units_far_from_one_have_the_statistics_of_others() {
    // Exact: t 2.95980010586301, F 8.76041666666667, R² 0.686530612244898.
    let y = [2.0, 1.0, 4.0, 3.0, 6.0, 5.0];
    for (x_unit, y_unit) in [(1e-200, 1.0), (1e200, 1.0), (1.0, 1e200), (1.0, 1e-200), (1e-150, 1e150)] {
        let x = Matrix::from_fn(6, 1, |i, _| (i + 1) as f64 * x_unit);
        let y = Matrix::from_fn(6, 1, |i, _| y[i] * y_unit);
        let plain = Matrix::from_fn(6, 1, |i, _| (i + 1) as f64);
        let plain = infer(&plain, &Matrix::from_fn(6, 1, |i, _| y[(i, 0)] / y_unit), None, Covariance::Hc3);
        for c in ALL {
            let fitted = infer(&x, &y, None, c);
            let s = fitted.summary(0, 0.95).unwrap();
            let want = plain.summary_with(0, 0.95, c).unwrap();
            for (found, want) in s.coefficients.iter().zip(&want.coefficients) {
                assert_close(&[found.statistic.unwrap()], &[want.statistic.unwrap()], 1e-12);
            }
            assert_close(&[s.r2], &[0.686530612245], 1e-12);
            if c == Covariance::Classical {
                assert_close(&[s.coefficients[1].statistic.unwrap()], &[2.95980010586301], 1e-12);
                assert_close(&[s.f.unwrap().statistic], &[8.76041666666667], 1e-12);
            }
            let log = s.residuals.unwrap().log_likelihood.unwrap();
            let moved =
                want.residuals.unwrap().log_likelihood.unwrap() - 6.0 * planish_tensor::math::log_one(y_unit);
            assert_close(&[log], &[moved], 1e-12);
            let views = columns(&x);
            let widths = fitted.half_widths(&[views[0].first(6)], 0, 0.95).unwrap();
            assert!(widths.mean[0] > 0.1 * y_unit && widths.observation[0] < 10.0 * y_unit, "{widths:?}");
        }
    }
}

#[test]
fn a_perfect_fit_is_told_from_one_of_small_residuals() {
    let line = |slope: f64| {
        let x = Matrix::from_fn(20, 1, |i, _| i as f64);
        let y = Matrix::from_fn(20, 1, |i, _| slope * i as f64 + 0.3);
        infer(&x, &y, None, Covariance::Classical)
    };
    for fitted in [line(2.0), line(0.1), line(1.0 / 3.0)] {
        let s = fitted.summary(0, 0.95).unwrap();
        assert!(s.perfect && s.no_f == Some(Why::Perfect) && s.f.is_none(), "{s:?}");
        assert!(s.coefficients.iter().all(|c| c.statistic.is_none() && c.p.is_none()));
        let of = s.residuals.unwrap();
        assert!(of.skew.is_none() && of.durbin_watson.is_none() && of.log_likelihood.is_none());
    }
    // Beside 1e14 a double has no more than two decimals; these have three.
    let y = ["100000000000000.001", "100000000000000.002", "100000000000000.005", "100000000000000.004"];
    let mut block = [DdVec::zeros(4), DdVec::zeros(4)];
    for (i, y) in y.iter().enumerate() {
        let y = planish_tensor::Dd::parse_decimal(y).unwrap();
        (block[0].hi[i], block[1].hi[i], block[1].lo[i]) = (i as f64, y.hi, y.lo);
    }
    let [x, y] = block;
    let mut source = ColumnSource::new(vec![x.first(4)], vec![y.first(4)], None).unwrap();
    let fitted = model(Covariance::Classical).fit(Isa::best(), &mut source).unwrap();
    // Σ(y − ȳ)² = 1e-5, the slope 1.2e-3: R² 0.72.
    assert!(!fitted.responses[0].perfect);
    assert_close(&[fitted.responses[0].r2], &[0.72], 1e-12);
}

#[test]
fn tests_that_do_not_exist_say_why() {
    let (x, y) = data(40, 5, 1);
    let by = |clusters: u64| {
        let source = MatrixSource::new(x.view(), y.view(), None).unwrap();
        let fitted =
            model(Covariance::Cluster).fit(Isa::best(), &mut Clustered(source, clusters, 0)).unwrap();
        fitted.summary(0, 0.95).unwrap()
    };
    for clusters in [2, 3, 5] {
        let s = by(clusters);
        let few = Some(Why::FewClusters { clusters, terms: 5 });
        assert_eq!((s.f, s.no_f, s.few_clusters, s.no_errors), (None, few, few, None));
        assert!(s.coefficients[1].p.is_some());
    }
    let enough = by(6);
    assert!(enough.f.is_some() && enough.no_f.is_none() && enough.few_clusters.is_none());
    let one = by(1);
    assert_eq!((one.no_f, one.no_errors), (Some(Why::OneCluster), Some(Why::OneCluster)));
    // A row that alone has a level.
    let x = Matrix::from_fn(6, 1, |i, _| f64::from(u8::from(i == 3)));
    let y = Matrix::from_fn(6, 1, |i, _| (i * i) as f64);
    let s = infer(&x, &y, None, Covariance::Hc3).summary(0, 0.95).unwrap();
    assert_eq!(s.no_errors, Some(Why::FullLeverage { row: Some(3) }));
    assert_eq!(
        Why::FullLeverage { row: Some(3) }.to_string(),
        "row 4 has leverage one: a coefficient depends on it alone"
    );
}
