//! `cargo xtask kill [--count N] [--seed S]`: a training run that is killed at any instant can be continued as if nothing had happened.
//!
//! The program trains on a small table with checkpoints, is killed at a random instant (SIGKILL on Unix: no handler runs, no
//! buffer is flushed), and is started again with `--resume`, until the run is done; then its model must have the very bytes
//! of an undisturbed run's. The instants are drawn from a seed.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::process;

/// Instants without a `--count`.
const COUNT: usize = 200;
/// Instants in `cargo xtask ci`.
const CI_COUNT: usize = 10;
/// Kills of one run at most, so that every run comes to its end.
const KILLS: usize = 4;

/// Everything that a checkpoint must hold: moments, average, schedule, plateau, early stopping, weights of the best epoch.
const SETTINGS: &[&str] = &[
    "--target",
    "species",
    "--hidden",
    "24,24",
    "--optimizer",
    "nadam",
    "--epochs",
    "40",
    "--batch-size",
    "8",
    "--schedule",
    "cosine",
    "--warmup",
    "40",
    "--plateau",
    "--plateau-patience",
    "3",
    "--clip-norm",
    "1",
    "--ema",
    "0.9",
    "--class-weight",
    "balanced",
    "--patience",
    "25",
];

/// Trees of three classes, in both stages.
const TREES: &[&str] =
    &["--target", "species", "--model", "trees", "--rounds", "150", "--lr", "0.02", "--patience", "150"];

/// Runs the command.
///
/// # Errors
/// Wrong arguments, a program that cannot be built or fails, or a run that ends in other bytes.
pub fn run(root: &Path, arguments: &[String]) -> Result<()> {
    let (mut count, mut seed) = (COUNT, 1);
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let value = || rest.clone().next().and_then(|v| v.parse().ok());
        match (argument.as_str(), value()) {
            ("--count", Some(n)) => count = n as usize,
            ("--seed", Some(n)) => seed = n,
            _ => bail!("use: cargo xtask kill [--count N] [--seed S]"),
        }
        rest.next();
    }
    kill(root, &process::release_program(root)?, count, seed)
}

/// The few instants of `cargo xtask ci`, with the program that the tests have built.
///
/// # Errors
/// As [`run`].
pub fn ci(root: &Path) -> Result<()> {
    kill(root, &process::test_program(root)?, CI_COUNT, 1)
}

fn kill(root: &Path, program: &Path, count: usize, seed: u64) -> Result<()> {
    let folder = root.join("target/kill");
    if folder.exists() {
        fs::remove_dir_all(&folder).context("cannot clear target/kill")?;
    }
    for (what, settings) in [("networks", SETTINGS), ("trees", TREES)] {
        let folder = folder.join(what);
        fs::create_dir_all(&folder).context("cannot make target/kill")?;
        let (killed, runs) = Trial { program, root, folder: &folder, settings }.kill(count, seed)?;
        println!(
            "{what}: killed at {killed} instants in {runs} runs (seed {seed}): every model is the undisturbed one"
        );
    }
    Ok(())
}

struct Trial<'a> {
    program: &'a Path,
    root: &'a Path,
    folder: &'a Path,
    settings: &'a [&'a str],
}

impl Trial<'_> {
    /// Kills runs at so many instants; how many those were, and of how many runs.
    fn kill(&self, count: usize, seed: u64) -> Result<(usize, usize)> {
        let start = Instant::now();
        let status = self.train("undisturbed").arg("--checkpoint-every").arg("7").status()?;
        if !status.success() {
            bail!("the undisturbed run failed ({status})");
        }
        let length = start.elapsed();
        let want = self.model("undisturbed")?;
        let mut random = Random(seed);
        let (mut killed, mut runs) = (0, 0);
        while killed < count {
            runs += 1;
            let most = KILLS.min(count - killed);
            killed += self.disturbed(&format!("run-{runs}"), length, &mut random, most, &want)?;
        }
        Ok((killed, runs))
    }

    /// The command that trains or goes on.
    fn train(&self, name: &str) -> Command {
        let mut command = Command::new(self.program);
        command.arg("train").arg(self.root.join("crates/cli/data/penguins.csv")).args(self.settings);
        command.arg("--checkpoint").arg(self.folder.join(name)).arg("--resume");
        command.arg("-o").arg(self.folder.join(format!("{name}.safetensors")));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    fn model(&self, name: &str) -> Result<Vec<u8>> {
        fs::read(self.folder.join(format!("{name}.safetensors")))
            .with_context(|| format!("{name} left no model"))
    }

    /// A run that is killed up to so many times; gives how often it was.
    fn disturbed(
        &self,
        name: &str,
        length: Duration,
        random: &mut Random,
        most: usize,
        want: &[u8],
    ) -> Result<usize> {
        // Runs differ in how often they write: from every step to every 40.
        let every = (1 + random.below(40)).to_string();
        let mut killed = 0;
        loop {
            let mut child = self.train(name).arg("--checkpoint-every").arg(&every).spawn()?;
            if killed < most {
                std::thread::sleep(length.mul_f64(random.below(1_000_000) as f64 / 1e6));
                let ended = child.try_wait()?;
                if ended.is_none() {
                    child.kill()?;
                    killed += 1;
                }
            }
            let status = child.wait()?;
            if status.success() {
                break;
            }
            if status.code().is_some() {
                bail!("{name} (every {every} steps, killed {killed} times) failed: {status}");
            }
        }
        if self.model(name)? != want {
            bail!("{name} (every {every} steps, killed {killed} times) ended in another model");
        }
        fs::remove_dir_all(self.folder.join(name)).context("cannot remove a folder of checkpoints")?;
        Ok(killed)
    }
}

/// Random numbers (SplitMix64, Steele, Lea and Flood, 2014).
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % n
    }
}
