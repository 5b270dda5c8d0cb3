//! Learning the bins of columns from training rows.

use super::rows::bin_of;
use super::{BinnedColumn, BinnedRows, Binner, Bins, cuts};
use crate::categories::{Means, means};
use crate::data::{Column, Data, Labels};
use crate::settings::Settings;
use planish_tensor::Exec;
use planish_tensor::rng::{Purpose, Stream};
use rayon::prelude::*;

/// Rows that say where columns are cut, if there are more.
const SAMPLE: usize = 200_000;
/// Most levels that have bins of their own.
const MOST_LEVELS: usize = 254;
/// Most classes that have a mean of their own in a category of many levels.
const MOST_CLASSES: usize = 8;

/// The bins of the columns, and the bins of all rows: training rows see their own means of categories.
pub(crate) fn learn(exec: Exec, data: &Data<'_>, train: &[u32], settings: &Settings) -> (Binner, BinnedRows) {
    let sample = sample(train, settings.seed);
    let learnt: Vec<Vec<(BinnedColumn, Option<Vec<f64>>)>> = data
        .columns
        .par_iter()
        .enumerate()
        .map(|(source, column)| {
            let of = |bins| BinnedColumn { source: source as u32, bins };
            match *column {
                Column::Numbers(x) => {
                    let values = sample.iter().map(|&r| x[r as usize]).filter(|x| !x.is_nan()).collect();
                    vec![(of(Bins::Numbers { edges: cuts(values, settings.bins) }), None)]
                }
                Column::Codes { codes, levels } => categories(data, codes, levels, train, settings)
                    .into_iter()
                    .map(|(bins, seen)| (of(bins), seen))
                    .collect(),
            }
        })
        .collect();
    let levels = data.columns.iter().map(|c| match c {
        Column::Numbers(_) => None,
        Column::Codes { levels, .. } => Some(*levels as u32),
    });
    let (columns, seen): (Vec<_>, Vec<_>) = learnt.into_iter().flatten().unzip();
    let binner = Binner { sources: data.columns.len(), levels: levels.collect(), columns };
    let mut rows = binner.bin_all(exec, data.columns);
    for (place, seen) in seen.iter().enumerate() {
        let (Some(seen), edges) = (seen, binner.columns[place].edges()) else { continue };
        rows.set_some(place, train.iter().zip(seen).map(|(&row, &mean)| (row, bin_of(edges, mean))));
    }
    (binner, rows)
}

/// Some of the rows, or all if they are few.
fn sample(rows: &[u32], seed: u64) -> Vec<u32> {
    if rows.len() <= SAMPLE {
        return rows.to_vec();
    }
    let stream = Stream::new(seed, Purpose::Cuts, 0);
    let size = rows.len() as f64 / SAMPLE as f64;
    // One row of each stretch of equal length.
    let at = |i: usize| ((i as f64 + stream.uniform(i as u64)) * size) as usize;
    (0..SAMPLE).map(|i| rows[at(i).min(rows.len() - 1)]).collect()
}

type Learnt = (Bins, Option<Vec<f64>>);

/// The bins of a category: those of its levels, and where they are many, those of means.
fn categories(
    data: &Data<'_>,
    codes: &[u32],
    levels: usize,
    train: &[u32],
    settings: &Settings,
) -> Vec<Learnt> {
    let mut counts = vec![0_u64; levels];
    for &row in train {
        if let Some(count) = counts.get_mut(codes[row as usize] as usize) {
            *count += 1;
        }
    }
    let used = counts.iter().filter(|&&c| c > 0).count();
    let mut out: Vec<Learnt> = vec![(level_bins(&counts), None)];
    if used > settings.means_above {
        for class in averaged_classes(data, train) {
            let Means { means, missing, unknown, seen } =
                means(data, codes, levels, class, train, settings.seed);
            let edges = cuts(seen.clone(), settings.bins);
            out.push((Bins::Means { class, edges, means, missing, unknown }, Some(seen)));
        }
    }
    out
}

/// A bin for each of the most frequent levels.
fn level_bins(counts: &[u64]) -> Bins {
    let mut order: Vec<usize> = (0..counts.len()).filter(|&l| counts[l] > 0).collect();
    order.sort_by_key(|&l| (std::cmp::Reverse(counts[l]), l));
    order.truncate(MOST_LEVELS);
    let mut bins = vec![0; counts.len()];
    order.iter().enumerate().for_each(|(i, &level)| bins[level] = i as u8 + 1);
    Bins::Levels { bins, count: order.len() as u8 }
}

/// What means are formed of: the target's numbers, the second of two classes, or the most frequent classes.
fn averaged_classes(data: &Data<'_>, train: &[u32]) -> Vec<Option<u32>> {
    let Labels::Classes { classes, count } = data.labels else { return vec![None] };
    if count == 2 {
        return vec![Some(1)];
    }
    let mut rows = vec![0_u64; count];
    train.iter().for_each(|&r| rows[classes[r as usize] as usize] += 1);
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by_key(|&c| (std::cmp::Reverse(rows[c]), c));
    order.into_iter().take(MOST_CLASSES).map(|c| Some(c as u32)).collect()
}
