//! Reading tables: our reader beside those of Python, whole commands of the release binary beside whole Python processes, and the memory
//! that the binary needs for tables larger than it may hold.
//!
//! The files: `data` makes the tables, `parse` races the readers, `commands` races processes, `memory` weighs them. Memory is
//! measured first: what Linux tells of a child counts what its parent had resident when it began.

mod commands;
mod data;
mod memory;
mod parse;

use crate::bars::{self, Bar};
use data::Tables;
use planish_tensor::Exec;
use serde_json::{Value, json};
use std::path::PathBuf;

/// A part of the benchmark.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Peak memory of the binary.
    Memory,
    /// Whole commands.
    Commands,
    /// The readers alone.
    Parse,
}

impl Part {
    /// All of them.
    pub const ALL: [Part; 3] = [Part::Memory, Part::Commands, Part::Parse];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Part::Memory => "memory",
            Part::Commands => "commands",
            Part::Parse => "parse",
        }
    }
}

/// What to measure.
pub struct Reading {
    /// The parts.
    pub parts: Vec<Part>,
    /// Seconds for each race, at least.
    pub seconds: f64,
    /// The Python that has the peers.
    pub python: Option<String>,
    /// The binary whose commands are measured.
    pub planish: Option<PathBuf>,
    /// Gigabytes of the stream that is read once.
    pub stream: f64,
    /// Gigabytes of the file that does not fit into the memory allowed.
    pub file: f64,
}

impl Default for Reading {
    fn default() -> Self {
        Reading {
            parts: Part::ALL.to_vec(),
            seconds: 5.0,
            python: None,
            planish: None,
            stream: 2.0,
            file: 2.0,
        }
    }
}

/// Measures the parts and prints them, then the bars.
pub fn run(exec: Exec, wanted: &Reading) -> Result<Value, String> {
    let program = || wanted.planish.as_deref().ok_or("--planish names no binary to run");
    let (mut bars, mut results) = (Vec::new(), json!({ "threads": exec.threads }));
    let tables = Tables::make()?;
    if wanted.parts.contains(&Part::Memory) {
        results["memory"] = memory::run(program()?, exec.threads, wanted, &tables, &mut bars)?;
    }
    if wanted.parts.contains(&Part::Commands) {
        results["commands"] = commands::run(program()?, exec, wanted, &tables, &mut bars)?;
    }
    if wanted.parts.contains(&Part::Parse) {
        results["parse"] = parse::run(exec, wanted, &tables, &mut bars)?;
    }
    bars::print(&bars, exec.threads);
    results["bars"] = bars.iter().map(Bar::json).collect();
    Ok(results)
}
