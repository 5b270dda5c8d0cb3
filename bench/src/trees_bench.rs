//! Boosted trees beside LightGBM, XGBoost, CatBoost and scikit-learn: `cargo xtask bench trees`.
//!
//! The tables stand in a list, a line each: `NAME TARGET TRAIN TEST`, CSV files, or `-` for TEST, which then is every fifth row of TRAIN. All
//! read the same files. Fits with the same rounds, leaves, bins and rate are raced in turn; with everybody's own defaults test scores of three
//! seeds are compared, and ranks; predictions of 100,000 rows and of one are timed on one thread.

use crate::bars::{self, Bar, Limit};
use crate::child::Peer;
use crate::sample::{Contender, race};
use planish_io::{TableOptions, model_to_bytes, open_table};
use planish_model::{Model, TreeSettings, fit_trees};
use planish_tabular::{Notes, RowSource, Table, TableSource, Task};
use planish_tensor::Exec;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// The peers.
const PEERS: [&str; 4] = ["lightgbm", "xgboost", "catboost", "histgb"];
/// Seeds of the fits with defaults.
const SEEDS: u64 = 3;
/// Rows that are predicted together.
const MANY: usize = 100_000;

/// A part of the benchmark.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Fits with equal settings.
    Fits,
    /// Scores with defaults.
    Scores,
    /// Predictions.
    Predictions,
}

impl Part {
    /// All of them.
    pub const ALL: [Part; 3] = [Part::Fits, Part::Scores, Part::Predictions];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Part::Fits => "fits",
            Part::Scores => "scores",
            Part::Predictions => "predictions",
        }
    }
}

/// What to measure.
pub struct Forests {
    /// The parts.
    pub parts: Vec<Part>,
    /// Seconds for each race, at least.
    pub seconds: f64,
    /// The Python that has the peers.
    pub python: Option<String>,
    /// The list of tables; those of `data/` if absent.
    pub tables: Option<PathBuf>,
}

/// A table: both halves in memory, and the files for the peers.
struct Pair {
    name: String,
    target: String,
    files: [PathBuf; 2],
    train: Table,
    test: Table,
    task: Task,
}

/// Measures the parts, table by table, and prints them.
pub fn run(exec: Exec, wanted: &Forests) -> Result<Value, String> {
    let folder = std::env::temp_dir().join(format!("planish-bench-trees-{}", std::process::id()));
    std::fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let result = measure(exec, wanted, &folder);
    let _ = std::fs::remove_dir_all(&folder);
    result
}

fn measure(exec: Exec, wanted: &Forests, folder: &Path) -> Result<Value, String> {
    let mut peers = Vec::new();
    if let Some(python) = &wanted.python {
        for name in PEERS {
            peers.push(Peer::start(python, include_str!("../python/trees_peer.py"), name, exec.threads)?);
        }
    }
    let (mut bars, mut results, mut ranks) = (Vec::new(), Vec::new(), vec![0.0; peers.len() + 1]);
    let list = tables(wanted.tables.as_deref())?;
    for line in &list {
        let pair = Pair::read(exec, line, folder)?;
        let kind = if pair.task == Task::Regress { "numbers" } else { "classes" };
        println!("\n{}: {} rows, {} for testing", pair.name, pair.train.rows(), pair.test.rows());
        for peer in &mut peers {
            let [train, test] = pair.files.each_ref().map(|f| f.display().to_string());
            peer.set(&format!("table {} {kind} {train} {test}", pair.target))?;
        }
        let mut found = json!({ "table": pair.name });
        if wanted.parts.contains(&Part::Fits) {
            found["fits"] = fits(exec, wanted.seconds, &pair, &mut peers, &mut bars)?;
        }
        if wanted.parts.contains(&Part::Scores) {
            found["scores"] = scores(exec, &pair, &mut peers, &mut ranks)?;
        }
        if wanted.parts.contains(&Part::Predictions) {
            found["predictions"] = predictions(exec, wanted.seconds, &pair, &mut peers, &mut bars)?;
        }
        results.push(found);
    }
    if wanted.parts.contains(&Part::Scores) && !peers.is_empty() {
        println!("\nmean ranks of the test losses over {} tables", list.len());
        let names = std::iter::once("planish").chain(peers.iter().map(|p| p.name));
        for (name, rank) in names.zip(&ranks) {
            println!("  {name:10} {:.2}", rank / list.len() as f64);
        }
    }
    bars::print(&bars, exec.threads);
    let bars: Vec<Value> = bars.iter().map(Bar::json).collect();
    Ok(json!({ "threads": exec.threads, "tables": results, "bars": bars }))
}

