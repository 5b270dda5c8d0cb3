//! `cargo xtask stream [--megabytes N]`: least squares in one pass over a long standard input stays within fixed memory.
//!
//! A table is generated into the program's standard input, and the program's peak resident memory is read where Linux tells it, in `/proc`. Before that a
//! short table goes through standard input and through a file: the models must be the same bytes.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::process;

/// Megabytes without `--megabytes`.
const MEGABYTES: u64 = 1000;
/// Megabytes of the table that goes through a file too.
const SHORT: u64 = 20;
/// The most memory, in megabytes.
const BAR: u64 = 200;
/// Number columns beside the response and the category.
const NUMBERS: usize = 10;
/// Rows that are made once and then repeated, fewer than a block and without a common divisor with it.
const ROWS: usize = 4001;

/// Runs the command.
///
/// # Errors
/// Wrong arguments, a program that cannot be built or fails, models that differ, or too much memory.
pub fn run(root: &Path, arguments: &[String]) -> Result<()> {
    let megabytes = match arguments {
        [] => MEGABYTES,
        [name, n] if name == "--megabytes" => n.parse().context("--megabytes needs a number")?,
        _ => bail!("use: cargo xtask stream [--megabytes N]"),
    };
    let program = process::release_program(root)?;
    let folder = root.join("target/stream");
    fs::create_dir_all(&folder).context("cannot make target/stream")?;
    let trial = Trial { program: &program, folder: &folder, rows: rows() };
    let table = folder.join("table.csv");
    let mut file = fs::File::create(&table).context("cannot write the short table")?;
    trial.write(&mut file, SHORT << 20)?;
    drop(file);
    let status = trial.train("table.csv", "file").status()?;
    if !status.success() {
        bail!("the program failed on the file ({status})");
    }
    trial.stream("input", SHORT << 20)?;
    if fs::read(folder.join("file"))? != fs::read(folder.join("input"))? {
        bail!("the models of the file and of standard input differ");
    }
    println!("{SHORT} MB through a file and through standard input: the same model");
    let start = Instant::now();
    let peak = trial.stream("long", megabytes << 20)?;
    println!("{megabytes} MB in {:.0} s: {peak} MB resident at most", start.elapsed().as_secs_f64());
    if peak > BAR {
        bail!("more than {BAR} MB");
    }
    Ok(())
}

struct Trial<'a> {
    program: &'a Path,
    folder: &'a Path,
    rows: Vec<u8>,
}

impl Trial<'_> {
    fn train(&self, data: &str, model: &str) -> Command {
        let numbers = (0..NUMBERS).map(|j| format!("x{j}:number,"));
        let columns = format!("{}place:category=a|b|c,y:number", numbers.collect::<String>());
        let mut command = Command::new(self.program);
        command.current_dir(self.folder).stdout(Stdio::null());
        command.args([
            "train",
            data,
            "--target",
            "y",
            "--model",
            "linear",
            "--one-pass",
            "--columns",
            &columns,
        ]);
        command.args(["-o", model]);
        command
    }

    /// Writes a header, and whole rows until there are so many bytes.
    fn write(&self, to: &mut impl Write, bytes: u64) -> Result<()> {
        let names: String = (0..NUMBERS).map(|j| format!("x{j},")).collect();
        to.write_all(format!("{names}place,y\n").as_bytes())?;
        for _ in 0..bytes.div_ceil(self.rows.len() as u64) {
            to.write_all(&self.rows)?;
        }
        Ok(())
    }

    /// Trains on so many bytes of standard input. Returns the peak of the resident memory in megabytes.
    fn stream(&self, model: &str, bytes: u64) -> Result<u64> {
        let mut child = self.train("-", model).stdin(Stdio::piped()).spawn()?;
        let mut input = child.stdin.take().context("no standard input")?;
        let written = self.write(&mut input, bytes);
        let peak = peak(&child);
        drop(input);
        let status = child.wait()?;
        written.context("the program did not read its input")?;
        if !status.success() {
            bail!("the program failed on standard input ({status})");
        }
        peak
    }
}

/// Rows of numbers that look random.
fn rows() -> Vec<u8> {
    let mut state = 88172645463325252_u64;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / 9007199254740992.0
    };
    let mut out = String::new();
    for i in 0..ROWS {
        let mut sum = random();
        for j in 0..NUMBERS {
            let x = random();
            sum += x * j as f64;
            out += &format!("{x:.9},");
        }
        out += &format!("{},{sum:.9}\n", ["a", "b", "c"][i % 3]);
    }
    out.into_bytes()
}

/// The most memory that the process has had resident, in megabytes.
fn peak(child: &Child) -> Result<u64> {
    let path = format!("/proc/{}/status", child.id());
    let status = fs::read_to_string(&path).context("the peak of memory is known on Linux alone")?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).context("no VmHWM in the status")?;
    let kilobytes: u64 = line.trim().trim_end_matches("kB").trim().parse().context("VmHWM is no number")?;
    Ok(kilobytes.div_ceil(1024))
}
