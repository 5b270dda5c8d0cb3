//! `planish train`: a table in, a model out.

mod auto;
mod features;
mod folds;
pub(crate) mod linear_model;
mod once;
mod shared;
pub(crate) mod trees;

use super::coding;
use crate::args::{TrainArgs, chosen, exec, refuse_json_beside, usage};
use crate::print;
use crate::progress::{FitProgress, TrainingProgress};
use crate::run_files::RunFiles;
use anyhow::{Context, bail};
use clap::ArgMatches;
use clap::error::ErrorKind;
use planish_io::{
    HistoryFile, OutputKind, Outputs, TableOptions, TableRows, is_standard_output, open_table, save_model,
};
use planish_linreg::rows::Watch;
use planish_model::{
    AutoSettings, LearningRates, Model, ModelError, NetworkSettings, Settings, TreeSettings, WorseThan,
    fit_linear_watched, fit_network_with_checkpoints, lr_range_test,
};
use planish_optim::{Curve, RangeTest};
use planish_tabular::{RowSource, Task, shown};
use planish_tensor::Exec;
use planish_train::{Checkpoints, History, Stop, TrainError};
use serde_json::json;
use shared::{Trained, add_no_features, checkpoints, leave_out_time, read_with_validation};
use std::io::IsTerminal;
use std::path::Path;
use std::sync::Arc;

pub(crate) fn run(a: &TrainArgs, typed: &ArgMatches) -> anyhow::Result<()> {
    let exec = exec(a.threads)?;
    if a.lr_range_test {
        check_outputs(a, None)?;
        return range_test(exec, a, typed);
    }
    let Some(output) = &a.output else {
        usage(ErrorKind::MissingRequiredArgument, "a file for the model is needed: --output <MODEL>");
    };
    check_outputs(a, Some(output))?;
    let Trained { model, files, folds } = if a.one_pass {
        Trained { model: once::train(exec, a, typed)?, files: RunFiles::default(), folds: None }
    } else {
        train_source(exec, a, typed)?
    };
    save_model(&model, output)?;
    say_notes(&model);
    say_if_worse(&model);
    if let Some(Stop::Diverged { epoch, .. }) = history(&model).map(|h| h.stop) {
        let kept = history(&model).map_or(0, |h| h.best_epoch);
        bail!(
            "training diverged in epoch {epoch}: the loss is not finite. The weights of epoch {kept} are kept in {}; try a smaller --lr",
            output.display()
        );
    }
    if let Some(fault) = files.fault() {
        return Err(anyhow::Error::from(fault).context(format!(
            "the model is whole in {}, the record of its epochs is not",
            output.display()
        )));
    }
    if a.json {
        let mut out = summary_json(&model, a);
        if let Some(found) = &folds {
            out["cross_validation"] = folds::to_json(found);
        }
        return print::print_json(&out);
    }
    let folds = folds.as_ref().map_or(String::new(), folds::text);
    print::print_beside(output, &(folds + &summary(&model, a, output)))
}

/// Checks that the run may write what it is to write, before any work.
fn check_outputs(a: &TrainArgs, output: Option<&Path>) -> anyhow::Result<()> {
    let reads = [Path::new(&a.data)].into_iter().chain(a.config.as_deref());
    let reads = reads.chain(a.validation.as_deref().map(Path::new));
    let mut outputs = Outputs::of_reading(reads)?.overwrite(a.overwrite);
    if let Some(output) = output {
        refuse_json_beside(output, a.json);
        if is_standard_output(output) && std::io::stdout().is_terminal() {
            usage(
                ErrorKind::InvalidValue,
                "a model is no text for a terminal: redirect --output -, or name a file",
            );
        }
        outputs.write(output, &OutputKind::Model)?;
    }
    if let Some(history) = &a.records.history {
        HistoryFile::check_name(history)?;
        outputs.write(history, &OutputKind::History)?;
    }
    let goes_on = a.checkpoints.resume;
    a.records.log_dir.as_deref().map_or(Ok(()), |folder| outputs.events(folder, goes_on))?;
    Ok(a.checkpoints.folder.as_deref().map_or(Ok(()), |folder| outputs.checkpoints(folder))?)
}

