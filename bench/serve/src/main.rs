//! `cargo xtask bench serve`: requests a second of `planish serve` beside a bare axum handler that parses the same body and returns one
//! of the same size. Both are processes of their own on loopback, asked in turn by `wrk` (Debian's package), which shares their cores.
//!
//! A figure is the best of three rounds; what counts is the ratio. Then one service answers a million requests, and its resident
//! memory is read in the middle and at the end.

mod peer;
mod process;

use process::Running;
use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

type Done<T> = Result<T, Box<dyn Error>>;

const ROUNDS: usize = 3;
const SECONDS: &str = "4s";
const MILLION: u64 = 1_000_000;

fn main() -> Done<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match &args[..] {
        [what, answer] if what == "peer" => peer::run(answer),
        [planish] => measure(planish),
        _ => Err("usage: planish-bench-serve PATH-OF-PLANISH".into()),
    }
}

fn measure(planish: &str) -> Done<()> {
    let folder = tempfile::tempdir()?;
    train(planish, folder.path())?;
    let model = folder.path().join("net.safetensors");
    let serve = |log: &str| {
        Running::start(Command::new(planish).arg("serve").arg(&model).args([
            "--addr",
            "127.0.0.1:0",
            "--log",
            log,
        ]))
    };
    let quiet = serve("off")?;
    let logging = serve("requests")?;
    let body = r#"{"inputs":[{"name":"encoded","shape":[1,10],"datatype":"FP32","data":[0.1,-0.2,0.3,-0.4,0.5,-0.6,0.7,-0.8,0.9,-1.0]}]}"#;
    let (path, script) = ("/v2/models/net/infer", folder.path().join("post.lua"));
    let lua = format!(
        "wrk.method = \"POST\"\nwrk.headers[\"content-type\"] = \"application/json\"\nwrk.body = '{body}'\n"
    );
    std::fs::write(&script, lua)?;
    let answer = process::ask(&quiet.address, path, body)?;
    let bare = Running::start(Command::new(std::env::current_exe()?).args(["peer", &answer]))?;
    println!("answer of {} bytes: {answer}", answer.len());
    let servers = [
        ("planish, no log", &quiet),
        ("planish, a log line a request", &logging),
        ("bare axum handler", &bare),
    ];
    for connections in [32, 1] {
        let mut best = [(0.0_f64, f64::INFINITY); 3];
        for _ in 0..ROUNDS {
            for ((_, server), best) in servers.iter().zip(&mut best) {
                let (rate, median) = wrk(&server.address, path, &script, connections, SECONDS)?;
                *best = (best.0.max(rate), best.1.min(median));
            }
        }
        for ((name, _), (rate, median)) in servers.iter().zip(best) {
            let (of_rate, of_median) = (rate / best[2].0, median / best[2].1);
            println!(
                "{connections:>3} connections  {name:<30} {rate:>8.0} requests/s ({of_rate:.2})  median {median:>7.1} µs ({of_median:.2})"
            );
        }
    }
    memory(&serve("off")?, path, &script)
}

/// A 10-10-10-1 network, from rows of a fixed pattern.
fn train(planish: &str, folder: &Path) -> Done<()> {
    let mut table = (0..10).map(|i| format!("x{i},")).collect::<String>() + "y\n";
    for row in 0..2000_u32 {
        let x = |i: u32| f64::from((row * 37 + i * i * 101) % 211) / 211.0;
        for i in 0..10 {
            write!(table, "{},", x(i))?;
        }
        writeln!(table, "{}", x(0) * x(1) - x(2) + x(9))?;
    }
    std::fs::write(folder.join("rows.csv"), table)?;
    let train =
        ["train", "rows.csv", "--target", "y", "--hidden", "10,10", "--epochs", "3", "-o", "net.safetensors"];
    let ran = Command::new(planish).args(train).current_dir(folder).output()?;
    if ran.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&ran.stderr).into()) }
}

/// Requests a second, and the median in microseconds; any answer but 200 is an error.
fn wrk(address: &str, path: &str, script: &Path, connections: u32, time: &str) -> Done<(f64, f64)> {
    let url = format!("http://{address}{path}");
    let script = script.display().to_string();
    let args = ["-t1", "-c", &connections.to_string(), "-d", time, "--latency", "-s", &script, &url];
    let ran = Command::new("wrk")
        .args(args)
        .output()
        .map_err(|e| format!("wrk, of Debian's package of that name: {e}"))?;
    let text = String::from_utf8_lossy(&ran.stdout).into_owned();
    if text.contains("Non-2xx") || text.contains("Socket errors") {
        return Err(text.into());
    }
    let field = |name: &str| text.lines().find_map(|l| l.trim().strip_prefix(name)).map(str::trim);
    let (rate, median) = field("Requests/sec:").zip(field("50%")).ok_or_else(|| text.clone())?;
    Ok((rate.parse()?, micros(median).ok_or("wrk's median")?))
}

/// `12.00us`, `1.20ms`, `1.00s`.
fn micros(text: &str) -> Option<f64> {
    let part = |unit: &str, each: f64| text.strip_suffix(unit)?.parse::<f64>().ok().map(|x| x * each);
    part("us", 1.0).or_else(|| part("ms", 1e3)).or_else(|| part("s", 1e6))
}

fn memory(server: &Running, path: &str, script: &Path) -> Done<()> {
    let (mut asked, mut middle) = (0, 0);
    while asked < MILLION {
        let (rate, _) = wrk(&server.address, path, script, 32, "2s")?;
        asked += (rate * 2.0) as u64;
        if middle == 0 && asked >= MILLION / 2 {
            middle = server.resident_kib()?;
            println!("resident after {asked} requests: {middle} KiB");
        }
    }
    let end = server.resident_kib()?;
    println!(
        "resident after {asked} requests: {end} KiB, {:+} KiB in the second half",
        end as i64 - middle as i64
    );
    Ok(())
}
