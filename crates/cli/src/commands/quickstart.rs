//! `planish quickstart`: the main job on a built-in table.
//!
//! The table is palmerpenguins (Horst, Hill, Gorman, 2020; CC0). A fifth of its rows is put aside as a test; a network
//! learns the species and a linear regression the body mass from the rest, with the defaults of the command line but
//! for the network's shape, two layers of ten relu units.

use crate::args::{QuickstartArgs, exec};
use crate::print;
use crate::progress::TrainingProgress;
use planish_io::{
    IoError, OutputKind, Outputs, PredictionLayout, PredictionWriter, TableOptions, create_folder,
    open_bytes, save_model, write_file, write_text,
};
use planish_model::{LinearSettings, Model, NetworkSettings, fit_linear, fit_network};
use planish_tabular::{Notes, RowSource, Table, TableSource};
use planish_tensor::Exec;
use planish_train::{FitOptions, split};
use std::path::{Path, PathBuf};

const PENGUINS: &str = include_str!("../../data/penguins.csv");

pub(crate) fn run(a: &QuickstartArgs) -> anyhow::Result<()> {
    let exec = exec(a.threads)?;
    create_folder(&a.out)?;
    let [test_csv, species_file, mass_file] =
        ["test.csv", "species.safetensors", "body_mass.safetensors"].map(|name| a.out.join(name));
    let table = open_bytes("penguins.csv", PENGUINS.into(), &TableOptions::default())?.read_all()?;
    let (train, test) = split::holdout(table.rows(), 0.2, None, 0);
    let mut out = format!(
        "penguins: {} rows, {} to train on and {} to test with\n\n",
        table.rows(),
        train.len(),
        test.len()
    );
    let (train, test) = (table.select(&train), table.select(&test));
    let test_text = test_rows(&table);
    check_outputs(a, &[&species_file, &mass_file], &test_csv, &test_text)?;
    write_text(&test_csv, &test_text)?;

    let settings = NetworkSettings {
        hidden: vec![10, 10],
        fit: FitOptions { batch_size: 32, ..NetworkSettings::fit() },
        ..NetworkSettings::new("species")
    };
    let mut progress = TrainingProgress::new("epoch", settings.fit.epochs);
    let species = fit_network(exec, &train, &settings, &mut progress);
    progress.finish();
    out +=
        &section(exec, "species from the measurements: a neural network", &species?, &test, &species_file)?;

    let mass = fit_linear(exec, &mut TableSource::new(&train), &LinearSettings::new("body_mass_g"))?;
    out += &section(exec, "body mass in grams: a linear regression", &mass, &test, &mass_file)?;

    let (dir, me) = (a.out.display(), program());
    out += &format!(
        "Next:
  {me} inspect {dir}/body_mass.safetensors
  {me} predict {dir}/species.safetensors {dir}/test.csv
  {me} serve {dir}/species.safetensors
  {me} train YOUR.csv --target COLUMN -o model.safetensors
"
    );
    print::print(&out)
}

/// Checks that nothing but files of an earlier quickstart will be replaced.
fn check_outputs(
    a: &QuickstartArgs,
    models: &[&Path],
    test_csv: &Path,
    test_text: &str,
) -> Result<(), IoError> {
    let mut outputs = Outputs::of_reading([])?.overwrite(a.overwrite);
    let is_test = |head: &[u8]| head == test_text.as_bytes();
    outputs.write(test_csv, &OutputKind::Text { name: "quickstart's test rows", is_one: &is_test })?;
    for model in models {
        outputs.write(model, &OutputKind::Model)?;
        outputs.write(&predictions_of(model), &OutputKind::Predictions(&PredictionLayout::default()))?;
    }
    Ok(())
}

/// The file for the predictions of a model.
fn predictions_of(model: &Path) -> PathBuf {
    model.with_extension("predictions.csv")
}

/// The program as it was called, so that the lines can be typed where this one was.
fn program() -> String {
    std::env::args().next().unwrap_or_else(|| "planish".to_owned())
}

/// Scores a model on the test rows, saves it and its predictions, and says so.
fn section(exec: Exec, title: &str, model: &Model, test: &Table, path: &Path) -> anyhow::Result<String> {
    let scores = model.evaluate(exec, &mut TableSource::new(test)).map_err(|e| anyhow::anyhow!("{e:?}"))?;
    save_model(model, path)?;
    let csv = predictions_of(path);
    let predictions = model.predict(exec, test, &mut Notes::default())?;
    write_file(&csv, |w| -> Result<(), IoError> {
        let mut writer = PredictionWriter::new(&csv.display().to_string(), w, model)?;
        writer.write(&predictions)?;
        writer.finish()
    })?;
    Ok(format!(
        "{title}\n  {}\n{}  test score on {} rows: {}\n  {}\n  {}\n\n",
        print::model(model),
        filled(model, &scores.notes),
        scores.rows,
        print::scores(&scores.metrics),
        print::wrote(path),
        print::wrote(&csv)
    ))
}

/// How many cells of the training and the test rows had no value, if any, in a line.
fn filled(model: &Model, test: &Notes) -> String {
    let parts = [("training", model.fit_notes()), ("test", test)].map(|(rows, notes)| {
        let cells = notes.imputed.values().sum::<u64>();
        let noun = if cells == 1 { "cell" } else { "cells" };
        (cells > 0).then(|| format!("{cells} {noun} of the {rows} rows"))
    });
    let said: Vec<String> = parts.into_iter().flatten().collect();
    if said.is_empty() {
        return String::new();
    }
    format!("  filled in with typical values: {}\n", said.join(", "))
}

/// The header and the test rows as they stand in the table.
fn test_rows(table: &Table) -> String {
    let (_, test) = split::holdout(table.rows(), 0.2, None, 0);
    let lines: Vec<&str> = PENGUINS.lines().collect();
    let rows = test.iter().map(|&r| lines[table.line(r as usize) as usize - 1]);
    std::iter::once(lines[0]).chain(rows).map(|line| format!("{line}\n")).collect()
}
