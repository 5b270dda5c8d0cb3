//! A network of as many parameters as asked for: seconds and memory of each phase of its life.
//!
//! The phases run in child processes of this very program, so that one does not count another's memory: the first trains with a
//! checkpoint and is killed, the second goes on from it and saves the model, the third opens the file, with its hash verified, and
//! predicts one row. The peak is what the system says was resident (`VmHWM`), begun anew with each row; pages of a mapped file count while
//! they are touched. It needs Linux's `/proc`.

use planish_io::{CheckpointFolder, Every, load_model, save_model};
use planish_model::{Model, NetworkPredictor, NetworkSettings, Predictions, Predictor, Record, Settings};
use planish_nn::{Activation, Loss, Sequential, Targets};
use planish_optim::Optimizer;
use planish_tabular::{Encoder, Kind, Notes, Schema, Table, Target, Task};
use planish_tensor::rng::{Purpose, Stream};
use planish_tensor::{Exec, Matrix};
use planish_train::{Data, FitOptions, Network, Observer, Trainer, Wish};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

/// Numbers in a row.
const INPUTS: usize = 64;
/// Square kernels between hidden layers.
const SQUARES: usize = 4;
const BATCH: usize = 32;
const STEPS: usize = 20;
/// The step after which a checkpoint is written.
const CHECKPOINT: usize = 10;
/// So small that a network of any width stays finite.
const LR: f64 = 1e-5;

/// What to run.
pub struct Job {
    /// About how many parameters.
    pub params: usize,
    /// Where the model is written; a temporary folder of its own by default.
    pub folder: Option<PathBuf>,
    /// In a child: the one phase to run.
    pub phase: Option<String>,
}

/// Runs the phases in children and prints their rows.
pub fn run(exec: Exec, job: &Job) -> Result<Value, String> {
    let own = std::env::temp_dir().join(format!("planish-large-{}", std::process::id()));
    let folder = job.folder.clone().unwrap_or(own);
    std::fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    println!("{:34} {:>9} {:>12} {:>12}", "phase", "seconds", "peak MB", "bytes/param");
    let result = ["train", "resume", "open"].iter().try_fold(Vec::new(), |mut rows, phase| {
        rows.extend(child(exec, job.params, &folder, phase)?);
        Ok(rows)
    });
    if job.folder.is_none() {
        std::fs::remove_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    }
    result.map(Value::from)
}

/// Runs a phase in a child, and gives its rows; kills it where it asks for that.
fn child(exec: Exec, params: usize, folder: &Path, phase: &str) -> Result<Vec<Value>, String> {
    let fault = |e: std::io::Error| format!("phase {phase}: {e}");
    let program = std::env::current_exe().map_err(fault)?;
    let mut child = Command::new(program)
        .args(["large", "--phase", phase, "--isa", exec.isa.name()])
        .args(["--params", &params.to_string(), "--threads", &exec.threads.to_string()])
        .arg("--folder")
        .arg(folder)
        .stdout(Stdio::piped())
        .spawn()
        .map_err(fault)?;
    let mut rows = Vec::new();
    for line in BufReader::new(child.stdout.take().expect("it is piped")).lines() {
        let row: Value =
            serde_json::from_str(&line.map_err(fault)?).map_err(|e| format!("phase {phase}: {e}"))?;
        if row == KILL_ME {
            child.kill().map_err(fault)?;
            child.wait().map_err(fault)?;
            println!("killed");
            return Ok(rows);
        }
        print_row(&row);
        rows.push(row);
    }
    let status = child.wait().map_err(fault)?;
    if status.success() { Ok(rows) } else { Err(format!("phase {phase}: {status}")) }
}

/// What a child prints when it is to be killed.
const KILL_ME: &str = "kill me";

fn print_row(row: &Value) {
    let number = |key: &str| row[key].as_f64().unwrap_or(f64::NAN);
    println!(
        "{:34} {:>9.3} {:>12.0} {:>12.2}",
        row["phase"].as_str().unwrap_or_default(),
        number("seconds"),
        number("peak_bytes") / 1e6,
        number("peak_bytes") / number("parameters"),
    );
}

