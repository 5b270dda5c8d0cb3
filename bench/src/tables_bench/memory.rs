//! The most memory that the binary had resident, as the system counts it for a child that has ended: least squares of rows that come
//! by standard input and are read once, and of a file that is larger than the memory allowed.

use super::data::FEATURES;
use super::{Reading, Tables};
use crate::bars::{Bar, Limit};
use serde_json::{Value, json};
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{ChildStdin, Command, ExitStatus, Stdio};

/// MB that the stream may take.
const STREAM: f64 = 200.0;
/// MB that the file may take where 500 are allowed.
const FILE: f64 = 550.0;

/// What a child needed.
struct Weighed {
    seconds: f64,
    /// MB.
    peak: f64,
}

/// Weighs both and prints what they needed.
pub fn run(
    program: &Path,
    threads: usize,
    wanted: &Reading,
    tables: &Tables,
    bars: &mut Vec<Bar>,
) -> Result<Value, String> {
    println!("\n{:36} {:>9} {:>9} {:>9}", "memory", "GB", "seconds", "peak MB");
    let threads = threads.to_string();
    let command = |data: &str, model: &str| {
        let mut command = Command::new(program);
        command.args(["train", data, "--target", "y", "--model", "ols", "--threads", &threads, "-o"]);
        command.arg(tables.path(model));
        command
    };
    let names = (0..FEATURES).map(|j| format!("x{j}:number,")).collect::<String>();
    let mut once = command("-", "stream.safetensors");
    once.args(["--one-pass", "--columns", &format!("{names}y:number")]);
    let stream = weigh(&mut once, |stdin| tables.numbers.repeat(wanted.stream * 1e9, stdin))?;
    let stream_row = print("--one-pass, standard input", wanted.stream, &stream);

    let path = tables.path("large.csv");
    let write = |path: &Path| tables.numbers.repeat(wanted.file * 1e9, File::create(path)?);
    write(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    let data = path.to_string_lossy();
    let free = weigh(&mut command(&data, "free.safetensors"), |_| Ok(()))?;
    let free_row = print("a file, memory as it is", wanted.file, &free);
    let bound = weigh(command(&data, "bound.safetensors").args(["--memory", "500M"]), |_| Ok(()))?;
    let bound_row = print("a file, --memory 500M", wanted.file, &bound);

    let model = |name| std::fs::read(tables.path(name)).map_err(|e| format!("{name}: {e}"));
    let same = f64::from(u8::from(model("free.safetensors")? == model("bound.safetensors")?));
    let mut push = |work: &str, what: &str, limit, figure| {
        bars.push(Bar { work: work.to_owned(), what: what.to_owned(), limit, figure });
    };
    push("--one-pass", "peak MB", Limit::AtMost(STREAM), stream.peak);
    push("--memory 500M", "peak MB", Limit::AtMost(FILE), bound.peak);
    push("--memory 500M", "same model (1: yes)", Limit::AtLeast(1.0), same);
    Ok(json!({ "runs": [stream_row, free_row, bound_row], "same_model": same == 1.0 }))
}

fn print(what: &str, gigabytes: f64, weighed: &Weighed) -> Value {
    let Weighed { seconds, peak } = weighed;
    println!("{what:36} {gigabytes:>9.1} {seconds:>9.1} {peak:>9.0}");
    json!({ "what": what, "gigabytes": gigabytes, "seconds": seconds, "peak_megabytes": peak })
}

/// Runs a command, whose standard input is what `feed` writes, and waits for its end.
fn weigh(command: &mut Command, feed: impl FnOnce(ChildStdin) -> io::Result<()>) -> Result<Weighed, String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let fault = |e: io::Error| format!("{program}: {e}");
    let start = std::time::Instant::now();
    let child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
    let mut child = child.map_err(fault)?;
    let fed = feed(child.stdin.take().expect("a pipe was asked for"));
    let mut message = String::new();
    child.stderr.take().expect("a pipe was asked for").read_to_string(&mut message).map_err(fault)?;
    let (mut status, mut usage) = (0, std::mem::MaybeUninit::<libc::rusage>::zeroed());
    // SAFETY: both places are valid for writing; zeros are a valid `rusage`; the child has not been waited for.
    let (waited, usage) = unsafe {
        let waited = libc::wait4(child.id() as libc::pid_t, &mut status, 0, usage.as_mut_ptr());
        (waited, usage.assume_init())
    };
    if waited == -1 {
        return Err(fault(io::Error::last_os_error()));
    }
    let status = ExitStatus::from_raw(status);
    if !status.success() {
        return Err(format!("{status}\n{message}"));
    }
    fed.map_err(|e| format!("standard input: {e}"))?;
    Ok(Weighed { seconds: start.elapsed().as_secs_f64(), peak: usage.ru_maxrss as f64 * 1024.0 / 1e6 })
}
