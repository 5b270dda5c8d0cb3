//! Where a column of numbers is cut: between all different values if they are few, else so that the bins hold about as many rows each, and
//! a value that many rows share has a bin of its own.

/// The edges of at most `bins` bins for these values, which are sorted; edges lie halfway between neighbours. NaN must not be among them.
pub(crate) fn cuts(mut values: Vec<f64>, bins: usize) -> Vec<f64> {
    // −0 and 0 are one value.
    values.iter_mut().for_each(|x| *x += 0.0);
    values.sort_unstable_by(f64::total_cmp);
    let runs: Vec<(f64, usize)> = values.chunk_by(|a, b| a == b).map(|run| (run[0], run.len())).collect();
    if runs.len() <= bins {
        return runs.windows(2).map(|w| between(w[0].0, w[1].0)).collect();
    }
    even_cuts(&runs, bins, values.len())
}

/// Edges of bins with about as many rows each.
fn even_cuts(runs: &[(f64, usize)], bins: usize, rows: usize) -> Vec<f64> {
    let mean = rows as f64 / bins as f64;
    let is_large = |count: usize| count as f64 >= mean;
    let (mut rest_bins, mut rest_rows) = (bins, rows);
    for &(_, count) in runs.iter().filter(|r| is_large(r.1)) {
        rest_bins -= 1;
        rest_rows -= count;
    }
    let mut edges = Vec::with_capacity(bins);
    let mut in_bin = 0;
    for (i, &(value, count)) in runs.iter().enumerate() {
        let Some(&(next, next_count)) = runs.get(i + 1) else { break };
        in_bin += count;
        let goal = rest_rows as f64 / rest_bins.max(1) as f64;
        let full = in_bin as f64 >= goal;
        let before_large = is_large(next_count) && in_bin as f64 >= (goal * 0.5).max(1.0);
        if is_large(count) || full || before_large {
            edges.push(between(value, next));
            if !is_large(count) {
                rest_bins = rest_bins.saturating_sub(1);
                rest_rows -= in_bin;
            } else {
                rest_rows -= in_bin - count;
            }
            in_bin = 0;
        }
        if edges.len() == bins - 1 {
            break;
        }
    }
    edges
}

/// A number halfway between a and b > a, at least a and below b.
fn between(a: f64, b: f64) -> f64 {
    let middle = a / 2.0 + b / 2.0;
    if middle >= a && middle < b { middle } else { a }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_values_are_cut_halfway() {
        assert_eq!(cuts(vec![3.0, 1.0, 1.0, 2.0], 255), [1.5, 2.5]);
        assert_eq!(cuts(vec![7.0; 5], 255), [0.0; 0]);
        assert_eq!(cuts(vec![], 255), [0.0; 0]);
        assert_eq!(cuts(vec![-0.0, 0.0], 255), [0.0; 0]);
    }

    #[test]
    fn infinite_and_neighbouring_values_have_edges_that_tell_them_apart() {
        let (inf, one) = (f64::INFINITY, 1.0_f64);
        let edges = cuts(vec![-inf, one, one.next_up(), inf, f64::MAX, f64::MIN], 255);
        for w in [-inf, f64::MIN, one, one.next_up(), f64::MAX, inf].windows(2) {
            assert_ne!(
                super::super::rows::bin_of(&edges, w[0]),
                super::super::rows::bin_of(&edges, w[1]),
                "{w:?}"
            );
        }
    }

    #[test]
    fn many_values_make_even_bins_and_a_common_one_has_its_own() {
        let values: Vec<f64> = (0..10_000).map(|i| if i % 2 == 0 { 5000.5 } else { f64::from(i) }).collect();
        let edges = cuts(values.clone(), 64);
        assert!(edges.len() < 64 && edges.windows(2).all(|e| e[0] < e[1]));
        let mut counts = [0; 65];
        values.iter().for_each(|&x| counts[usize::from(super::super::rows::bin_of(&edges, x))] += 1);
        // Beside the common value at most half a bin of its neighbours.
        assert!((5000..=5080).contains(counts.iter().max().unwrap()), "{counts:?}");
        let mut rest: Vec<usize> = counts.into_iter().filter(|&c| c > 0).collect();
        rest.sort_unstable();
        assert!(rest[rest.len() - 2] <= 200, "{rest:?}");
    }
}
