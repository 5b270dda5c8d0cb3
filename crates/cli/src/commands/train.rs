//! `planish train`: a table in, a model out.

use crate::args::{ModelKind, TaskArg, TrainArgs, exec};
use crate::progress::TrainingProgress;
use crate::report;
use anyhow::{Context, bail};
use clap::ArgMatches;
use clap::parser::ValueSource;
use planish_io::{CsvSource, check_writable, save_model};
use planish_linreg::Response;
use planish_model::{
    Failed, LinearSettings, Model, NetworkSettings, Predictor, Settings, fit_linear, fit_network,
};
use planish_nn::Activation;
use planish_optim::Optimizer;
use planish_tabular::RowSource;
use planish_tensor::Exec;
use planish_train::{History, Stop};
use serde_json::json;

pub(crate) fn run(a: &TrainArgs, matches: Option<&ArgMatches>) -> anyhow::Result<()> {
    let exec = exec(a.threads)?;
    check_writable(&a.output)?;
    let mut source = CsvSource::open(&a.data, &a.table.options())?;
    source.warnings().iter().for_each(|w| report::note(w));
    let model = match a.model {
        ModelKind::Mlp => train_network(exec, a, &mut source)?,
        ModelKind::Linear => {
            say_unused(matches);
            train_linear(exec, a, &mut source)?
        }
    };
    save_model(&model, &a.output)?;
    say_notes(&model);
    if let Some(Stop::Diverged { epoch, .. }) = history(&model).map(|h| h.stop) {
        let kept = history(&model).map_or(0, |h| h.best_epoch);
        bail!(
            "training diverged in epoch {epoch}: the loss is not finite. The weights of epoch {kept} are kept in {}; try a smaller --lr",
            a.output.display()
        );
    }
    if a.json {
        return report::print_json(&summary_json(&model, a));
    }
    report::print(&summary(&model, a))
}

fn train_network(exec: Exec, a: &TrainArgs, source: &mut CsvSource) -> anyhow::Result<Model> {
    if a.hidden.0.is_empty() && a.activation != Activation::Relu {
        report::note("--activation has no effect without hidden layers");
    }
    if a.no_intercept {
        report::note("--no-intercept has no effect with --model mlp");
    }
    let table = source.read_all()?;
    let settings = NetworkSettings {
        task: a.task.map(Into::into),
        drop: a.drop.clone(),
        hidden: a.hidden.0.clone(),
        activation: a.activation,
        optimizer: Optimizer::from_name(&a.optimizer, a.lr)?,
        epochs: a.epochs,
        batch_size: a.batch_size,
        validation_split: a.validation_split,
        patience: a.patience,
        seed: a.seed,
        ..NetworkSettings::new(&a.target)
    };
    let mut progress = TrainingProgress::new(a.epochs);
    let model = fit_network(exec, &table, &settings, &mut progress);
    progress.finish();
    model.with_context(|| source.name().to_owned())
}

fn train_linear(exec: Exec, a: &TrainArgs, source: &mut CsvSource) -> anyhow::Result<Model> {
    if a.task == Some(TaskArg::Classify) {
        bail!(
            "--model linear predicts numbers; for classes use --model mlp (with --hidden none for a linear classifier)"
        );
    }
    let settings =
        LinearSettings { target: a.target.clone(), drop: a.drop.clone(), intercept: !a.no_intercept };
    let name = source.name().to_owned();
    fit_linear(exec, source, &settings).map_err(|e| match e {
        Failed::Source(e) => anyhow::Error::from(e),
        Failed::Model(e) => anyhow::Error::from(e).context(name),
    })
}

/// What a careful reader should know of the fitted model.
fn say_notes(model: &Model) {
    for (column, n) in &model.record().rare_categories {
        report::note(&format!(
            "column {column:?}: {n} {} a category too rare to be kept, or found among held-out rows alone; it counts as unknown",
            report::rows_had(*n)
        ));
    }
    if let (Some(h), Settings::Network(s)) = (history(model), &model.record().settings)
        && h.validation_rows == 0
        && s.validation_split > 0.0
    {
        report::note(
            "there are too few rows to hold any out: all epochs were run, and there is no held-out score",
        );
    }
}

/// Says which options that were typed mean nothing to a linear model.
fn say_unused(matches: Option<&ArgMatches>) {
    let Some(matches) = matches else { return };
    for id in [
        "hidden",
        "activation",
        "optimizer",
        "lr",
        "epochs",
        "batch_size",
        "validation_split",
        "patience",
        "seed",
    ] {
        if matches.value_source(id) == Some(ValueSource::CommandLine) {
            report::note(&format!("--{} has no effect with --model linear", id.replace('_', "-")));
        }
    }
}

fn history(model: &Model) -> Option<&History> {
    model.record().history.as_ref()
}

fn response(model: &Model) -> Option<&Response> {
    match model.predictor() {
        Predictor::Linear(l) => l.fit.responses.first(),
        _ => None,
    }
}

fn summary(model: &Model, a: &TrainArgs) -> String {
    let record = model.record();
    let mut out = report::target(model.target());
    if a.task.is_none() {
        out += ", inferred";
    }
    out += &format!(
        "\n{}, trained on {} rows",
        report::model(model),
        report::count(history(model).map_or(record.rows, |h| h.rows as u64))
    );
    if record.rows_without_target > 0 {
        out += &format!(" ({} without a target left out)", report::count(record.rows_without_target));
    }
    out.push('\n');
    if let Some(h) = history(model) {
        let why = match h.stop {
            Stop::EarlyStopping => "; the held-out loss no longer fell",
            _ => "",
        };
        out += &format!("kept epoch {} of {}{why}\n", h.best_epoch, h.epochs.len());
        if !record.validation.is_empty() {
            out += &format!(
                "{} held-out rows: {}\n",
                report::count(h.validation_rows as u64),
                report::scores(&record.validation)
            );
        }
    }
    if let Some(r) = response(model) {
        out += &format!(
            "r2 {}   residual standard deviation {}\n",
            report::score(r.r2),
            report::score(r.residual_sd)
        );
    }
    for term in model.aliased() {
        out += &format!("dropped {term}: it is a combination of terms before it\n");
    }
    out + &report::wrote(&a.output) + "\n"
}

fn summary_json(model: &Model, a: &TrainArgs) -> serde_json::Value {
    let record = model.record();
    let mut out = json!({
        "task": model.task().name(),
        "target": model.target().column(),
        "task_inferred": a.task.is_none(),
        "rows": record.rows,
        "rows_without_target": record.rows_without_target,
        "parameters": model.parameters(),
        "model": a.output,
    });
    if let Some(h) = history(model) {
        out["epochs"] = json!(h.epochs.len());
        out["best_epoch"] = json!(h.best_epoch);
        out["validation"] = json!({ "rows": h.validation_rows, "metrics": record.validation });
    }
    if let Some(r) = response(model) {
        out["r2"] = json!(r.r2);
        out["residual_sd"] = json!(r.residual_sd);
        out["aliased"] = json!(model.aliased());
    }
    out
}
