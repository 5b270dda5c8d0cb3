//! `cargo xtask bench NAME [OPTION VALUE]…`: benchmarks, never tests; `--help` names them all.
//!
//! Machines are shared and noisy, so every figure is taken beside the peers in one run, samples interleaved, and what counts
//! is the ratio. A figure is the mean of the best third of its samples. The first line names the machine and the peak of
//! fused multiply-adds measured in the same run.

mod bars;
mod child;
mod gemm_bench;
mod large;
mod linreg_bench;
mod machine;
mod math_bench;
mod optimum;
mod penalised_bench;
mod sample;
mod settings;
mod tables_bench;
mod train_bench;
mod trees_bench;
mod ulp;
mod wide_bench;

use machine::Machine;
use serde_json::json;
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

fn run() -> Result<(), String> {
    let Some(settings) = settings::parse(std::env::args().skip(1))? else {
        print!("{}", settings::HELP);
        return Ok(());
    };
    let name = settings.name.as_str();
    if !["train", "gemm", "linreg", "tables", "trees", "math", "large", "ulp"].contains(&name) {
        return Err(format!(
            "unknown benchmark {name:?}: use train, gemm, linreg, tables, trees, math, large or ulp"
        ));
    }
    if settings.large.phase.is_some() {
        return large::phase(settings.exec, &settings.large);
    }
    let machine = Machine::find(settings.exec);
    println!("{}", machine.line);
    let results = match name {
        "train" => train_bench::run(settings.exec, &machine, &settings.training)?,
        "gemm" => gemm_bench::run(settings.exec, &machine, &settings.products)?,
        "linreg" => linreg_bench::run(settings.exec, &settings.fits)?,
        "tables" => tables_bench::run(settings.exec, &settings.reading)?,
        "trees" => trees_bench::run(settings.exec, &settings.forests)?,
        "math" => math_bench::run(settings.exec),
        "large" => large::run(settings.exec, &settings.large)?,
        _ => ulp::run(settings.exec),
    };
    if let Some(path) = settings.json {
        let all = json!({ "benchmark": name, "machine": machine.line, "results": results });
        std::fs::write(&path, serde_json::to_string_pretty(&all).expect("plain data") + "\n")
            .map_err(|e| format!("{path}: {e}"))?;
        println!("wrote {path}");
    }
    Ok(())
}
