//! A small network over JSON: requests a second and times beside the bare handler, and beside MLServer where a Python that has it is
//! given; then the resident memory in the middle and at the end of a million requests.

use crate::process::{self, Running};
use crate::wrk::{Load, load, script};
use crate::{Done, Setting, networks};
use std::path::Path;
use std::process::Command;

const ROUNDS: usize = 3;
const SECONDS: u32 = 4;
const MILLION: u64 = 1_000_000;
const PATH: &str = "/v2/models/net/infer";
const BODY: &str = r#"{"inputs":[{"name":"encoded","shape":[1,10],"datatype":"FP32","data":[0.1,-0.2,0.3,-0.4,0.5,-0.6,0.7,-0.8,0.9,-1.0]}]}"#;

pub(crate) fn rates(setting: &Setting) -> Done<()> {
    let model = networks::train(&setting.planish, &setting.folder, "net", 10, "10,10", 0, 2000)?;
    let quiet = setting.serve(&model, &["--log", "off"])?;
    let logging = setting.serve(&model, &["--log", "requests"])?;
    let script =
        script(&setting.folder, "json", &[("content-type", "application/json".to_owned())], BODY.as_bytes())?;
    let answer = process::ask(&quiet.address, PATH, BODY)?;
    let bare = Running::start(Command::new(std::env::current_exe()?).args(["peer", &answer]))?;
    println!("answer of {} bytes: {answer}", answer.len());
    let mut servers = vec![
        ("bare axum handler", &bare),
        ("planish, no log", &quiet),
        ("planish, a log line a request", &logging),
    ];
    let mlserver = setting.python.as_ref().map(|python| mlserver(python, &setting.folder)).transpose()?;
    servers.extend(mlserver.iter().map(|server| ("MLServer", server)));
    for connections in [32, 1] {
        let mut best = vec![Load { median: f64::INFINITY, p99: f64::INFINITY, rate: 0.0 }; servers.len()];
        for _ in 0..ROUNDS {
            for ((_, server), best) in servers.iter().zip(&mut best) {
                let now = load(&server.address, PATH, &script, connections, SECONDS)?;
                *best = Load {
                    rate: best.rate.max(now.rate),
                    median: best.median.min(now.median),
                    p99: best.p99.min(now.p99),
                };
            }
        }
        for ((name, server), now) in servers.iter().zip(&best) {
            let (rate, median) = (now.rate / best[0].rate, now.median / best[0].median);
            println!(
                "{connections:>3} connections  {name:<30} {:>8.0} requests/s ({rate:.2})  median {:>7.1} µs ({median:.2})  {:>6} KiB",
                now.rate,
                now.median,
                server.resident_kib()?
            );
        }
    }
    Ok(())
}

/// MLServer with a network of the same shape, in NumPy.
fn mlserver(python: &str, folder: &Path) -> Done<Running> {
    std::fs::write(folder.join("mlserver_peer.py"), include_str!("../mlserver_peer.py"))?;
    Running::start(Command::new(python).arg("mlserver_peer.py").current_dir(folder))
}

pub(crate) fn memory(setting: &Setting) -> Done<()> {
    let model = networks::train(&setting.planish, &setting.folder, "net", 10, "10,10", 0, 2000)?;
    let script =
        script(&setting.folder, "json", &[("content-type", "application/json".to_owned())], BODY.as_bytes())?;
    let server = setting.serve(&model, &["--log", "off"])?;
    let (mut asked, mut middle) = (0, 0);
    while asked < MILLION {
        asked += (load(&server.address, PATH, &script, 32, 2)?.rate * 2.0) as u64;
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
