//! What holds for every penalised and generalised linear model: conditions of the optimum, invariance, equal bits, refusals.

use planish_linreg::glm::FittedGlm;
use planish_linreg::penalised::{
    AlphaRule, ElasticNetCv, FittedElasticNet, KFold, NonNegative, RidgeCriterion, RidgeCv,
};
use planish_linreg::{Coefficient, ElasticNet, Fit, Glm, Lasso, LinearRegression, LinregError, Ridge};
use planish_tensor::rng::{Purpose, Stream};
use planish_tensor::{Isa, Matrix};

/// Columns of several scales, correlated, one far from zero; and a response.
fn data(n: usize, p: usize, seed: u64) -> (Matrix<f64>, Matrix<f64>) {
    let s = Stream::new(seed, Purpose::Sample, 0);
    let mut x = Matrix::from_fn(n, p, |i, j| s.normal((i * (p + 1) + j) as u64));
    for i in 0..n {
        for j in 1..p {
            let before = x[(i, j - 1)];
            x[(i, j)] += 0.5 * before;
        }
        x[(i, p - 1)] = 1000.0 + 20.0 * x[(i, p - 1)];
    }
    let y = Matrix::from_fn(n, 1, |i, _| {
        let signal: f64 = (0..p).map(|j| x[(i, j)] * ((j % 4) as f64 - 1.0) / (1.0 + j as f64)).sum();
        signal + s.normal((i * (p + 1) + p) as u64)
    });
    (x, y)
}

/// The coefficients of all predictors.
fn table(fitted: &FittedGlm) -> Vec<Coefficient> {
    (0..fitted.coefficients.len()).flat_map(|k| fitted.table(k, 0.95)).collect()
}

/// y − b₀ − Xb of each row.
fn residuals(x: &Matrix<f64>, y: &Matrix<f64>, c: &planish_linreg::Coefficients) -> Vec<f64> {
    let fit = c.predict_matrix(Isa::best(), x.view()).unwrap();
    (0..x.rows()).map(|i| y[(i, 0)] - fit[i]).collect()
}

/// The inner product of each column about its mean with the residuals.
pub(crate) fn slopes(x: &Matrix<f64>, r: &[f64], w: Option<&[f64]>) -> Vec<f64> {
    let w = |i: usize| w.map_or(1.0, |w| w[i]);
    let total: f64 = (0..x.rows()).map(w).sum();
    (0..x.cols())
        .map(|j| {
            let mean = (0..x.rows()).map(|i| w(i) * x[(i, j)]).sum::<f64>() / total;
            (0..x.rows()).map(|i| w(i) * (x[(i, j)] - mean) * r[i]).sum()
        })
        .collect()
}

/// The largest violation of the optimality of an elastic net, as a part of its penalty.
pub(crate) fn violation(x: &Matrix<f64>, y: &Matrix<f64>, w: Option<&[f64]>, f: &FittedElasticNet) -> f64 {
    let total: f64 = w.map_or(x.rows() as f64, |w| w.iter().sum());
    let (l1, l2) = (f.alpha * f.l1_ratio, f.alpha * (1.0 - f.l1_ratio));
    let r = residuals(x, y, &f.coefficients);
    let by_term = slopes(x, &r, w).into_iter().zip(&f.coefficients.coef).map(|(g, &b)| {
        let g = g / total - l2 * b;
        if b == 0.0 { (g.abs() - l1).max(0.0) } else { (g - l1 * b.signum()).abs() }
    });
    by_term.fold(0.0, f64::max) / l1
}

