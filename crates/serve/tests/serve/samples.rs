//! A table and two models of it, for tests.

use planish_model::{LinearSettings, Model, NetworkSettings, fit_linear, fit_network};
use planish_tabular::{Kind, Schema, Table, TableSource};
use planish_tensor::Exec;
use planish_train::FitOptions;

/// Numbers `x` and `y` = 2x + 1, categories `c` and `k`.
pub(crate) fn table() -> Table {
    let mut t = Table::new(Schema::new([
        ("x", Kind::Number),
        ("c", Kind::Category),
        ("y", Kind::Number),
        ("k", Kind::Category),
    ]));
    for i in 0..60 {
        t.push_number(0, Some(f64::from(i)));
        t.push_text(1, Some(["u", "v"][i as usize % 2]));
        t.push_number(2, Some(2.0 * f64::from(i) + 1.0));
        t.push_text(3, Some(["no", "yes"][usize::from(i > 30)]));
        t.end_row(0);
    }
    t
}

/// A classifier of `k` from `x` and `c`.
pub(crate) fn species() -> Model {
    let settings = NetworkSettings {
        hidden: vec![4],
        drop: vec!["y".into()],
        fit: FitOptions { epochs: 3, ..NetworkSettings::fit() },
        ..NetworkSettings::new("k")
    };
    fit_network(Exec::best(), &table(), &settings, &mut ()).unwrap()
}

/// A linear model of `y` from `x`.
pub(crate) fn mass() -> Model {
    let settings = LinearSettings { drop: vec!["k".into(), "c".into()], ..LinearSettings::new("y") };
    fit_linear(Exec::best(), &mut TableSource::new(&table()), &settings).unwrap()
}