/// The lines of the list.
fn tables(list: Option<&Path>) -> Result<Vec<[String; 4]>, String> {
    let data = concat!(env!("CARGO_MANIFEST_DIR"), "/../data");
    let text = match list {
        Some(path) => std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?,
        None => format!(
            "adult_sample income {data}/adult_sample.csv -\ncalifornia_housing median_house_value {data}/california_housing_train.csv -"
        ),
    };
    let line = |line: &str| {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        words.try_into().map_err(|_| format!("{line:?}: a line has NAME TARGET TRAIN TEST"))
    };
    text.lines().filter(|l| !l.trim().is_empty()).map(line).collect()
}

impl Pair {
    fn read(exec: Exec, [name, target, train, test]: &[String; 4], folder: &Path) -> Result<Pair, String> {
        let files = if test == "-" { halves(Path::new(train), folder)? } else { [train.into(), test.into()] };
        let table = |path: &Path, options: TableOptions| {
            let mut source = open_table(&path.display().to_string(), &options).map_err(|e| e.to_string())?;
            source.read_all().map_err(|e| e.to_string())
        };
        let options = || TableOptions { exec: Some(exec), ..TableOptions::default() };
        let train = table(&files[0], options())?;
        let test = table(&files[1], options().with_columns(train.schema().clone()))?;
        let task = Task::infer(&train, target).map_err(|e| e.to_string())?;
        Ok(Pair { name: name.clone(), target: target.clone(), files, train, test, task })
    }

    /// Trees with these settings.
    fn fit(&self, exec: Exec, settings: &TreeSettings) -> Result<Model, String> {
        fit_trees(exec, &self.train, settings, &mut ()).map_err(|e| e.to_string())
    }

    /// The settings that all share.
    fn equal(&self, rounds: usize) -> TreeSettings {
        TreeSettings {
            rounds: Some(rounds),
            learning_rate: Some(0.1),
            leaves: 31,
            min_rows_in_leaf: 20,
            l2: 0.0,
            subsample: 1.0,
            colsample: 1.0,
            validation_split: 0.0,
            ..TreeSettings::new(&self.target)
        }
    }
}

/// Four fifths of the lines, and every fifth, as files with the same header.
fn halves(path: &Path, folder: &Path) -> Result<[PathBuf; 2], String> {
    let text = std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
    let mut lines = text.lines();
    let mut parts = [0; 2].map(|_| vec![lines.clone().next().unwrap_or_default()]);
    lines.next();
    lines.enumerate().for_each(|(i, line)| parts[usize::from(i % 5 == 0)].push(line));
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let files = ["train", "test"].map(|part| folder.join(format!("{stem}_{part}.csv")));
    for (file, part) in files.iter().zip(parts) {
        std::fs::write(file, part.join("\n") + "\n").map_err(|e| format!("{}: {e}", file.display()))?;
    }
    Ok(files)
}

/// Fits with equal settings, raced.
fn fits(
    exec: Exec,
    seconds: f64,
    pair: &Pair,
    peers: &mut [Peer],
    bars: &mut Vec<Bar>,
) -> Result<Value, String> {
    let settings = pair.equal(100);
    pair.fit(exec, &settings)?;
    let ours = || drop(std::hint::black_box(pair.fit(exec, &settings)));
    let mut contenders = vec![Contender::new(ours)];
    for peer in &mut *peers {
        contenders.push(Contender::timed(|warm_up, runs| {
            peer.run(warm_up, runs).unwrap_or_else(|e| panic!("{e}"))
        }));
    }
    let times = race(&mut contenders, seconds);
    drop(contenders);
    println!("  fit, 100 rounds of 31 leaves: planish {:.3} s", times[0]);
    for (peer, time) in peers.iter().zip(&times[1..]) {
        println!("    {:10} {time:.3} s, {:.2} times as long", peer.name, time / times[0]);
        let most = match peer.name {
            "lightgbm" => 1.2,
            "xgboost" => 1.0,
            _ => continue,
        };
        let what = format!("fit time over {}'s", peer.name);
        bars.push(Bar { work: pair.name.clone(), what, limit: Limit::AtMost(most), figure: times[0] / time });
    }
    Ok(json!(times))
}