#[test]
fn the_whole_path_of_an_elastic_net_is_optimal() {
    for (n, p, l1_ratio) in [(5000, 12, 1.0), (300, 12, 0.4), (40, 60, 1.0), (40, 60, 0.7)] {
        let (x, y) = data(n, p, 3);
        let weights: Vec<f64> = (0..n).map(|i| (i % 3) as f64).collect();
        let net = ElasticNet { l1_ratio, ..ElasticNet::default() };
        for w in [None, Some(&weights[..])] {
            let mut source = planish_linreg::MatrixSource::new(x.view(), y.view(), w).unwrap();
            let path = net.path(Isa::best(), &mut source, None).unwrap();
            assert_eq!(path.len(), 100);
            assert_eq!(path[0].non_zero(), 0);
            assert!(path[99].non_zero() > p / 4);
            for fitted in &path {
                let off = violation(&x, &y, w, fitted);
                assert!(fitted.converged && off < 1e-8, "{n} × {p}, alpha {}: {off}", fitted.alpha);
            }
        }
    }
}

#[test]
fn copies_of_columns_do_not_disturb_the_lasso() {
    let (x, y) = data(200, 4, 9);
    let twice = Matrix::from_fn(200, 9, |i, j| if j == 8 { 5.0 } else { x[(i, j % 4)] });
    let lasso = Lasso { alpha: 0.05, ..Lasso::default() };
    let fitted = lasso.fit_matrix(Isa::best(), twice.view(), y.view(), None).unwrap();
    let once = lasso.fit_matrix(Isa::best(), x.view(), y.view(), None).unwrap();
    assert!(fitted.converged && violation(&twice, &y, None, &fitted) < 1e-8);
    assert!((fitted.rss / once.rss - 1.0).abs() < 1e-9);
    assert_eq!(fitted.coefficients.coef[8], 0.0);
}

#[test]
fn a_ridge_solves_its_equations_and_tends_to_least_squares() {
    let (x, y) = data(4500, 6, 5);
    for alpha in [1e-3, 1.0, 1e4] {
        let fitted =
            Ridge { alpha, ..Ridge::default() }.fit_matrix(Isa::best(), x.view(), y.view(), None).unwrap();
        let r = residuals(&x, &y, &fitted.coefficients);
        for (g, b) in slopes(&x, &r, None).into_iter().zip(&fitted.coefficients.coef) {
            assert!((g - alpha * b).abs() < 1e-8 * (1.0 + (alpha * b).abs()), "{g} {}", alpha * b);
        }
        assert!((r.iter().map(|r| r * r).sum::<f64>() / fitted.rss - 1.0).abs() < 1e-11);
    }
    let least_squares =
        LinearRegression::default().fit_matrix(Isa::best(), x.view(), y.view(), None).unwrap();
    let ridge =
        Ridge { alpha: 0.0, ..Ridge::default() }.fit_matrix(Isa::best(), x.view(), y.view(), None).unwrap();
    for (a, b) in ridge.coefficients.coef.iter().zip(&least_squares.responses[0].coef) {
        assert!((a - b.to_f64()).abs() < 1e-12 * b.to_f64().abs().max(1e-2));
    }
    assert!((ridge.degrees_of_freedom - 7.0).abs() < 1e-12);
}

#[test]
fn standardised_penalties_do_not_see_units() {
    let (x, y) = data(300, 5, 6);
    let scaled = Matrix::from_fn(300, 5, |i, j| x[(i, j)] * [1e6, 1e-9, 3.0, 0.7, 1e3][j]);
    let ridge = Ridge { alpha: 50.0, standardize: true, ..Ridge::default() };
    let net = ElasticNet { alpha: 0.1, standardize: true, ..ElasticNet::default() };
    let large = Matrix::from_fn(300, 1, |i, _| y[(i, 0)] * 1e5);
    let coefficients = |x: &Matrix<f64>, y: &Matrix<f64>| {
        let (x, y, isa) = (x.view(), y.view(), Isa::best());
        let (r, n) = (ridge.fit_matrix(isa, x, y, None).unwrap(), net.fit_matrix(isa, x, y, None).unwrap());
        [r.coefficients.coef, n.coefficients.coef].concat()
    };
    for (j, (a, b)) in coefficients(&x, &y).into_iter().zip(coefficients(&scaled, &large)).enumerate() {
        let b = b * [1e6, 1e-9, 3.0, 0.7, 1e3][j % 5] / 1e5;
        assert!((a - b).abs() < 1e-11 * a.abs().max(1e-3), "{j}: {a} {b}");
    }
}

