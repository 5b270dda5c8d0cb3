//! Networks of a given shape, trained by the program itself from rows of a fixed pattern: their weights do not matter here.

use crate::Done;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A network of this many inputs, with these hidden layers, from so many rows.
pub(crate) fn train(
    planish: &str,
    folder: &Path,
    name: &str,
    inputs: u32,
    hidden: &str,
    classes: u32,
    rows: u32,
) -> Done<PathBuf> {
    let mut table = (0..inputs).map(|i| format!("x{i},")).collect::<String>() + "y\n";
    for row in 0..rows {
        let x = |i: u32| f64::from((row * 37 + i * i * 101) % 211) / 211.0;
        for i in 0..inputs {
            write!(table, "{},", x(i))?;
        }
        match classes {
            0 => writeln!(table, "{}", x(0) * x(1) - x(2) + x(9))?,
            n => writeln!(table, "class {}", row % n)?,
        }
    }
    let csv = folder.join(format!("{name}.csv"));
    std::fs::write(&csv, table)?;
    let model = folder.join(format!("{name}.safetensors"));
    let ran = Command::new(planish)
        .arg("train")
        .arg(&csv)
        .args(["--target", "y", "--hidden", hidden, "--epochs", "2", "-o"])
        .arg(&model)
        .output()?;
    if ran.status.success() { Ok(model) } else { Err(String::from_utf8_lossy(&ran.stderr).into()) }
}
