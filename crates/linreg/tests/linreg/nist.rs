//! The linear sets of NIST's Statistical Reference Datasets, scored by the digits of the worst coefficient.
//!
//! Certified values have 15 digits, so a set whose values begin with a small digit cannot score 15: what is missing
//! there is the rounding of the certificate.

use planish_linreg::ols::Covariance;
use planish_linreg::rows::ColumnSource;
use planish_linreg::{Fit, FittedLinearRegression, LinearRegression};
use planish_tensor::dd::DdVec;
use planish_tensor::{Dd, Isa};

/// A set: its name, the degree of the polynomial (0: the columns are the terms), whether there is an intercept, and the
/// digits reached of the worst coefficient, of the residual standard deviation and of the worst standard error, rounded down to a tenth.
type Set = (&'static str, usize, bool, f64, f64, f64);

const SETS: [Set; 11] = [
    ("Filip", 10, true, 14.3, 15.0, 14.4),
    ("Longley", 0, true, 14.6, 15.0, 14.4),
    ("NoInt1", 0, false, 14.7, 15.0, 14.4),
    ("NoInt2", 0, false, 15.0, 15.0, 14.4),
    ("Norris", 0, true, 14.3, 15.0, 14.4),
    ("Pontius", 2, true, 15.0, 14.7, 14.4),
    ("Wampler1", 5, true, 15.0, 15.0, 14.4),
    ("Wampler2", 5, true, 15.0, 15.0, 14.4),
    ("Wampler3", 5, true, 15.0, 14.8, 14.4),
    ("Wampler4", 5, true, 15.0, 14.8, 14.4),
    ("Wampler5", 5, true, 15.0, 14.8, 14.4),
];

/// Certified coefficients and residual standard deviation; the data, response first.
struct Certified {
    coef: Vec<f64>,
    std_errors: Vec<f64>,
    r2: f64,
    f: f64,
    residual_sd: f64,
    columns: Vec<DdVec>,
}

fn read(name: &str) -> Certified {
    let path = format!("{}/tests/nist/{name}.dat", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).unwrap();
    let lines: Vec<Vec<&str>> = text.lines().map(|l| l.split_whitespace().collect()).collect();
    let number = |s: &str| s.parse::<f64>().unwrap();
    let is_coef = |w: &&str| w.starts_with('B') && w[1..].parse::<u32>().is_ok();
    let certified = &lines[30..60];
    let column_of = |j: usize| {
        certified.iter().filter(|w| w.first().is_some_and(is_coef)).map(|w| number(w[j])).collect()
    };
    let r2 = certified.iter().find(|w| w.first() == Some(&"R-Squared")).unwrap();
    let regression = certified.iter().find(|w| w.first() == Some(&"Regression")).unwrap();
    let sd = certified.iter().find(|w| w.len() == 3 && w[..2] == ["Standard", "Deviation"]).unwrap();
    let rows: Vec<_> = lines[60..].iter().filter(|w| !w.is_empty()).collect();
    let column = |j| column(rows.iter().map(|w: &&Vec<&str>| Dd::parse_decimal(w[j]).unwrap()));
    Certified {
        coef: column_of(1),
        std_errors: column_of(2),
        r2: number(r2[1]),
        f: regression[4].parse().unwrap_or(f64::INFINITY),
        residual_sd: number(sd[2]),
        columns: (0..rows[0].len()).map(column).collect(),
    }
}

fn column(values: impl ExactSizeIterator<Item = Dd>) -> DdVec {
    let mut c = DdVec::zeros(values.len());
    for (i, v) in values.enumerate() {
        (c.hi[i], c.lo[i]) = (v.hi, v.lo);
    }
    c
}

/// x, x², … in double-double.
fn powers(x: &DdVec, degree: usize) -> Vec<DdVec> {
    let at = |i: usize| Dd { hi: x.hi[i], lo: x.lo[i] };
    let power = |k| column((0..x.hi.len()).map(|i| (1..k).fold(at(i), |p, _| p * at(i))));
    (1..=degree).map(power).collect()
}

/// −log₁₀ of the relative error, at most 15; of the absolute error where the certified value is zero.
fn digits(found: f64, certified: f64) -> f64 {
    let error = (found - certified).abs();
    let relative = if certified == 0.0 { error } else { error / certified.abs() };
    #[expect(clippy::disallowed_methods, reason = "a score, compared to a tenth")]
    let score = -relative.log10();
    score.min(15.0)
}

fn fit(isa: Isa, set: Set) -> (FittedLinearRegression, Certified) {
    let (name, degree, fit_intercept, ..) = set;
    let certified = read(name);
    let terms =
        if degree == 0 { certified.columns[1..].to_vec() } else { powers(&certified.columns[1], degree) };
    let n = certified.columns[0].hi.len();
    let x = terms.iter().map(|c| c.first(n)).collect();
    let mut source = ColumnSource::new(x, vec![certified.columns[0].first(n)], None).unwrap();
    let model =
        LinearRegression { fit_intercept, inference: Some(Covariance::Classical), ..Default::default() };
    (model.fit(isa, &mut source).unwrap(), certified)
}

/// The digits of the worst coefficient, of the residual standard deviation and of the worst standard error.
fn score(set: Set) -> (f64, f64, f64) {
    let (fitted, certified) = fit(Isa::best(), set);
    assert!(fitted.aliased.is_empty(), "{}", set.0);
    let r = &fitted.responses[0];
    let intercept = set.2.then(|| r.intercept.to_f64());
    let found: Vec<_> = intercept.into_iter().chain(r.coef.iter().map(|c| c.to_f64())).collect();
    assert_eq!(found.len(), certified.coef.len());
    let worst = found.iter().zip(&certified.coef).map(|(f, c)| digits(*f, *c)).fold(15.0, f64::min);
    let errors = fitted.std_errors(0, Covariance::Classical).unwrap();
    assert_eq!(errors.len(), certified.std_errors.len());
    let error = errors.iter().zip(&certified.std_errors).map(|(f, c)| digits(*f, *c)).fold(15.0, f64::min);
    let summary = fitted.summary(0, 0.95).unwrap();
    let r2 = digits(summary.r2, certified.r2);
    let f = summary.f.map(|f| digits(f.statistic, certified.f));
    // Where F is certified as infinite the fit is perfect, and there is none.
    assert_eq!(
        (summary.perfect, f.is_none()),
        (certified.f.is_infinite(), certified.f.is_infinite()),
        "{}",
        set.0
    );
    assert!(r2 > 14.0 && f.is_none_or(|f| f > 13.5), "{}: {r2} {f:?}", set.0);
    (worst, digits(r.residual_sd, certified.residual_sd), error)
}

#[test]
fn every_set_reaches_its_digits() {
    let mut sum = 0.0;
    for set in SETS {
        let (coef, residual_sd, error) = score(set);
        println!(
            "{}: coefficients {coef:.2}, residual SD {residual_sd:.2}, standard errors {error:.2}",
            set.0
        );
        assert!(coef >= set.3, "{}: {coef} digits of the coefficients, not {}", set.0, set.3);
        assert!(residual_sd >= set.4, "{}: {residual_sd} digits of the deviation, not {}", set.0, set.4);
        assert!(error >= set.5, "{}: {error} digits of the standard errors, not {}", set.0, set.5);
        sum += coef;
    }
    assert!(sum / 11.0 >= 14.8, "{sum}");
}

#[test]
fn every_set_has_the_same_bits_on_every_instruction_set() {
    for set in SETS {
        let (expected, _) = fit(Isa::SCALAR, set);
        for isa in Isa::all_exact() {
            assert_eq!(fit(isa, set).0, expected, "{} {}", set.0, isa.name());
        }
    }
}

#[test]
fn only_filip_takes_more_than_two_refinements() {
    for set in SETS {
        let (fitted, _) = fit(Isa::best(), set);
        assert!(fitted.refinements <= if set.0 == "Filip" { 3 } else { 2 }, "{}", set.0);
    }
}