#[test]
fn non_negative_coefficients_satisfy_their_conditions() {
    for (n, p) in [(500, 10), (30, 50)] {
        let (x, y) = data(n, p, 8);
        let fitted = NonNegative::default().fit_matrix(Isa::best(), x.view(), y.view(), None).unwrap();
        let r = residuals(&x, &y, &fitted.coefficients);
        let size = fitted.tss.sqrt();
        for (j, (g, &b)) in slopes(&x, &r, None).into_iter().zip(&fitted.coefficients.coef).enumerate() {
            let scale = size * (0..n).map(|i| x[(i, j)] * x[(i, j)]).sum::<f64>().sqrt();
            assert!(b >= 0.0 && g <= 1e-10 * scale && (b == 0.0 || g.abs() <= 1e-10 * scale), "{j}: {b} {g}");
        }
        assert!(fitted.coefficients.coef.iter().any(|b| *b > 0.0) && fitted.coefficients.coef.contains(&0.0));
    }
}

/// Responses of the families that depend on the terms.
fn responses(x: &Matrix<f64>, seed: u64) -> [Matrix<f64>; 3] {
    let s = Stream::new(seed, Purpose::Sample, 7);
    let n = x.rows();
    let eta = |i: usize| 0.8 * x[(i, 0)] - 0.5 * x[(i, 1)] + 0.01 * (x[(i, x.cols() - 1)] - 1000.0);
    let binary = Matrix::from_fn(n, 1, |i, _| f64::from(u8::from(eta(i) + 2.0 * s.normal(i as u64) > 0.0)));
    let classes = Matrix::from_fn(n, 1, |i, _| (eta(i) + 2.0 * s.normal(i as u64)).round().clamp(0.0, 2.0));
    let counts = Matrix::from_fn(n, 1, |i, _| (eta(i) + 2.0 + s.normal(i as u64)).max(0.0).floor());
    [binary, classes, counts]
}

fn models() -> [Glm; 3] {
    [Glm::logistic(), Glm::multinomial(3), Glm::poisson()]
}

#[test]
fn the_gradient_of_the_penalised_likelihood_is_zero_at_the_solution() {
    let (x, _) = data(6000, 5, 2);
    for (model, y) in models().into_iter().zip(responses(&x, 4)) {
        for l2 in [0.0, 3.0] {
            let fitted = Glm { l2, ..model }.fit_matrix(Isa::best(), x.view(), y.view(), None).unwrap();
            assert!(fitted.converged && fitted.iterations < 12, "{fitted:?}");
            let means = fitted.predict_matrix(Isa::best(), x.view()).unwrap();
            let shared = |j: usize| {
                let sum: f64 = fitted.coefficients.iter().map(|c| c.coef[j]).sum();
                fitted.family.classes().filter(|c| *c > 2).map_or(0.0, |c| sum / c as f64)
            };
            for (a, c) in fitted.coefficients.iter().enumerate() {
                let rest: Vec<f64> = (0..x.rows())
                    .map(|i| match fitted.family.classes() {
                        Some(_) => f64::from(u8::from(y[(i, 0)] == (a + 1) as f64)) - means[(i, a + 1)],
                        None => y[(i, 0)] - means[(i, 0)],
                    })
                    .collect();
                assert!(rest.iter().sum::<f64>().abs() < 1e-8);
                for (j, g) in slopes(&x, &rest, None).into_iter().enumerate() {
                    let g = g - l2 * (c.coef[j] - shared(j));
                    assert!(g.abs() < 1e-8, "{} {l2}: {g}", fitted.family.name());
                }
            }
        }
    }
}