/// In a child: runs the phase and prints its rows as JSON.
pub fn phase(exec: Exec, job: &Job) -> Result<(), String> {
    let folder = job.folder.as_ref().ok_or("--phase needs --folder")?;
    let mut log = Log { parameters: 0, row: None };
    match job.phase.as_deref() {
        Some(phase @ ("train" | "resume")) => {
            exec.install_awake(|| train(exec, job.params, folder, phase == "resume", &mut log))
        }
        Some("open") => open(exec, &folder.join(MODEL), &mut log),
        _ => Err("--phase is train, resume or open".to_owned()),
    }
}

/// The model's name in the folder.
const MODEL: &str = "large.planish";

/// The rows of one process, printed as they come.
struct Log {
    parameters: usize,
    /// The row that has begun.
    row: Option<(String, Instant)>,
}

impl Log {
    /// Ends the row that has begun, if there is one, and begins one of this name.
    fn begin(&mut self, name: &str) -> Result<(), String> {
        self.end()?;
        std::fs::write("/proc/self/clear_refs", "5").map_err(|e| format!("/proc/self/clear_refs: {e}"))?;
        self.row = Some((name.to_owned(), Instant::now()));
        Ok(())
    }

    fn end(&mut self) -> Result<(), String> {
        let Some((name, start)) = self.row.take() else { return Ok(()) };
        let seconds = start.elapsed().as_secs_f64();
        let row = json!({ "phase": name, "seconds": seconds, "peak_bytes": peak()?, "parameters": self.parameters });
        println!("{row}");
        Ok(())
    }

    /// Times a phase and the memory it needs.
    fn time<R>(&mut self, name: &str, job: impl FnOnce() -> Result<R, String>) -> Result<R, String> {
        self.begin(name)?;
        let out = job()?;
        self.end()?;
        Ok(out)
    }
}

/// Begins a row where a step or a checkpoint begins, and has the process killed at the first step after the checkpoint.
impl Observer for Log {
    fn step(&mut self, done: usize, _: usize) -> Wish {
        let told = match done {
            1 => self.begin("nine more"),
            CHECKPOINT => self.begin("checkpoint, and a step"),
            _ if done == CHECKPOINT + 1
                && self.row.as_ref().is_some_and(|r| r.0.starts_with("checkpoint")) =>
            {
                self.end().map(|()| {
                    println!("{}", json!(KILL_ME));
                    std::thread::sleep(std::time::Duration::from_secs(60));
                })
            }
            _ => Ok(()),
        };
        told.expect("/proc and standard output work");
        Wish::Continue
    }

    fn resumed(&mut self, _: &[planish_train::Epoch], _: usize) {
        self.begin("ten more").expect("/proc and standard output work");
    }
}

/// The most bytes that were resident since the peak was begun anew.
fn peak() -> Result<u64, String> {
    let status =
        std::fs::read_to_string("/proc/self/status").map_err(|e| format!("/proc/self/status: {e}"))?;
    let line =
        status.lines().find_map(|l| l.strip_prefix("VmHWM:")).ok_or("/proc/self/status has no VmHWM")?;
    let kib = line.trim().trim_end_matches(" kB").parse::<u64>().map_err(|e| format!("VmHWM: {e}"))?;
    Ok(kib << 10)
}

/// Rows of random numbers and a target that depends on them.
fn table(rows: usize) -> Table {
    let columns =
        (0..INPUTS).map(|j| (format!("x{j}"), Kind::Number)).chain([("y".to_owned(), Kind::Number)]);
    let columns: Vec<_> = columns.collect();
    let mut table = Table::new(Schema::new(columns.iter().map(|(name, kind)| (name.as_str(), *kind))));
    let random = Stream::new(0, Purpose::Sample, 0);
    for i in 0..rows {
        let row: Vec<f64> = (0..INPUTS).map(|j| random.normal((i * INPUTS + j) as u64)).collect();
        row.iter().enumerate().for_each(|(j, &x)| table.push_number(j, Some(x)));
        table.push_number(INPUTS, Some(row.iter().sum()));
        table.end_row(i as u64 + 1);
    }
    table
}

