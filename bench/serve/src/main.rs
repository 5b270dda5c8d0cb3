//! `cargo xtask bench serve`: `planish serve` under load, as a process of its own on loopback, asked by `wrk` (Debian's package), which
//! shares its cores.
//!
//! `--only` names some of these: `json` (a small network beside a bare axum handler that parses the same body and returns one of the
//! same size, and beside MLServer where `--python` has it), `memory` (a million requests), `binary` (rows a second over the binary
//! extension, beside the same predictions in this process), `start` (time to the first ready), `overload` (ten times too many clients for
//! a minute). Figures are the best of three rounds; what counts is the ratio.

mod crowd;
mod json;
mod networks;
mod peer;
mod process;
mod start;
mod tensors;
mod wrk;

use process::Running;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;

type Done<T> = Result<T, Box<dyn Error>>;

const USAGE: &str =
    "usage: planish-bench-serve PATH-OF-PLANISH [--only json,memory,binary,start,overload] [--python PYTHON]";

/// What every measurement needs.
struct Setting {
    planish: String,
    /// A Python that has `mlserver`.
    python: Option<String>,
    folder: PathBuf,
}

impl Setting {
    fn serve(&self, model: &Path, options: &[&str]) -> Done<Running> {
        let mut command = Command::new(&self.planish);
        Running::start(command.arg("serve").arg(model).args(["--addr", "127.0.0.1:0"]).args(options))
    }
}

fn main() -> Done<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if let [what, answer] = &args[..]
        && what == "peer"
    {
        return peer::run(answer);
    }
    let [planish, rest @ ..] = &args[..] else { return Err(USAGE.into()) };
    let folder = tempfile::tempdir()?;
    let mut setting = Setting { planish: planish.clone(), python: None, folder: folder.path().to_owned() };
    let mut only = "json,memory,binary,start,overload".to_owned();
    for pair in rest.chunks(2) {
        match pair {
            [name, value] if name == "--only" => only.clone_from(value),
            [name, value] if name == "--python" => setting.python = Some(value.clone()),
            _ => return Err(USAGE.into()),
        }
    }
    for what in only.split(',') {
        match what {
            "json" => json::rates(&setting)?,
            "memory" => json::memory(&setting)?,
            "binary" => tensors::rows(&setting)?,
            "start" => start::run(&setting)?,
            "overload" => tensors::overload(&setting)?,
            _ => return Err(USAGE.into()),
        }
    }
    Ok(())
}