/// Trains on a table that can be read again.
fn train_source(exec: Exec, a: &TrainArgs, typed: &ArgMatches) -> anyhow::Result<Trained> {
    let mut source = open_table(&a.data, &table_options(exec, a, typed))?;
    source.warnings().iter().for_each(|w| print::note(w));
    match a.model.as_str() {
        "mlp" => return train_network(exec, a, typed, &mut source),
        "trees" => return trees::train(exec, a, typed, &mut source),
        "auto" => return auto::train(exec, a, typed, &mut source),
        _ => {}
    }
    let mut settings = linear_model::choose(a, typed, &mut source)?;
    settings.drop.extend(features::left_out(&source, a, &linear_model::columns(&settings), &settings.drop));
    let name = source.name().to_owned();
    let watch = Some(Arc::new(FitProgress::new()) as Arc<dyn Watch>);
    let model =
        fit_linear_watched(exec, &mut source, &settings, watch).map_err(|e| print::of_file(e, name))?;
    Ok(Trained { model, files: RunFiles::default(), folds: None })
}

/// How to read the table: networks and trees need no rests of decimals.
fn table_options(exec: Exec, a: &TrainArgs, typed: &ArgMatches) -> TableOptions {
    let (without_rests, unused) = match a.model.as_str() {
        "trees" => (true, chosen::<TreeSettings>(typed, None).drop),
        "auto" => (true, chosen::<AutoSettings>(typed, None).drop),
        // All others read the list as networks do.
        name => (name == "mlp", chosen::<NetworkSettings>(typed, None).drop),
    };
    TableOptions { without_rests, unused, ..a.kinds.add_to(a.table.options(exec)) }
}

fn network_settings(a: &TrainArgs, typed: &ArgMatches, source: &TableRows) -> NetworkSettings {
    let mut settings: NetworkSettings = chosen(typed, None);
    let used: Vec<&String> = settings.sample_weight.iter().collect();
    add_no_features(a, source, &used, &settings.hold_out, &mut settings.drop);
    if settings.fit.schedule.curve == (Curve::Piecewise { steps: Vec::new() }) {
        usage(ErrorKind::MissingRequiredArgument, "--schedule piecewise needs --schedule-factors STEP:X,…");
    }
    settings
}

fn train_network(
    exec: Exec,
    a: &TrainArgs,
    typed: &ArgMatches,
    source: &mut TableRows,
) -> anyhow::Result<Trained> {
    let mut settings = network_settings(a, typed, source);
    leave_out_time(&settings.hold_out, source.schema(), &mut settings.drop);
    let mut progress = TrainingProgress::new("epoch", settings.fit.epochs);
    progress.write_to(RunFiles::new(a.records.history.clone(), a.records.log_dir.clone()));
    let mut folder = checkpoints(a, &mut progress)?;
    let table = read_with_validation(exec, a, source, &mut settings.hold_out)?;
    let folds =
        folds::cross_validate(exec, a, &table, &settings).with_context(|| source.name().to_owned())?;
    progress.limit(a.time_limit);
    let store = folder.as_mut().map(|f| f as &mut dyn Checkpoints<f32>);
    let model = fit_network_with_checkpoints(exec, &table, &settings, &mut progress, store);
    let files = progress.finish();
    match model {
        Err(ModelError::Train(e @ TrainError::Suspended { .. })) => {
            bail!("{e}; to go on, give the same command with --resume")
        }
        Err(ModelError::Train(e @ TrainError::Checkpoint { .. })) => Err(e.into()),
        other => other.map(|model| Trained { model, files, folds }).with_context(|| source.name().to_owned()),
    }
}

/// Prints the learning rate that a range test suggests.
fn range_test(exec: Exec, a: &TrainArgs, typed: &ArgMatches) -> anyhow::Result<()> {
    let mut source = open_table(&a.data, &table_options(exec, a, typed))?;
    source.warnings().iter().for_each(|w| print::note(w));
    let (table, settings) = (source.read_all()?, network_settings(a, typed, &source));
    let LearningRates { suggested: lr, curve } =
        lr_range_test(exec, &table, &settings, &RangeTest::default())
            .with_context(|| source.name().to_owned())?;
    if a.json {
        let losses: Vec<_> = curve.iter().map(|(lr, loss)| json!({"lr": lr, "loss": loss})).collect();
        return print::print_json(&json!({ "lr": lr, "curve": losses }));
    }
    let Some(lr) = lr else {
        bail!("the loss never fell in the range test: there is no learning rate to suggest")
    };
    print::print(&format!("suggested learning rate: --lr {lr:.1e}\n"))
}

