//! The program of the project that `cargo xtask package` makes outside the workspace: a stranger's first use
//! of each packed library. It is compiled there against the packed files, never run, and no part of the xtask
//! crate.

use planish_io::{TableOptions, model_to_bytes, open_bytes};
use planish_linreg::{Fit, LinearRegression};
use planish_model::{LinearSettings, fit_linear};
use planish_nn::{Activation, Plan, Sequential};
use planish_optim::{Group, Optimizer, State};
use planish_report::Report;
use planish_serve::{Options, Service};
use planish_tabular::RowSource;
use planish_tensor::{Exec, Isa, Matrix};
use planish_train::metrics::RegressionScores;
use planish_trees::{Column, Data, Labels, Rows, Settings};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let x = Matrix::from_rows(&[[1.0, 1.0], [1.0, 2.0], [2.0, 2.0], [2.0, 3.0]]);
    let y = Matrix::from_rows(&[[6.0], [8.0], [9.0], [11.0]]);
    let fit = LinearRegression::default().fit_matrix(Isa::best(), x.view(), y.view(), None)?;
    println!("{:?}", fit.responses[0].coef);

    let plan = Plan::new(&Sequential::new(2).dense(1, Activation::Linear))?;
    let mut params = plan.initialize::<f32>(0);
    let grads = params.clone();
    State::new(&Optimizer::adam(0.001), grads.len()).step(Isa::best(), &[Group::all(grads.len())], &mut params, &grads);

    let mut table = open_bytes("t.csv", b"x,y\n1,2\n2,3.5\n3,7\n".to_vec(), &TableOptions::default())?;
    println!("{} columns", table.schema().columns.len());
    let model = fit_linear(Exec::best(), &mut table, &LinearSettings::new("y"))?;
    println!("{} bytes", model_to_bytes(&model).len());
    let columns = [Column::Numbers(&[1.0, 2.0, 3.0])];
    let data = Data::new(&columns, Labels::Numbers(&[1.0, 2.0, 3.0]));
    let rows = Rows { train: &[0, 1, 2], held: &[] };
    let trees = planish_trees::fit(Exec::best(), &data, &rows, &Settings::default(), &mut (), None)?;
    println!("{} trees", trees.forest.trees());

    let mut scores = RegressionScores::default();
    scores.push(1.0, 2.0);
    println!("{:?}", scores.finish());
    let page = Report { title: "m".to_owned(), lead: Vec::new(), sections: Vec::new(), foot: String::new() };
    println!("{} bytes", page.html().len());
    println!("{:?}", Service::new(Exec::best(), Options::default(), vec![("m".to_owned(), model)])?.names());
    Ok(())
}
