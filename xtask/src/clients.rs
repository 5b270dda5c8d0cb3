//! `cargo xtask clients`: the service answers the clients that others have written, unmodified.
//!
//! The release program trains a model on a table of `data/`, predicts that table's rows and serves the model; the scripts in `xtask/clients` ask
//! for the same rows, one with tritonclient, one with the KServe SDK. The clients go into a virtual environment below `target/`; that needs Python
//! 3 (`$PYTHON`, or `python3`) and a package index.

use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::process;

/// The clients, in the versions that the promise is about.
const CLIENTS: &[&str] = &["tritonclient[http,grpc]==2.73.0", "kserve==0.21.0"];
/// The scripts, a process each.
const SCRIPTS: &[&str] = &["triton.py", "kserve_sdk.py"];
/// The table that the model is trained on.
const TABLE: &str = "data/adult_sample.csv";

/// Runs the command.
///
/// # Errors
/// Clients that cannot be installed, a program that cannot be built or fails, or a check that fails.
pub fn run(root: &Path) -> Result<()> {
    let program = process::release_program(root)?;
    let folder = root.join("target/clients");
    fs::create_dir_all(&folder).context("cannot make target/clients")?;
    let python = environment(&folder)?;
    let (model, predicted) = (folder.join("income.safetensors"), folder.join("predicted.csv"));
    let table = root.join(TABLE);
    let planish = || Command::new(&program);
    let train = ["--target", "income", "--hidden", "8", "--epochs", "3", "--seed", "1", "--output"];
    process::run(planish().arg("train").arg(&table).args(train).arg(&model).stdout(Stdio::null()))?;
    process::run(planish().arg("predict").arg(&model).arg(&table).arg("--output").arg(&predicted))?;
    let server = Server::start(planish().arg("serve").arg(&model))?;
    let mut failed = Vec::new();
    for script in SCRIPTS {
        let mut command = Command::new(&python);
        command.env("PYTHONDONTWRITEBYTECODE", "1").arg(root.join("xtask/clients").join(script));
        let ran = process::run(command.arg(&server.address).args([&table, &predicted]));
        failed.extend(ran.err().map(|_| *script));
    }
    if !failed.is_empty() {
        bail!("checks of {} failed", failed.join(" and "));
    }
    Ok(())
}

/// The Python of a virtual environment that has the clients; it is made again when their versions change.
fn environment(folder: &Path) -> Result<PathBuf> {
    let (environment, stamp) = (folder.join("python"), folder.join("installed.txt"));
    let python = environment.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    let wanted = CLIENTS.join("\n");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(python);
    }
    let system = std::env::var_os("PYTHON").unwrap_or_else(|| OsString::from("python3"));
    process::run(Command::new(system).args(["-m", "venv", "--clear"]).arg(&environment))?;
    process::run(Command::new(&python).args(["-m", "pip", "install", "--quiet"]).args(CLIENTS))?;
    fs::write(&stamp, wanted).context("cannot write target/clients/installed.txt")?;
    Ok(python)
}

/// A service on loopback, ended when dropped.
struct Server {
    child: Child,
    address: String,
}

impl Server {
    fn start(command: &mut Command) -> Result<Server> {
        command.args(["--addr", "127.0.0.1:0", "--log", "off"]).stderr(Stdio::piped());
        let mut child = command.spawn().context("cannot start the service")?;
        let mut line = String::new();
        let said = child.stderr.take().context("no standard error")?;
        BufReader::new(said).read_line(&mut line)?;
        let mut server = Server { child, address: String::new() };
        let Some((_, rest)) = line.split_once("http://") else { bail!("the service said {line:?}") };
        server.address = rest.split_whitespace().next().unwrap_or_default().to_owned();
        Ok(server)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // One that has ended by itself needs no end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