/// What a careful reader should know of the fitted model.
fn say_notes(model: &Model) {
    print::notes(model.fit_notes());
    if let Some(l) = model.linear() {
        coding::note_alone(&l.design);
    }
    let incomplete = model.record().rows_incomplete;
    if incomplete > 0 {
        print::note(&format!(
            "{} with a missing value left out (--missing drop-rows)",
            print::rows(incomplete)
        ));
    }
    let rare = "a category too rare to be kept, or found among held-out rows alone, which counts as unknown";
    print::counted(rare, &model.record().rare_categories).iter().for_each(|text| print::note(text));
    let (share, unit, by) = match &model.record().settings {
        Settings::Network(s) => (s.fit.validation_split, "epochs", &s.hold_out),
        Settings::Trees(s) => (s.validation_split, "rounds", &s.hold_out),
        Settings::Linear(_) | Settings::Auto(_) => return,
    };
    let few = match (&by.group, &by.time) {
        (Some(_), _) => "rows or groups",
        (None, Some(_)) => "rows or times",
        (None, None) => "rows",
    };
    if history(model).is_some_and(|h| h.validation_rows == 0) && share > 0.0 {
        print::note(&format!(
            "there are too few {few} to hold any out: all {unit} were run, and there is no held-out score",
        ));
    }
}

/// Says of a model that is worse than always saying the same, and what to try.
fn say_if_worse(model: &Model) {
    let than = match model.record().worse_than() {
        None => return,
        Some(WorseThan::Mean { r2 }) => format!("the mean of the target (r2 {})", print::score(r2)),
        Some(WorseThan::Shares { log_loss, of_shares }) => format!(
            "the shares of the classes (log_loss {}, theirs {})",
            print::score(log_loss),
            print::score(of_shares)
        ),
    };
    let other = match model.trees() {
        _ if model.record().blend.is_some() => "",
        Some(_) => "--model linear, or ",
        None => "--model trees or --model linear, or ",
    };
    print::note(&format!(
        "for the held-out rows the model is worse than {than}: there may be nothing to learn from these columns; try {other}planish check"
    ));
}

/// The record of the run; that of a candidate that was chosen says less than the table of all.
fn history(model: &Model) -> Option<&History> {
    model.record().history.as_ref().filter(|_| model.record().blend.is_none())
}

/// What a network's early stopping watched.
fn monitor(model: &Model) -> Option<&str> {
    let Settings::Network(s) = &model.record().settings else { return None };
    s.fit.early_stopping.as_ref().map(|early| early.monitor.name.as_str())
}

/// The column by which rows count.
fn weights_of(model: &Model) -> Option<&str> {
    match &model.record().settings {
        Settings::Network(s) => s.sample_weight.as_deref(),
        Settings::Trees(s) => s.sample_weight.as_deref(),
        Settings::Auto(s) => s.sample_weight.as_deref(),
        Settings::Linear(s) => s.weights.as_deref(),
    }
}

