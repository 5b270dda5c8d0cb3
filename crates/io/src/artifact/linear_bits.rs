//! Linear models of tables of every sort keep their bits from one version to the next, with any number of threads and on any instruction set. (Those of
//! least squares changed once more when 1 − h was no longer formed by subtraction, in the last digit of Cook's distances, and with the text of triangles.)

use planish_linreg::ols::Covariance;
use planish_linreg::penalised::AlphaRule;
use planish_model::{LinearKind, LinearSettings, fit_linear};
use planish_tabular::{Formula, Kind, Schema, Table, TableSource};
use planish_tensor::{Dd, Exec, Isa};

/// Rows, such that blocks of the fit do not end where blocks of the table do.
const ROWS: u64 = 9001;

/// Columns `a` to `d` of numbers with rests, `g` and `h` of categories, and the targets: `y`, a number; `two` and `three`, classes; `digit`, classes
/// that are numbers; `count`. `w` are weights, `k` clusters. With `gaps` some cells are missing everywhere but among the weights and clusters.
fn table(rows: u64, gaps: bool) -> Table {
    let number = ["a", "b", "c", "d", "y", "digit", "count", "w"].map(|n| (n, Kind::Number));
    let text = ["g", "h", "two", "three", "k"].map(|n| (n, Kind::Category));
    let mut t = Table::new(Schema::new(number.into_iter().chain(text)));
    let mut state = 1_u64;
    let mut draw = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / 9_007_199_254_740_992.0
    };
    for row in 0..rows {
        let x: [f64; 4] = std::array::from_fn(|j| draw() * (j as f64 + 1.0) + [0.0, 40.0, -3.0, 0.0][j]);
        let eta = x[0] - 0.3 * (x[1] - 40.0) + 0.2 * x[3] + draw() - 0.5;
        let hole = |at: u64| gaps && (row * 31 + at * 17).is_multiple_of(23);
        for (j, &v) in x.iter().enumerate() {
            let cell = Dd { hi: v, lo: if row % 5 == 0 { 0.0 } else { v * 3e-17 * draw() } };
            t.push_decimal(j, (!hole(j as u64)).then_some(cell));
        }
        let y = Dd { hi: eta, lo: eta * 2e-17 };
        t.push_decimal(4, (!hole(9)).then_some(y));
        t.push_number(5, (!hole(10)).then_some(f64::from(eta > 0.4)));
        t.push_number(6, (!hole(11)).then_some((3.0 * eta.abs()).floor()));
        t.push_decimal(7, Some(Dd { hi: (draw() * 4.0).floor() + 0.1, lo: 1e-18 }));
        let mut name =
            |of: &[&'static str], at: u64| (!hole(at)).then(|| of[(draw() * of.len() as f64) as usize]);
        t.push_text(8, name(&["u", "w", "v"], 5));
        t.push_text(9, name(&["left", "right"], 6));
        t.push_text(10, (!hole(12)).then_some(if eta > 0.3 { "yes" } else { "no" }));
        t.push_text(11, (!hole(13)).then_some(["i", "iii", "ii"][((eta + 2.0) as usize).min(2)]));
        t.push_text(12, Some(["k1", "k2", "k3", "k4", "k5"][(row % 5) as usize]));
        t.end_row(row + 2);
    }
    t
}

fn settings(target: &str, kind: LinearKind) -> LinearSettings {
    let others = ["y", "digit", "count", "w", "two", "three", "k"];
    let drop = others.iter().filter(|n| **n != target).map(|n| (*n).to_owned()).collect();
    LinearSettings { kind, drop, ..LinearSettings::new(target) }
}

/// The digest of pipeline and fit, which must not depend on the machine.
fn digest(table: &Table, settings: &LinearSettings) -> String {
    let of = |exec| {
        let model = fit_linear(exec, &mut TableSource::new(table), settings).unwrap();
        let linear = model.linear().unwrap();
        let json = serde_json::to_vec(&(
            &linear.design,
            &linear.fit,
            model.target(),
            model.fit_notes().imputed.len(),
        ));
        blake3::hash(&json.unwrap()).to_hex()[..16].to_owned()
    };
    let found = of(Exec { threads: 3, ..Exec::best() });
    assert_eq!(of(Exec::serial(Isa::SCALAR)), found);
    found
}