/// The hidden layers' width that makes a network of about this many parameters.
fn width(params: usize) -> usize {
    let b = (INPUTS + SQUARES + 2) as f64;
    let root = ((b * b + 4.0 * SQUARES as f64 * params as f64).sqrt() - b) / (2.0 * SQUARES as f64);
    (root as usize).next_multiple_of(16).max(16)
}

fn train(exec: Exec, params: usize, folder: &Path, resume: bool, log: &mut Log) -> Result<(), String> {
    let say = |e: &dyn std::fmt::Display| e.to_string();
    let table = table(BATCH * STEPS);
    let all: Vec<u32> = (0..table.rows() as u32).collect();
    let encoder = Encoder::fit(&table, &all, &["y"]).map_err(|e| say(&e))?;
    let target = Target::fit(&table, "y", Task::Regress, &all).map_err(|e| say(&e))?;
    let Target::Number { mean, sd, .. } = target else { return Err("the target is a number".to_owned()) };
    let x = encoder.encode(&table, &mut Notes::default()).map_err(|e| say(&e))?.numbers;
    let y_column = table.numbers("y").map_err(|e| say(&e))?;
    let y = Matrix::from_fn(table.rows(), 1, |i, _| ((y_column.values()[i] - mean) / sd) as f32);
    let hidden = vec![width(params); SQUARES + 1];
    let sequential = hidden.iter().fold(Sequential::new(INPUTS), |n, &w| n.dense(w, Activation::Relu));
    let sequential = sequential.dense(1, Activation::Linear);

    log.parameters = planish_nn::Plan::new(&sequential).map_err(|e| say(&e))?.layout().count();
    let optimizer = Optimizer::adam(LR);
    let compile = || Network::<f32>::compile(&sequential, optimizer, Loss::Mse, &[], 0);
    let mut net = log.time("compile", || compile().map_err(|e| say(&e)))?;
    let options = FitOptions { epochs: 1, batch_size: BATCH, keep_weights: false, ..FitOptions::default() };
    let every = Every::Steps(CHECKPOINT as u64);
    let mut store = CheckpointFolder::new(&folder.join("checkpoint"), every, resume).map_err(|e| say(&e))?;
    log.begin(if resume { "open the checkpoint" } else { "the first step" })?;
    let data = Data::new(x.view(), Targets::Values(y.view()));
    let trainer = Trainer::new(exec, &options, log).checkpoints(Some(&mut store));
    trainer.fit(&mut net, &data).map_err(|e| say(&e))?;
    log.end()?;

    let settings = NetworkSettings {
        hidden,
        optimizer,
        fit: FitOptions { batch_size: BATCH, epochs: 1, ..NetworkSettings::fit() },
        ..NetworkSettings::new("y")
    };
    let record = Record {
        settings: Settings::Network(Box::new(settings)),
        rows: table.rows() as u64,
        rows_without_target: 0,
        rows_incomplete: 0,
        digest: None,
        rare_categories: Default::default(),
        validation: Default::default(),
        confusion: None,
        threshold: None,
        written: Default::default(),
        na: Vec::new(),
        history: None,
        blend: None,
    };
    let plan = net.plan().clone();
    let (params, state) = net.into_arenas();
    let (params, state) = (params.into(), state.into());
    let predictor = Predictor::Network(NetworkPredictor { encoder, sequential, plan, params, state });
    let model = Model::new(target, predictor, record).map_err(|e| say(&e))?;
    log.time("save", || save_model(&model, &folder.join(MODEL)).map_err(|e| say(&e)))
}

fn open(exec: Exec, path: &Path, log: &mut Log) -> Result<(), String> {
    let load = || load_model(path).map_err(|e| e.to_string());
    log.parameters = load()?.parameters();
    // Its pages are in memory by now, if memory holds them.
    for _ in 0..3 {
        log.time("open and verify", load)?;
    }
    let model = load()?;
    let row = table(1);
    let predict = || model.predict(exec, &row, &mut Notes::default()).map_err(|e| e.to_string());
    match log.time("predict one row", predict)? {
        Predictions::Numbers(y) if y.iter().all(|v| v.is_finite()) => {}
        other => return Err(format!("no finite prediction: {other:?}")),
    }
    Ok(())
}