#[test]
fn two_classes_are_fitted_alike_by_the_logistic_and_the_multinomial_model() {
    let (x, _) = data(700, 4, 12);
    let [y, ..] = responses(&x, 5);
    let two = Glm::logistic().fit_matrix(Isa::best(), x.view(), y.view(), None).unwrap();
    let several = Glm::multinomial(2).fit_matrix(Isa::best(), x.view(), y.view(), None).unwrap();
    for (a, b) in two.table(0, 0.95).iter().zip(several.table(0, 0.95)) {
        assert!((a.estimate - b.estimate).abs() < 1e-11 * a.estimate.abs());
        assert!((a.std_error.unwrap() / b.std_error.unwrap() - 1.0).abs() < 1e-10);
    }
}

#[test]
fn weights_count_as_repeated_rows_and_units_do_not_matter() {
    let (x, _) = data(600, 3, 21);
    let weights: Vec<f64> = (0..600).map(|i| (i % 3) as f64).collect();
    let rows: Vec<usize> = (0..600).flat_map(|i| std::iter::repeat_n(i, i % 3)).collect();
    let repeated = |m: &Matrix<f64>| Matrix::from_fn(rows.len(), m.cols(), |i, j| m[(rows[i], j)]);
    let units = [4096.0, 1.0 / 1048576.0, 2.0];
    let scaled = Matrix::from_fn(600, 3, |i, j| x[(i, j)] * units[j]);
    for (model, y) in models().into_iter().zip(responses(&x, 6)) {
        let fit = |x: &Matrix<f64>, y: &Matrix<f64>, w| {
            model.fit_matrix(Isa::best(), x.view(), y.view(), w).unwrap()
        };
        let by_weight = fit(&x, &y, Some(&weights));
        let by_row = fit(&repeated(&x), &repeated(&y), None);
        let in_units = fit(&scaled, &y, Some(&weights));
        for ((a, b), c) in table(&by_weight).iter().zip(table(&by_row)).zip(table(&in_units)) {
            let unit = a.term.map_or(1.0, |t| units[t]);
            for (a, b, c) in [
                (a.estimate, b.estimate, c.estimate * unit),
                (a.std_error.unwrap(), b.std_error.unwrap(), c.std_error.unwrap() * unit),
            ] {
                assert!((a - b).abs() < 1e-9 * a.abs(), "{a} {b}");
                assert!((a - c).abs() < 1e-9 * a.abs(), "{a} {c}");
            }
        }
    }
}

#[test]
fn every_instruction_set_gives_the_same_bits() {
    let (x, y) = data(5000, 5, 1);
    let all = |isa: Isa| {
        let (xv, yv) = (x.view(), y.view());
        let folds = KFold { folds: 3, seed: Some(4) };
        let base = ElasticNet::default();
        let cv = ElasticNetCv {
            base,
            folds,
            n_alphas: 12,
            rule: AlphaRule::OneStandardError,
            ..ElasticNetCv::default()
        };
        let ridge = RidgeCv { criterion: RidgeCriterion::LeaveOneOut, ..RidgeCv::default() };
        let glms: Vec<_> = models()
            .into_iter()
            .zip(responses(&x, 3))
            .map(|(m, y)| m.fit_matrix(isa, xv, y.view(), None).unwrap())
            .collect();
        (
            cv.fit_matrix(isa, xv, yv, None).unwrap(),
            ridge.fit_matrix(isa, xv, yv, None).unwrap(),
            NonNegative::default().fit_matrix(isa, xv, yv, None).unwrap(),
            glms,
        )
    };
    let expected = all(Isa::SCALAR);
    for isa in Isa::all_exact() {
        assert_eq!(all(isa), expected, "{}", isa.name());
    }
}