/// Test scores with everybody's defaults.
fn scores(exec: Exec, pair: &Pair, peers: &mut [Peer], ranks: &mut [f64]) -> Result<Value, String> {
    let (mut losses, mut accuracies) = (vec![0.0; peers.len() + 1], vec![0.0; peers.len() + 1]);
    let mut seconds = vec![0.0; peers.len() + 1];
    for seed in 0..SEEDS {
        let start = std::time::Instant::now();
        let model = pair.fit(exec, &TreeSettings { seed, ..TreeSettings::new(&pair.target) })?;
        seconds[0] += start.elapsed().as_secs_f64();
        let found = model.evaluate(exec, &mut TableSource::new(&pair.test)).map_err(|e| e.to_string())?;
        let name = if pair.task == Task::Regress { "rmse" } else { "log_loss" };
        losses[0] += found.metrics.get(name).copied().unwrap_or(f64::NAN);
        accuracies[0] += found.metrics.get("accuracy").copied().unwrap_or_default();
        for (i, peer) in peers.iter_mut().enumerate() {
            seconds[i + 1] += peer.number(&format!("defaults {seed}"))?;
            losses[i + 1] += peer.number("score")?;
            accuracies[i + 1] += peer.number("accuracy")?;
        }
    }
    let mean = |x: &[f64]| x.iter().map(|x| x / SEEDS as f64).collect::<Vec<f64>>();
    let (losses, accuracies, seconds) = (mean(&losses), mean(&accuracies), mean(&seconds));
    let names: Vec<&str> = std::iter::once("planish").chain(peers.iter().map(|p| p.name)).collect();
    println!("  defaults, mean of {SEEDS} seeds: {:>12} {:>9} {:>8}", "loss", "accuracy", "seconds");
    for (i, name) in names.iter().enumerate() {
        println!("    {name:28} {:>12.5} {:>9.4} {:>8.2}", losses[i], accuracies[i], seconds[i]);
        ranks[i] += 1.0 + losses.iter().filter(|&&l| l < losses[i]).count() as f64;
    }
    Ok(json!({ "names": names, "loss": losses, "accuracy": accuracies, "seconds": seconds }))
}

/// Predictions of many rows and of one, by one thread.
fn predictions(
    exec: Exec,
    seconds: f64,
    pair: &Pair,
    peers: &mut [Peer],
    bars: &mut Vec<Bar>,
) -> Result<Value, String> {
    let one = exec.with_threads(1);
    let model = pair.fit(exec, &pair.equal(500))?;
    let rows: Vec<u32> = (0..MANY).map(|i| (i * 7919 % pair.test.rows()) as u32).collect();
    let (many, few) = (pair.test.select(&rows), pair.test.select(&rows[..1]));
    let predict =
        |table: &Table| drop(std::hint::black_box(model.predict(one, table, &mut Notes::default())));
    for peer in &mut *peers {
        peer.number("trees")?;
    }
    let mut found = json!({ "bytes": model_to_bytes(&model).len() });
    println!("  500 rounds: the model has {} bytes", found["bytes"]);
    for (request, table, count) in [("rows", &many, MANY), ("row", &few, 1)] {
        let mut contenders = vec![Contender::new(|| predict(table))];
        for peer in &mut *peers {
            contenders.push(Contender::timed(move |warm_up, runs| {
                peer.number(&format!("{request} {warm_up} {runs}")).unwrap_or_else(|e| panic!("{e}"))
            }));
        }
        let times = race(&mut contenders, seconds);
        drop(contenders);
        let names = std::iter::once("planish").chain(peers.iter().map(|p| p.name));
        for (name, time) in names.zip(&times) {
            let each = time / count as f64;
            println!("    {request:5} {name:10} {:>12.0} rows/s {:>10.2} µs a row", 1.0 / each, each * 1e6);
        }
        let figure =
            if count == 1 { times[0] * 1e6 } else { times.get(1).map_or(f64::NAN, |t| t / times[0]) };
        let (what, limit) = if count == 1 {
            ("µs of one row", Limit::AtMost(10.0))
        } else {
            ("rows/s over lightgbm's", Limit::AtLeast(2.0))
        };
        if figure.is_finite() {
            bars.push(Bar { work: pair.name.clone(), what: what.to_owned(), limit, figure });
        }
        found[request] = json!(times);
    }
    for peer in &mut *peers {
        found[format!("bytes of {}", peer.name)] = json!(peer.number("bytes")?);
    }
    Ok(found)
}
