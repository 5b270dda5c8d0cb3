//! Random numbers by counter.

use planish_tensor::rng::{Purpose, Stream, philox};

#[test]
fn philox_gives_the_published_test_vectors() {
    assert_eq!(philox([0; 4], [0; 2]), [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]);
    assert_eq!(philox([u32::MAX; 4], [u32::MAX; 2]), [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]);
}

#[test]
fn a_shuffle_is_a_permutation_that_depends_on_seed_and_step() {
    let order = |seed, step| {
        let mut v: Vec<usize> = (0..100).collect();
        Stream::new(seed, Purpose::Shuffle, step).shuffle(&mut v);
        v
    };
    let mut sorted = order(1, 0);
    sorted.sort_unstable();
    assert_eq!(sorted, (0..100).collect::<Vec<_>>());
    assert_eq!(order(1, 0), order(1, 0));
    assert_ne!(order(1, 0), order(2, 0));
    assert_ne!(order(1, 0), order(1, 1));
}

#[test]
fn every_order_of_a_few_elements_is_equally_likely() {
    for n in 0..=4_usize {
        let mut counts = std::collections::BTreeMap::new();
        let orders: usize = (1..=n).product();
        let draws = 400 * orders;
        for step in 0..draws {
            let mut v: Vec<usize> = (0..n).collect();
            Stream::new(3, Purpose::Shuffle, step as u32).shuffle(&mut v);
            *counts.entry(v).or_insert(0_i32) += 1;
        }
        assert_eq!(counts.len(), orders);
        // Five standard deviations of a count of 400.
        assert!(counts.values().all(|c| (c - 400).abs() < 100), "{counts:?}");
    }
}

#[test]
fn normal_and_uniform_numbers_have_the_right_moments() {
    let s = Stream::new(7, Purpose::Sample, 0);
    let n = 20_000;
    let moments = |f: &dyn Fn(u64) -> f64| {
        let mean = (0..n).map(f).sum::<f64>() / n as f64;
        (mean, (0..n).map(|i| (f(i) - mean) * (f(i) - mean)).sum::<f64>() / n as f64)
    };
    let (m, v) = moments(&|i| s.normal(i));
    assert!(m.abs() < 0.03 && (v - 1.0).abs() < 0.04, "{m} {v}");
    let (m, v) = moments(&|i| s.uniform(i));
    assert!((m - 0.5).abs() < 0.01 && (v - 1.0 / 12.0).abs() < 0.003, "{m} {v}");
}
