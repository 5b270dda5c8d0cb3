//! Matrix products beside the `gemm` and `matrixmultiply` crates: GFLOP/s, share of peak, ratio to the better peer.

use crate::sample::{Contender, race};
use planish_tensor::gemm::{Scratch, Start, matmul};
use planish_tensor::{Exec, Matrix};
use serde_json::{Value, json};

/// m, k, n of C[m,n] = A[m,k]·B[k,n].
const SHAPES: [(usize, usize, usize); 19] = [
    (8, 8, 8),
    (16, 16, 16),
    (32, 32, 32),
    (32, 10, 10),
    (32, 10, 1),
    (64, 64, 64),
    (32, 64, 64),
    (128, 128, 128),
    (256, 256, 256),
    (1024, 1024, 1024),
    (2048, 2048, 2048),
    (256, 64, 128),
    (256, 128, 128),
    (128, 784, 512),
    (128, 512, 256),
    (256, 2048, 2048),
    (32, 1024, 1024),
    (1, 1024, 1024),
    (512, 4096, 4096),
];

/// Which operand is transposed.
#[derive(Clone, Copy)]
enum Layout {
    Nn,
    Tn,
    Nt,
}

pub fn run(exec: Exec, peak: f64) -> Value {
    println!(
        "{:>18} {:>3} {:>10} {:>8} {:>8} {:>8} {:>7}",
        "m×k×n", "", "GFLOP/s", "of peak", "gemm", "mm", "ratio"
    );
    let mut results = Vec::new();
    for shape in SHAPES {
        for layout in [Layout::Nn, Layout::Tn, Layout::Nt] {
            results.push(one(exec, peak, shape, layout));
        }
    }
    println!("geometric mean of the ratios: {:.3}", geometric_mean(&results));
    json!(results)
}

#[allow(clippy::disallowed_methods, reason = "a figure for people, on no path to promised bits")]
fn geometric_mean(results: &[Value]) -> f64 {
    let logs: f64 = results.iter().map(|v| v["ratio"].as_f64().expect("a ratio").ln()).sum();
    (logs / results.len() as f64).exp()
}

fn one(exec: Exec, peak: f64, (m, k, n): (usize, usize, usize), layout: Layout) -> Value {
    let fill = |i: usize, j: usize| ((i * 7919 + j * 104_729) % 1009) as f32 / 1009.0 - 0.5;
    let (name, ta, tb) = match layout {
        Layout::Nn => ("NN", false, false),
        Layout::Tn => ("TN", true, false),
        Layout::Nt => ("NT", false, true),
    };
    let a = if ta { Matrix::from_fn(k, m, fill) } else { Matrix::from_fn(m, k, fill) };
    let b = if tb { Matrix::from_fn(n, k, fill) } else { Matrix::from_fn(k, n, fill) };
    let (rsa, csa) = if ta { (1, m) } else { (k, 1) };
    let (rsb, csb) = if tb { (1, k) } else { (n, 1) };
    let mut c = [Matrix::zeros(m, n), Matrix::zeros(m, n), Matrix::zeros(m, n)];
    let [c0, c1, c2] = &mut c;
    let mut scratch = Scratch::new();
    let parallelism =
        if exec.threads > 1 { gemm::Parallelism::Rayon(exec.threads) } else { gemm::Parallelism::None };
    let (sa, sb) = (a.as_slice(), b.as_slice());
    let mut contenders = [
        Contender::new(|| {
            let (av, bv) =
                (if ta { a.view().t() } else { a.view() }, if tb { b.view().t() } else { b.view() });
            matmul(exec, av, bv, c0.view_mut(), Start::Zero, &mut scratch);
        }),
        Contender::new(|| {
            // SAFETY: the strides describe a, b and c1, which live as long as the call.
            unsafe {
                gemm::gemm(
                    m,
                    n,
                    k,
                    c1.as_mut_slice().as_mut_ptr(),
                    1,
                    n as isize,
                    false,
                    sa.as_ptr(),
                    csa as isize,
                    rsa as isize,
                    sb.as_ptr(),
                    csb as isize,
                    rsb as isize,
                    0.0_f32,
                    1.0,
                    false,
                    false,
                    false,
                    parallelism,
                );
            }
        }),
        Contender::new(|| {
            // SAFETY: the strides describe a, b and c2, which live as long as the call.
            unsafe {
                matrixmultiply::sgemm(
                    m,
                    k,
                    n,
                    1.0,
                    sa.as_ptr(),
                    rsa as isize,
                    csa as isize,
                    sb.as_ptr(),
                    rsb as isize,
                    csb as isize,
                    0.0,
                    c2.as_mut_slice().as_mut_ptr(),
                    n as isize,
                    1,
                );
            }
        }),
    ];
    let seconds = exec.install(|| race(&mut contenders, 0.4));
    let rate = |s: f64| (2 * m * k * n) as f64 / s / 1e9;
    let (ours, gemm, mm) = (rate(seconds[0]), rate(seconds[1]), rate(seconds[2]));
    let share = ours / peak / exec.threads as f64;
    let ratio = ours / gemm.max(mm);
    println!(
        "{:>18} {name:>3} {ours:>10.1} {:>7.1}% {gemm:>8.1} {mm:>8.1} {ratio:>7.2}",
        format!("{m}×{k}×{n}"),
        100.0 * share
    );
    json!({ "m": m, "k": k, "n": n, "layout": name, "threads": exec.threads, "planish": ours, "gemm": gemm, "matrixmultiply": mm, "share_of_peak": share, "ratio": ratio })
}
