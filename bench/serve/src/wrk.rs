//! `wrk` (Debian's package), its scripts, and what it says.

use crate::Done;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What a run of `wrk` found.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Load {
    /// Answers a second.
    pub(crate) rate: f64,
    /// Times of an answer in microseconds.
    pub(crate) median: f64,
    pub(crate) p99: f64,
}

/// Writes a script that posts this body, whose bytes may be any.
pub(crate) fn script(folder: &Path, name: &str, headers: &[(&str, String)], body: &[u8]) -> Done<PathBuf> {
    let data = folder.join(format!("{name}.body"));
    std::fs::write(&data, body)?;
    let mut lua = String::from("wrk.method = \"POST\"\n");
    for (header, value) in headers {
        writeln!(lua, "wrk.headers[\"{header}\"] = \"{value}\"")?;
    }
    writeln!(
        lua,
        "local f = io.open(\"{}\", \"rb\")\nwrk.body = f:read(\"*all\")\nf:close()",
        data.display()
    )?;
    let path = folder.join(format!("{name}.lua"));
    std::fs::write(&path, lua)?;
    Ok(path)
}

/// Loads a path; any answer but 200 is an error.
pub(crate) fn load(address: &str, path: &str, script: &Path, connections: u32, seconds: u32) -> Done<Load> {
    let text = run(address, path, script, connections, seconds)?;
    if text.contains("Non-2xx") || text.contains("Socket errors") {
        return Err(text.into());
    }
    read(&text)
}

/// What `wrk` prints.
fn run(address: &str, path: &str, script: &Path, connections: u32, seconds: u32) -> Done<String> {
    let ran = Command::new("wrk")
        .args(["-t1", "--latency", "--timeout", "20s", "-c", &connections.to_string()])
        .args(["-d", &format!("{seconds}s"), "-s"])
        .arg(script)
        .arg(format!("http://{address}{path}"))
        .output()
        .map_err(|e| format!("wrk, of Debian's package of that name: {e}"))?;
    Ok(String::from_utf8_lossy(&ran.stdout).into_owned())
}

fn read(text: &str) -> Done<Load> {
    let field = |name: &str| text.lines().find_map(|l| l.trim().strip_prefix(name)).map(str::trim);
    let time = |name: &str| field(name).and_then(micros).ok_or_else(|| format!("no {name} in {text}"));
    let rate = field("Requests/sec:").ok_or_else(|| text.to_owned())?;
    Ok(Load { rate: rate.parse()?, median: time("50%")?, p99: time("99%")? })
}

/// `12.00us`, `1.20ms`, `1.00s`.
fn micros(text: &str) -> Option<f64> {
    let part = |unit: &str, each: f64| text.strip_suffix(unit)?.parse::<f64>().ok().map(|x| x * each);
    part("us", 1.0).or_else(|| part("ms", 1e3)).or_else(|| part("s", 1e6))
}
