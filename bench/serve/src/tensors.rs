//! A 784-512-256-10 network over the binary tensor extension, 64 rows a request: rows a second beside the same predictions in this
//! process; and ten times as many clients as keep it busy for a minute.

use crate::wrk::{self, load, script};
use crate::{Done, Setting, networks};
use planish_io::load_model;
use planish_model::Encoded;
use planish_tabular::EncodedRows;
use planish_tensor::{Exec, Matrix};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const ROWS: usize = 64;
const WIDTH: usize = 784;
const PATH: &str = "/v2/models/mnist/infer";
const ROUNDS: usize = 3;
const SECONDS: u32 = 4;
/// Clients that keep two cores busy, and ten times as many.
const BUSY: u32 = 8;
const MANY: u32 = 10;
const MINUTE: u32 = 60;

struct Work {
    model: PathBuf,
    script: PathBuf,
}

fn work(setting: &Setting) -> Done<Work> {
    let model =
        networks::train(&setting.planish, &setting.folder, "mnist", WIDTH as u32, "512,256", 10, 500)?;
    let size = ROWS * WIDTH * 4;
    let json = format!(
        r#"{{"inputs":[{{"name":"encoded","shape":[{ROWS},{WIDTH}],"datatype":"FP32","parameters":{{"binary_data_size":{size}}}}}],"outputs":[{{"name":"probabilities","parameters":{{"binary_data":true}}}}]}}"#
    );
    let numbers = (0..ROWS * WIDTH).flat_map(|i| ((i % 17) as f32 / 17.0).to_le_bytes());
    let body: Vec<u8> = json.bytes().chain(numbers).collect();
    let length = json.len().to_string();
    let headers =
        [("content-type", "application/octet-stream"), ("inference-header-content-length", &length)];
    Ok(Work { model, script: script(&setting.folder, "binary", &headers, &body)? })
}

pub(crate) fn rows(setting: &Setting) -> Done<()> {
    let work = work(setting)?;
    let server = setting.serve(&work.model, &["--log", "off"])?;
    let (mut served, mut here) = (0.0_f64, 0.0_f64);
    for _ in 0..ROUNDS {
        served = served.max(load(&server.address, PATH, &work.script, BUSY, SECONDS)?.rate * ROWS as f64);
        here = here.max(in_process(&work.model)?);
    }
    println!(
        "784-512-256-10, {ROWS} rows a request: {served:.0} rows/s, in process {here:.0} ({:.2})",
        served / here
    );
    Ok(())
}

/// Rows a second of a thread a core, each predicting requests of its own.
fn in_process(model: &Path) -> Done<f64> {
    let model = load_model(model)?;
    let threads = std::thread::available_parallelism()?.get();
    let time = Duration::from_secs(SECONDS.into());
    let one = || {
        let numbers = Matrix::from_fn(ROWS, WIDTH, |i, j| ((i * WIDTH + j) % 17) as f32 / 17.0);
        let rows = Encoded::Features(EncodedRows { numbers, codes: Vec::new() });
        let (began, mut done) = (Instant::now(), 0);
        while began.elapsed() < time {
            std::hint::black_box(model.predict_encoded(Exec::best(), &rows));
            done += ROWS;
        }
        done
    };
    let done: usize = std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(one)).collect();
        running.into_iter().map(|t| t.join().unwrap_or(0)).sum()
    });
    Ok(done as f64 / time.as_secs_f64())
}

/// The times are those of all answers: `wrk` does not tell the accepted from the refused.
pub(crate) fn overload(setting: &Setting) -> Done<()> {
    let work = work(setting)?;
    let server = setting.serve(&work.model, &["--log", "off"])?;
    let idle = load(&server.address, PATH, &work.script, 1, SECONDS)?;
    let before = server.resident_kib()?;
    let counting = setting.folder.join("counting.lua");
    std::fs::write(&counting, std::fs::read_to_string(&work.script)? + COUNT)?;
    let text = wrk::run(&server.address, PATH, &counting, BUSY * MANY, MINUTE)?;
    let after = load(&server.address, PATH, &work.script, 1, 1)?;
    println!("before: median {:.0} µs, p99 {:.0} µs, resident {before} KiB", idle.median, idle.p99);
    println!("{} clients for {MINUTE} s:", BUSY * MANY);
    for line in
        text.lines().filter(|l| ["statuses", "Socket", "50%", "99%"].iter().any(|w| l.trim().starts_with(w)))
    {
        println!("  {}", line.trim());
    }
    println!(
        "the second after: median {:.0} µs, p99 {:.0} µs, resident {} KiB",
        after.median,
        after.p99,
        server.resident_kib()?
    );
    Ok(())
}

/// Counts answers by status.
const COUNT: &str = r#"
local threads = {}
function setup(thread) table.insert(threads, thread) end
counts = {}
function response(status) counts[status] = (counts[status] or 0) + 1 end
function done() for _, thread in ipairs(threads) do
  local counts, t = thread:get("counts"), ""
  for s, n in pairs(counts) do t = t .. " " .. s .. ": " .. n end
  print("statuses" .. t)
end end
"#;