#[test]
fn separated_responses_are_an_error_that_names_the_terms() {
    let (x, _) = data(400, 3, 30);
    let run = |model: Glm, y: &dyn Fn(usize) -> f64| {
        let y = Matrix::from_fn(400, 1, |i, _| y(i));
        model.fit_matrix(Isa::best(), x.view(), y.view(), None)
    };
    let separated = |fitted| match fitted {
        Err(LinregError::Separation { terms, .. }) => terms,
        other => panic!("{other:?}"),
    };
    // Whole: the sign of the first term.
    let sign = |i: usize| f64::from(u8::from(x[(i, 0)] > 0.0));
    assert!(separated(run(Glm::logistic(), &sign)).contains(&0));
    assert!(run(Glm { l2: 1.0, ..Glm::logistic() }, &sign).is_ok());
    // In part: a flag beside noise, and all rows with the flag in one class.
    let s = Stream::new(2, Purpose::Sample, 1);
    let flag =
        Matrix::from_fn(400, 2, |i, j| if j == 0 { x[(i, 0)] } else { f64::from(u8::from(i % 10 == 0)) });
    let noise = |i: usize| f64::from(u8::from(s.uniform(i as u64) < 0.5));
    let with_flag = |model: Glm, y: &dyn Fn(usize) -> f64| {
        let y = Matrix::from_fn(400, 1, |i, _| y(i));
        model.fit_matrix(Isa::best(), flag.view(), y.view(), None)
    };
    assert_eq!(separated(with_flag(Glm::logistic(), &|i| if i % 10 == 0 { 1.0 } else { noise(i) })), [1]);
    assert!(with_flag(Glm::logistic(), &|i| if i == 10 { 0.0 } else { noise(i) }).is_ok());
    let three = |i: usize| if i.is_multiple_of(10) { 2.0 } else { noise(i) + noise(i + 400) };
    assert_eq!(separated(with_flag(Glm::multinomial(3), &three)), [1]);
    let counts = |i: usize| if i.is_multiple_of(10) { 0.0 } else { 1.0 + noise(i) };
    assert_eq!(separated(with_flag(Glm::poisson(), &counts)), [1]);
}

#[test]
fn terms_that_depend_on_others_are_dropped_without_a_penalty_and_shared_with_one() {
    let (x, _) = data(300, 3, 40);
    let [y, ..] = responses(&x, 8);
    let twice = Matrix::from_fn(300, 5, |i, j| if j == 4 { 1.0 } else { x[(i, j % 3)] });
    let plain = Glm::logistic().fit_matrix(Isa::best(), twice.view(), y.view(), None).unwrap();
    let small = Glm::logistic().fit_matrix(Isa::best(), x.view(), y.view(), None).unwrap();
    assert_eq!((plain.aliased.as_slice(), plain.parameters()), (&[3, 4][..], 4));
    assert!((plain.deviance / small.deviance - 1.0).abs() < 1e-12);
    assert_eq!((plain.coefficients[0].coef[3], plain.table(0, 0.95)[4].std_error), (0.0, None));
    let ridge =
        Glm { l2: 1.0, ..Glm::logistic() }.fit_matrix(Isa::best(), twice.view(), y.view(), None).unwrap();
    let c = &ridge.coefficients[0].coef;
    assert!((c[0] - c[3]).abs() < 1e-9 && c[4].abs() < 1e-9 && ridge.converged);
}

#[test]
fn small_p_values_keep_their_digits() {
    // Two groups with shares 3/5 and 2/5: z = 2·ln(3/2)/√(2/(rows/2·0.24)), and p = erfc(z/√2), both in 40 digits.
    for (n, z, p) in [
        (20_000, 28.09144671758993, 1.2460917077850606e-173),
        (36_000, 37.688630668106653, 7.626_816_311_441_4e-311),
    ] {
        let x = Matrix::from_fn(n, 1, |i, _| f64::from(u8::from(i % 2 == 0)));
        let y =
            Matrix::from_fn(n, 1, |i, _| f64::from(u8::from((i / 2) % 5 < if i % 2 == 0 { 3 } else { 2 })));
        let row =
            Glm::logistic().fit_matrix(Isa::best(), x.view(), y.view(), None).unwrap().table(0, 0.95)[1];
        assert!((row.statistic.unwrap() / z - 1.0).abs() < 1e-11, "{:?}", row.statistic);
        // An error of z grows by z².
        assert!((row.p.unwrap() / p - 1.0).abs() < 1e-8, "{:?}", row.p);
    }
}

