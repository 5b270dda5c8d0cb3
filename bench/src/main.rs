//! `cargo xtask bench NAME [--threads N] [--isa NAME] [--json FILE]`: benchmarks, never tests.
//!
//! Machines are shared and noisy, so every figure is taken beside the peers in one run, samples interleaved, and what counts
//! is the ratio. A figure is the mean of the best third of its samples. The first line names the machine and the peak of
//! fused multiply-adds measured in the same run.

mod gemm_bench;
mod machine;
mod math_bench;
mod sample;
mod train_bench;
mod ulp;

use planish_tensor::{Exec, Isa};
use std::process::ExitCode;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("error: {e}");
            ExitCode::from(2)
        }
    }
}

/// What to run and how.
struct Settings {
    name: String,
    exec: Exec,
    json: Option<String>,
}

fn run() -> Result<(), String> {
    let settings = parse(std::env::args().skip(1))?;
    let peak = machine::print(settings.exec);
    let results = match settings.name.as_str() {
        "train" => train_bench::run(settings.exec, peak),
        "gemm" => gemm_bench::run(settings.exec, peak),
        "math" => math_bench::run(settings.exec),
        "ulp" => ulp::run(settings.exec),
        other => return Err(format!("unknown benchmark {other:?}: use train, gemm, math or ulp")),
    };
    if let Some(path) = settings.json {
        std::fs::write(&path, serde_json::to_string_pretty(&results).expect("plain data") + "\n")
            .map_err(|e| format!("{path}: {e}"))?;
        println!("wrote {path}");
    }
    Ok(())
}

fn parse(mut args: impl Iterator<Item = String>) -> Result<Settings, String> {
    let name = args.next().ok_or("which benchmark? train, gemm, math or ulp")?;
    let mut settings = Settings { name, exec: Exec::best(), json: None };
    while let Some(flag) = args.next() {
        let value = args.next().ok_or_else(|| format!("{flag} needs a value"))?;
        match flag.as_str() {
            "--threads" => {
                settings.exec.threads =
                    value.parse().map_err(|_| format!("{value:?} is no number of threads"))?
            }
            "--isa" => settings.exec.isa = Isa::from_name(&value).map_err(|e| e.to_string())?,
            "--json" => settings.json = Some(value),
            _ => return Err(format!("unknown option {flag}")),
        }
    }
    Ok(settings)
}
