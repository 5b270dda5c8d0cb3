//! From the start of the program to its first answer that it is ready, with the model's file in the system's cache: a small model, and one
//! of a gigabyte whose hash is verified.

use crate::{Done, Setting, networks, process};
use std::time::Instant;

const STARTS: usize = 7;

pub(crate) fn run(setting: &Setting) -> Done<()> {
    let shapes = [("small", "10,10"), ("large", "15700,15700")];
    for (name, hidden) in shapes {
        let model = networks::train(&setting.planish, &setting.folder, name, 10, hidden, 0, 64)?;
        let mut times = Vec::new();
        for _ in 0..STARTS {
            let began = Instant::now();
            let server = setting.serve(&model, &["--log", "off"])?;
            process::ready(&server.address)?;
            times.push(began.elapsed().as_secs_f64() * 1e3);
        }
        times.sort_by(f64::total_cmp);
        println!(
            "start to ready, {:.0} MB: median {:.1} ms, best {:.1} ms",
            std::fs::metadata(&model)?.len() as f64 / 1e6,
            times[STARTS / 2],
            times[0]
        );
        std::fs::remove_file(&model)?;
    }
    Ok(())
}