fn summary(model: &Model, a: &TrainArgs, output: &Path) -> String {
    let record = model.record();
    let mut out = format!("{}, as {}\n", print::target(model.target()), task_reason(model, a));
    out += &format!(
        "{}, trained on {} rows",
        print::model(model),
        print::count(
            history(model).filter(|_| model.trees().is_none()).map_or(record.rows, |h| h.rows as u64)
        )
    );
    if record.rows_without_target > 0 {
        out += &format!(" ({} without a target left out)", print::count(record.rows_without_target));
    }
    out.push('\n');
    if let Some(h) = history(model) {
        let why = match h.stop {
            Stop::EarlyStopping => match monitor(model).filter(|name| *name != "val_loss") {
                Some(name) => format!("; {name} no longer became better"),
                None => "; the held-out loss no longer fell".to_owned(),
            },
            Stop::MaxSteps => "; the steps that were allowed were done".to_owned(),
            Stop::TimeLimit => "; the time that was allowed was over".to_owned(),
            Stop::NoSplit => "; no split lowered the loss further".to_owned(),
            Stop::Completed | Stop::Diverged { .. } | Stop::Interrupted => String::new(),
        };
        out += &match model.trees() {
            Some(t) => trees::rounds(t, h, &why),
            None => format!("kept epoch {} of {}{why}\n", h.best_epoch, h.epochs.len()),
        };
        if !record.validation.is_empty() {
            out += &format!(
                "{} held-out rows{}: {}\n",
                print::count(h.validation_rows as u64),
                print::weighted_by(weights_of(model)),
                print::scores(&record.validation)
            );
        }
    }
    if let Some(blend) = &record.blend {
        out += &print::leaderboard(blend);
        let (of, by) = (print::count(blend.held_rows), print::weighted_by(weights_of(model)));
        out += &format!("{of} held-out rows{by}: {}\n", print::scores(&record.validation));
    }
    if let (Some(at), [_, positive]) = (record.threshold, model.target().classes()) {
        out += &format!("{} is predicted above a probability of {}\n", shown(positive), print::score(at));
    }
    if let Some(l) = model.linear() {
        out += &linear_model::line(&l.fit);
    }
    if let Some(s) = model.least_squares().and_then(|fit| fit.summary(0, 0.95)) {
        print::remarks(&s).iter().for_each(|line| out += &format!("{line}\n"));
    }
    out += &first_aliased(&print::aliased(model));
    out + &print::wrote_line(output)
}

/// Why the model is for classes or for a number, as the end of a sentence.
fn task_reason(model: &Model, a: &TrainArgs) -> String {
    let predicts = match model.task() {
        Task::Classify => "classes",
        Task::Regress => "numbers",
    };
    match (a.task, a.model.as_str()) {
        (Some(_), _) => "--task says".to_owned(),
        (None, _) if a.one_pass => format!("--one-pass predicts {predicts}"),
        (None, "mlp" | "linear" | "trees" | "auto") => model.target().reason().to_owned(),
        (None, name) => format!("--model {name} predicts {predicts}"),
    }
}

/// Ten lines about aliased terms, and how many more there are.
fn first_aliased(lines: &str) -> String {
    let mut out: String = lines.split_inclusive('\n').take(10).collect();
    match lines.lines().count().saturating_sub(10) {
        0 => {}
        more => out += &format!("and {more} more terms, which planish inspect lists\n"),
    }
    out
}

fn summary_json(model: &Model, a: &TrainArgs) -> serde_json::Value {
    let record = model.record();
    let mut out = json!({
        "task": model.task().name(),
        "target": model.target().column(),
        "task_inferred": a.task.is_none(),
        "task_reason": task_reason(model, a),
        "rows": record.rows,
        "rows_without_target": record.rows_without_target,
        "rows_incomplete": record.rows_incomplete,
        "missing_values_filled": model.fit_notes().imputed,
        "parameters": model.parameters(),
        "model": a.output.as_ref().map(|path| path.display().to_string()),
    });
    if let Some(h) = history(model) {
        let (all, best) =
            if model.trees().is_some() { ("rounds", "best_round") } else { ("epochs", "best_epoch") };
        (out[all], out[best]) = (json!(h.epochs.len()), json!(h.best_epoch));
        out["validation"] = json!({ "rows": h.validation_rows, "metrics": record.validation });
    }
    if record.worse_than().is_some() {
        out["worse_than_constant"] = json!(true);
    }
    if let Some(at) = record.threshold {
        out["threshold"] = json!(at);
    }
    if let Some(t) = model.trees() {
        out["trees"] = json!(t.forest.trees());
    }
    if let Some(blend) = &record.blend {
        out["blend"] = json!(blend);
        out["validation"] = json!({ "rows": blend.held_rows, "metrics": record.validation });
    }
    if let Some(l) = model.linear() {
        let mut fit = linear_model::to_json(&l.fit);
        if model.least_squares().is_some() {
            ["r2", "residual_sd"].iter().for_each(|key| out[key] = fit[key].take());
        } else {
            out["kind"] = json!(l.fit.name());
            out["fit"] = fit;
        }
        out["aliased"] = json!(model.aliased());
        out["aliased_equations"] = json!(model.aliased_equations());
        coding::add_json(&l.design, &mut out);
    }
    out
}