#[test]
fn data_and_settings_that_cannot_be_used_are_refused() {
    let (x, y) = data(6, 2, 50);
    let isa = Isa::best();
    let setting = |e: LinregError| matches!(e, LinregError::Setting { .. });
    let net = |alpha, l1_ratio| {
        ElasticNet { alpha, l1_ratio, ..ElasticNet::default() }
            .fit_matrix(isa, x.view(), y.view(), None)
            .unwrap_err()
    };
    for e in [net(0.0, 0.5), net(f64::NAN, 0.5), net(1.0, 0.0), net(1.0, 1.5)] {
        assert!(setting(e));
    }
    assert!(setting(
        Ridge { alpha: -1.0, ..Ridge::default() }.fit_matrix(isa, x.view(), y.view(), None).unwrap_err()
    ));
    let two = Matrix::from_fn(6, 2, |i, _| i as f64);
    assert_eq!(
        Ridge::default().fit_matrix(isa, x.view(), two.view(), None).unwrap_err(),
        LinregError::OneResponse { responses: 2 }
    );
    let constant = Matrix::from_fn(6, 1, |_, _| 0.1);
    assert_eq!(
        Lasso::default().fit_matrix(isa, x.view(), constant.view(), None).unwrap_err().to_string(),
        "the response is 0.1 in every row: there is nothing to explain"
    );
    let folds = |folds| ElasticNetCv { folds: KFold { folds, seed: None }, ..ElasticNetCv::default() };
    let cv = |k| folds(k).fit_matrix(isa, x.view(), y.view(), None).unwrap_err();
    assert!(setting(cv(1)));
    assert_eq!(cv(7), LinregError::EmptyFold { fold: 7, folds: 7 });
    let one = Matrix::from_fn(1, 2, |_, j| x[(0, j)]);
    let first = Matrix::from_fn(1, 1, |_, _| 1.0);
    assert_eq!(
        Ridge::default().fit_matrix(isa, one.view(), first.view(), None).unwrap_err(),
        LinregError::TooFewRows { rows: 1, parameters: 2 }
    );
    let glm = |model: Glm, values: [f64; 6]| {
        model.fit_matrix(isa, x.view(), Matrix::from_slice(6, 1, &values).view(), None).unwrap_err()
    };
    assert_eq!(
        glm(Glm::logistic(), [0.0, 1.0, 2.0, 0.0, 1.0, 0.0]).to_string(),
        "row 2: the response is 2, not a class from 0 to 1"
    );
    assert_eq!(glm(Glm::logistic(), [1.0; 6]), LinregError::ConstantResponse { value: "1".to_owned() });
    assert_eq!(
        glm(Glm::multinomial(3), [0.0, 2.0, 0.0, 2.0, 0.0, 2.0]),
        LinregError::EmptyClass { class: 1 }
    );
    assert_eq!(
        glm(Glm::poisson(), [0.0, 1.0, -2.0, 0.0, 1.0, 0.0]),
        LinregError::BadCount { row: 2, value: "-2".to_owned() }
    );
    assert!(matches!(glm(Glm::poisson(), [0.0; 6]), LinregError::ConstantResponse { .. }));
    assert!(setting(glm(Glm { l2: -1.0, ..Glm::poisson() }, [1.0; 6])));
}

#[test]
fn fitted_models_survive_json() {
    let (x, y) = data(60, 3, 60);
    let [binary, ..] = responses(&x, 1);
    let isa = Isa::best();
    let glm = Glm::logistic().fit_matrix(isa, x.view(), binary.view(), None).unwrap();
    let text = serde_json::to_string(&glm).unwrap();
    assert_eq!(serde_json::from_str::<planish_linreg::glm::FittedGlm>(&text).unwrap(), glm);
    let net = ElasticNetCv::default().fit_matrix(isa, x.view(), y.view(), None).unwrap();
    let text = serde_json::to_string(&net).unwrap();
    assert_eq!(serde_json::from_str::<FittedElasticNet>(&text).unwrap(), net);
}
