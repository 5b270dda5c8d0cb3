//! A 784-512-256-10 network over the binary tensor extension, 64 rows a request: rows a second beside the same predictions in this
//! process; and ten times as many clients as keep it busy for a minute.

use crate::wrk::{load, script};
use crate::{Done, Setting, crowd, networks};
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
const MINUTE: u64 = 60;

struct Work {
    model: PathBuf,
    headers: [(&'static str, String); 2],
    body: Vec<u8>,
}

impl Work {
    fn script(&self, setting: &Setting) -> Done<PathBuf> {
        script(&setting.folder, "binary", &self.headers, &self.body)
    }

    /// The whole request as it is sent.
    fn request(&self, address: &str) -> Vec<u8> {
        let headers: String =
            self.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let head = format!(
            "POST {PATH} HTTP/1.1\r\nhost: {address}\r\n{headers}content-length: {}\r\n\r\n",
            self.body.len()
        );
        [head.as_bytes(), &self.body].concat()
    }
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
    let headers = [
        ("content-type", "application/octet-stream".to_owned()),
        ("inference-header-content-length", json.len().to_string()),
    ];
    Ok(Work { model, headers, body })
}

pub(crate) fn rows(setting: &Setting) -> Done<()> {
    let work = work(setting)?;
    let (server, script) = (setting.serve(&work.model, &["--log", "off"])?, work.script(setting)?);
    let (mut served, mut here) = (0.0_f64, 0.0_f64);
    for _ in 0..ROUNDS {
        served = served.max(load(&server.address, PATH, &script, BUSY, SECONDS)?.rate * ROWS as f64);
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

pub(crate) fn overload(setting: &Setting) -> Done<()> {
    let work = work(setting)?;
    let server = setting.serve(&work.model, &["--log", "off"])?;
    let request = work.request(&server.address);
    let ask = |clients, seconds| crowd::ask(&server.address, &request, clients, Duration::from_secs(seconds));
    let idle = ask(1, SECONDS.into())?;
    let before = server.resident_kib()?;
    let (busy, many) = (ask(BUSY, SECONDS.into())?, ask(BUSY * MANY, MINUTE)?);
    let after = server.resident_kib()?;
    let second = ask(1, 1)?;
    println!("resident {before} KiB before, {after} KiB after");
    let times = [
        ("1 client before".to_owned(), &idle),
        (format!("{BUSY} clients"), &busy),
        (format!("{} clients, {MINUTE} s", BUSY * MANY), &many),
        ("1 client, the second after".to_owned(), &second),
    ];
    for (what, answers) in times {
        let (median, p99) = (answers.quantile(0.5), answers.quantile(0.99));
        println!(
            "{what:<28} answers by status {:?}; accepted: median {median:.0} µs, p99 {p99:.0} µs ({:.1})",
            answers.statuses,
            p99 / idle.quantile(0.99)
        );
    }
    Ok(())
}