#[test]
fn linear_models_have_the_bits_of_before() {
    let elastic = |alpha, l1_ratio| {
        let (standardize, folds, seed, rule) = (true, 3, 5, AlphaRule::Min);
        LinearKind::ElasticNet { alpha, l1_ratio, standardize, folds, seed, rule }
    };
    let ridge = LinearKind::Ridge { alpha: Some(0.5), standardize: true };
    let logistic = LinearKind::Logistic { l2: 0.01 };
    let least = LinearKind::LeastSquares;
    let own = |name: &str| Some(name.to_owned());
    let without = |base: LinearSettings, name: &str| LinearSettings {
        drop: base.drop.iter().filter(|n| *n != name).cloned().collect(),
        ..base
    };
    let formula = Formula {
        powers: vec![("b".to_owned(), 3)],
        interactions: vec![("a".to_owned(), "g".to_owned()), ("g".to_owned(), "h".to_owned())],
    };
    let numbers = |mut of: LinearSettings| {
        of.drop.extend(["g".to_owned(), "h".to_owned()]);
        of
    };
    let weighted = LinearSettings { weights: own("w"), ..without(settings("y", least.clone()), "w") };
    let clustered = LinearSettings {
        cluster: own("k"),
        covariance: Covariance::Cluster,
        ..without(settings("y", least.clone()), "k")
    };
    let by_number = LinearSettings { cluster: own("count"), ..without(clustered.clone(), "count") };
    let (whole, gaps, many) = (table(ROWS, false), table(ROWS, true), table(20_000, false));
    let cases = [
        ("numbers", &whole, numbers(settings("y", least.clone()))),
        ("many rows", &many, numbers(settings("y", least.clone()))),
        ("categories", &whole, settings("y", least.clone())),
        ("gaps", &gaps, settings("y", least.clone())),
        ("formula", &gaps, LinearSettings { formula: formula.clone(), ..settings("y", least.clone()) }),
        ("no intercept", &gaps, LinearSettings { intercept: false, ..settings("y", least.clone()) }),
        ("weights", &gaps, weighted),
        (
            "many weights",
            &many,
            LinearSettings { weights: own("w"), ..without(numbers(settings("y", least)), "w") },
        ),
        ("clusters", &whole, LinearSettings { drop: clustered.drop.clone(), ..clustered }),
        ("clusters by number", &whole, by_number),
        ("ridge", &gaps, settings("y", ridge)),
        ("ridge by validation", &whole, settings("y", LinearKind::Ridge { alpha: None, standardize: false })),
        ("lasso", &gaps, settings("y", elastic(Some(0.01), 1.0))),
        ("elastic net by validation", &whole, settings("y", elastic(None, 0.5))),
        ("non-negative", &gaps, settings("y", LinearKind::NonNegative)),
        ("logistic", &gaps, settings("two", logistic.clone())),
        ("logistic of numbers", &gaps, settings("digit", logistic.clone())),
        ("multinomial", &gaps, settings("three", logistic)),
        ("poisson", &gaps, settings("count", LinearKind::Poisson { l2: 0.0 })),
    ];
    let found: Vec<_> = cases.iter().map(|(name, table, s)| (*name, digest(table, s))).collect();
    let found: Vec<_> = found.iter().map(|(name, digest)| (*name, digest.as_str())).collect();
    assert_eq!(found, DIGESTS);
}

/// BLAKE3 of pipeline, fit and target as JSON, the first half of the digits.
const DIGESTS: [(&str, &str); 19] = [
    ("numbers", "e26d90974fcb1698"),
    ("many rows", "9e0117ae3f0c451d"),
    ("categories", "17ab95394a3dc403"),
    ("gaps", "0c49d1754694a24e"),
    ("formula", "7e576304efb1caa5"),
    ("no intercept", "5cf920822b39d335"),
    ("weights", "831b91750b9236da"),
    ("many weights", "8f41b15345505783"),
    ("clusters", "2796c337892ecb2e"),
    ("clusters by number", "347688c927ff0d2f"),
    ("ridge", "33cab3f6a2743383"),
    ("ridge by validation", "9779411bd6f02e80"),
    ("lasso", "2e5b7dba19e4c933"),
    ("elastic net by validation", "8631b48d26a57fb7"),
    ("non-negative", "ccee41146d2b46f2"),
    ("logistic", "7e95153c5d4b5b0c"),
    ("logistic of numbers", "5c34bcaec0c7d4e7"),
    ("multinomial", "034d12ada8999fc4"),
    ("poisson", "f01f9d0dbeb34e7e"),
];
