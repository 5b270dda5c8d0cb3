//! Softmax, log-sum-exp and the fused losses along rows.

use planish_tensor::math::rows::{
    log_softmax, log_sum_exp, sigmoid_bce, softmax, softmax_backward, softmax_cross_entropy,
    softmax_cross_entropy_soft,
};
use planish_tensor::math::{exp, log_one};
use planish_tensor::{Isa, Scalar};

/// Rows of numbers between −8 and 8.
fn sample<T: Scalar>(len: usize, seed: f64) -> Vec<T> {
    (0..len).map(|i| T::from_f64(((i as f64 + seed) * 7.3) % 16.0 - 8.0)).collect()
}

fn naive_lse(z: &[f64]) -> f64 {
    let max = z.iter().fold(f64::NEG_INFINITY, |m, &v| m.max(v));
    let mut e: Vec<f64> = z.iter().map(|v| v - max).collect();
    exp(Isa::SCALAR, &mut e);
    max + log_one(e.iter().sum())
}

fn check<T: Scalar>(isa: Isa, units: usize, tolerance: f64) -> Vec<u64> {
    let z: Vec<T> = sample(3 * units, 0.4);
    let t: Vec<T> = sample::<T>(3 * units, 5.1).iter().map(|v| T::from_f64(v.to_f64().abs() / 9.0)).collect();
    let w = [0.5, 1.0, 2.0].map(T::from_f64);
    let mut probability = z.clone();
    softmax(isa, units, &mut probability);
    let mut back = t.clone();
    softmax_backward(isa, units, &probability, &mut back);
    let mut log_probability = z.clone();
    log_softmax(isa, units, &mut log_probability);
    let mut lse = [T::ZERO; 3];
    log_sum_exp(isa, units, &z, &mut lse);
    let classes = [0, units as u32 - 1, units as u32 / 2];
    let [mut hard, mut soft] = [vec![T::ZERO; 3 * units], vec![T::ZERO; 3 * units]];
    let loss = softmax_cross_entropy(isa, units, &z, &classes, Some(&w), 0.25, &mut hard);
    let soft_loss = softmax_cross_entropy_soft(isa, units, &z, &t, Some(&w), 0.25, &mut soft);
    let close = |got: T, want: f64, what: &str| {
        assert!((got.to_f64() - want).abs() <= tolerance * want.abs().max(1.0), "{what}: {got} {want}");
    };
    let (mut want_loss, mut want_soft) = (0.0, 0.0);
    for i in 0..3 {
        let row = i * units..(i + 1) * units;
        let [zr, tr]: [Vec<f64>; 2] =
            [&z[row.clone()], &t[row]].map(|r| r.iter().map(|v| v.to_f64()).collect());
        let l = naive_lse(&zr);
        close(lse[i], l, "log-sum-exp");
        let (mut p, wi) = (zr.iter().map(|v| v - l).collect::<Vec<_>>(), w[i].to_f64());
        exp(Isa::SCALAR, &mut p);
        let mass: f64 = tr.iter().sum();
        let dot: f64 = p.iter().zip(&tr).map(|(p, t)| p * t).sum();
        for j in 0..units {
            let at = i * units + j;
            close(probability[at], p[j], "softmax");
            close(log_probability[at], zr[j] - l, "log_softmax");
            close(back[at], p[j] * (tr[j] - dot), "softmax_backward");
            let hit = f64::from(u8::from(j == classes[i] as usize));
            close(hard[at], 0.25 * wi * (p[j] - hit), "cross-entropy's gradient");
            close(soft[at], 0.25 * wi * (p[j] * mass - tr[j]), "soft cross-entropy's gradient");
        }
        want_loss += wi * (l - zr[classes[i] as usize]);
        want_soft += wi * zr.iter().zip(&tr).map(|(z, t)| t * (l - z)).sum::<f64>();
    }
    close(T::from_f64(loss), want_loss, "cross-entropy");
    close(T::from_f64(soft_loss), want_soft, "soft cross-entropy");
    let [mut value, mut slope] = [z.clone(), z.clone()];
    sigmoid_bce(isa, &z, &t, &mut value, &mut slope);
    for (at, zt) in z.iter().zip(&t).enumerate() {
        let (z, t) = (zt.0.to_f64(), zt.1.to_f64());
        let lse = naive_lse(&[0.0, z]);
        let mut p = [z - lse];
        exp(Isa::SCALAR, &mut p);
        close(value[at], lse - t * z, "binary cross-entropy");
        close(slope[at], p[0] - t, "binary cross-entropy's slope");
    }
    let all = [probability, back, log_probability, lse.to_vec(), hard, soft, value, slope].concat();
    all.iter().map(|v| v.bits()).chain([loss.to_bits(), soft_loss.to_bits()]).collect()
}

#[test]
fn rows_agree_with_the_formulas_and_have_the_same_bits_on_every_instruction_set() {
    for units in [1, 2, 7, 8, 9, 15, 16, 17, 33, 100] {
        let want = check::<f32>(Isa::SCALAR, units, 2e-5);
        let want64 = check::<f64>(Isa::SCALAR, units, 1e-13);
        for isa in Isa::all_exact() {
            assert_eq!(check::<f32>(isa, units, 2e-5), want, "{} {units}", isa.name());
            assert_eq!(check::<f64>(isa, units, 1e-13), want64, "{} {units}", isa.name());
        }
    }
}

#[test]
fn rows_that_are_not_finite_are_as_documented() {
    let (inf, nan) = (f32::INFINITY, f32::NAN);
    let rows = [[-inf, -inf], [inf, 1.0], [nan, inf], [-inf, 2.0], [3.0, nan]].concat();
    for isa in Isa::all_exact() {
        let mut lse = [0.0; 5];
        log_sum_exp(isa, 2, &rows, &mut lse);
        assert_eq!([lse[0], lse[1], lse[3]], [-inf, inf, 2.0]);
        assert!(lse[2].is_nan() && lse[4].is_nan());
        let mut p = rows.clone();
        softmax(isa, 2, &mut p);
        assert_eq!(p[6..8], [0.0, 1.0]);
        assert!(p[..6].iter().chain(&p[8..]).all(|v| v.is_nan()));
        log_sum_exp::<f32>(isa, 0, &[], &mut lse[..2]);
        assert_eq!(lse[..2], [-inf; 2]);
        softmax::<f32>(isa, 0, &mut []);
        let mut d = [0.0; 2];
        let loss = softmax_cross_entropy_soft(isa, 2, &[-inf, 1.0], &[0.0, 1.0], None, 1.0, &mut d);
        assert_eq!((loss, d), (0.0, [0.0, 0.0]));
    }
}
