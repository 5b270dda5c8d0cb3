//! A line through a cloud of points: the medians of y in bins along x that hold as many points each.

use planish_linreg::summary::quantile;

/// The most bins, and the fewest points of one.
const BINS: usize = 25;
const LEAST: usize = 5;

/// The points (median of x, median of y) of each bin, along x; empty where there are too few points for three bins.
pub(super) fn binned_medians(mut points: Vec<[f64; 2]>) -> Vec<[f64; 2]> {
    let bins = BINS.min(points.len() / LEAST);
    if bins < 3 {
        return Vec::new();
    }
    points.sort_unstable_by(|a, b| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1])));
    let edge = |b: usize| b * points.len() / bins;
    let median = |b: usize| {
        let bin = &points[edge(b)..edge(b + 1)];
        let x: Vec<f64> = bin.iter().map(|p| p[0]).collect();
        let mut y: Vec<f64> = bin.iter().map(|p| p[1]).collect();
        y.sort_unstable_by(f64::total_cmp);
        [quantile(&x, 0.5), quantile(&y, 0.5)]
    };
    let mut out: Vec<[f64; 2]> = (0..bins).map(median).collect();
    // Bins of one and the same x are one place.
    out.dedup_by(|b, a| a[0] == b[0]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_hold_as_many_points_each_and_give_medians() {
        let points: Vec<[f64; 2]> =
            (0..15).rev().map(|i| [f64::from(i), if i % 5 == 4 { 1e9 } else { f64::from(i / 5) }]).collect();
        assert_eq!(binned_medians(points.clone()), [[2.0, 0.0], [7.0, 1.0], [12.0, 2.0]]);
        assert_eq!(binned_medians(points[..14].to_vec()), [[0.0; 2]; 0]);
        assert_eq!(binned_medians(vec![[1.0, 2.0]; 40]), [[1.0, 2.0]]);
    }
}
