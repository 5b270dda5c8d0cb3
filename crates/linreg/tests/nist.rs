//! The linear sets of NIST's Statistical Reference Datasets: digits of the worst coefficient.
use planish_linreg::{ColumnSource, FittedLinearRegression, LinearRegression};
use planish_tensor::dd::DdVec;
use planish_tensor::{Dd, Isa};

/// A set: its name, the degree of the polynomial (0: the columns are the terms), the intercept, the digits.
type Set = (&'static str, usize, bool, f64);

const SETS: [Set; 11] = [
    ("Filip", 10, true, 0.0),
    ("Longley", 0, true, 0.0),
    ("NoInt1", 0, false, 0.0),
    ("NoInt2", 0, false, 0.0),
    ("Norris", 0, true, 0.0),
    ("Pontius", 2, true, 0.0),
    ("Wampler1", 5, true, 0.0),
    ("Wampler2", 5, true, 0.0),
    ("Wampler3", 5, true, 0.0),
    ("Wampler4", 5, true, 0.0),
    ("Wampler5", 5, true, 0.0),
];

/// Certified coefficients and residual standard deviation; the data, response first.
struct Certified {
    coef: Vec<f64>,
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
    let coef = certified.iter().filter(|w| w.first().is_some_and(is_coef)).map(|w| number(w[1])).collect();
    let sd = certified.iter().find(|w| w.len() == 3 && w[..2] == ["Standard", "Deviation"]).unwrap();
    let rows: Vec<_> = lines[60..].iter().filter(|w| !w.is_empty()).collect();
    let column = |j| column(rows.iter().map(|w: &&Vec<&str>| Dd::parse_decimal(w[j]).unwrap()));
    Certified { coef, residual_sd: number(sd[2]), columns: (0..rows[0].len()).map(column).collect() }
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
    (-relative.log10()).min(15.0)
}

fn fit(isa: Isa, set: Set) -> (FittedLinearRegression, Certified) {
    let (name, degree, fit_intercept, _) = set;
    let certified = read(name);
    let terms =
        if degree == 0 { certified.columns[1..].to_vec() } else { powers(&certified.columns[1], degree) };
    let n = certified.columns[0].hi.len();
    let x = terms.iter().map(|c| c.first(n)).collect();
    let mut source = ColumnSource::new(x, vec![certified.columns[0].first(n)], None).unwrap();
    let model = LinearRegression { fit_intercept, ..Default::default() };
    (model.fit(isa, &mut source).unwrap(), certified)
}

#[test]
fn every_set_reaches_its_digits() {
    let (mut sum, mut worst) = (0.0, 15.0_f64);
    for set in SETS {
        let (fitted, certified) = fit(Isa::best(), set);
        let r = &fitted.responses[0];
        let found = r.coef.iter().map(|c| c.to_f64());
        let found: Vec<_> = set.2.then(|| r.intercept.to_f64()).into_iter().chain(found).collect();
        assert_eq!(found.len(), certified.coef.len());
        let d = found.iter().zip(&certified.coef).map(|(f, c)| digits(*f, *c)).fold(15.0, f64::min);
        let sd = digits(r.residual_sd, certified.residual_sd);
        println!(
            "{:9} coef {d:.2}  sd {sd:.2}  cond {:.1e} passes {} aliased {:?} r2 {}",
            set.0, fitted.condition, fitted.refinements, fitted.aliased, r.r2
        );
        sum += d;
        worst = worst.min(d);
    }
    println!("mean {:.2} worst {worst:.2}", sum / 11.0);
}
